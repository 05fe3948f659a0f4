"""A city in memory is as the database has it, whoever changes what and in whatever order transactions end."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from threading import Event, Thread
from typing import Any

import pytest
import time_machine
from django.db import connection

import hub
from tests.web.people import CITY, make_city, make_worker
from tests.web.scheduling.days import HOME, TRAVEL, at, job
from web.accounts.models import User
from web.orders.policies import Booking, Policies
from web.scheduling import roster
from web.scheduling import services as scheduling
from web.scheduling.models import Reservation
from web.scheduling.selectors import free_slots
from web.workforce import planning
from web.workforce import services as workforce
from web.workforce.models import Worker, WorkerSkill
from web.workforce.plan import Caps, Window
from web.workforce.planning import PlanChange
from web.workforce.week import Span

pytestmark = pytest.mark.django_db(transaction=True)

WEDNESDAY = date(2031, 5, 14)
POLICIES = Policies(
    booking=Booking(slot_step_s=3600, min_notice_s=0, horizon_s=30 * 86_400, buffer_s=600), travel=TRAVEL
)


@pytest.fixture(autouse=True)
def the_eve() -> Iterator[None]:
    with time_machine.travel(at(0) - timedelta(hours=12), tick=False):
        make_city()
        yield


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the whole city was read."""
    seen: list[str] = []
    really = roster.Roster._read_all

    def read_all(self: roster.Roster) -> None:
        seen.append(self.city)
        really(self)

    monkeypatch.setattr(roster.Roster, "_read_all", read_all)
    return seen


def free() -> dict[int, int]:
    """Worker → at how many times of the day he is free."""
    slots = free_slots(city=CITY, skill="cleaning", place=HOME, day=WEDNESDAY, duration_s=3600, policies=POLICIES)
    found: dict[int, int] = {}
    for slot in slots:
        for worker_id in slot.worker_ids:
            found[worker_id] = found.get(worker_id, 0) + 1
    return found


def keep(worker: Worker, hour: int = 4, *, order_id: int = 1) -> None:
    with hub.atomic():
        scheduling.reserve(order_id=order_id, worker_id=worker.pk, home=HOME, job=job(at(hour)), travel=TRAVEL)


def change(worker: Worker, **parts: Any) -> None:
    planning.change_plan(worker_id=worker.pk, change=PlanChange(**parts), keep=True)


def release(order_id: int = 1) -> None:
    with hub.atomic():
        scheduling.release(order_id=order_id, home_of=lambda *_: HOME, travel=TRAVEL)


def elsewhere(worker: Worker) -> None:
    Worker.objects.filter(pk=worker.pk).update(city="shanghai")


def closed(worker: Worker) -> None:
    User.objects.filter(pk=worker.pk).update(is_active=False)


def unlearnt(worker: Worker) -> None:
    WorkerSkill.objects.filter(worker=worker).delete()


def far(worker: Worker) -> None:
    square = [[121, 31], [121.1, 31], [121.1, 31.1], [121, 31.1], [121, 31]]
    workforce.change_profile(worker_id=worker.pk, area={"type": "Polygon", "coordinates": [square]})


@pytest.mark.parametrize(
    ("act", "times"),
    [
        (keep, 21),
        (lambda one: change(one, hours=[Span(2, 0, 7200)]), 2),
        (lambda one: change(one, breaks=[Span(2, 0, 7200)]), 22),
        (lambda one: change(one, overrides={WEDNESDAY: [Window(0, 10_800)]}), 3),
        (lambda one: change(one, leaves=[planning.Away("sick", at(0), at(3))]), 21),
        (lambda one: change(one, caps=Caps(max_day=1)), 24),
        (far, None),
        (elsewhere, None),
        (closed, None),
        (unlearnt, None),
    ],
)
def test_what_is_committed_counts_at_once_and_only_it_is_read(
    reads: list[str], act: Callable[[Worker], None], times: int | None
) -> None:
    worker, other = make_worker(), make_worker()
    assert free() == {worker.pk: 24, other.pk: 24}
    act(worker)
    assert free() == ({worker.pk: times} if times else {}) | {other.pk: 24}
    assert reads == [CITY]


def test_a_freed_time_is_free_again_and_a_new_worker_is_there_with_what_he_has(reads: list[str]) -> None:
    worker = make_worker()
    assert free() == {worker.pk: 24}
    keep(worker)
    release()
    assert free() == {worker.pk: 24}
    newcomer = make_worker()
    keep(newcomer)
    assert free() == {worker.pk: 24, newcomer.pk: 21}
    elsewhere(worker)
    assert free() == {newcomer.pk: 21}
    Worker.objects.filter(pk=worker.pk).update(city=CITY)
    assert free() == {worker.pk: 24, newcomer.pk: 21}
    assert reads == [CITY]


def test_what_is_rolled_back_never_was(reads: list[str]) -> None:
    worker = make_worker()
    free()

    def interrupted() -> None:
        with hub.atomic():
            keep(worker)
            assert free() == {worker.pk: 21}  # read anew: its own transaction sees it
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="the power went"):
        interrupted()
    assert free() == {worker.pk: 24}
    assert reads == [CITY, CITY]


def test_a_transaction_that_began_before_and_ends_after_is_not_missed(reads: list[str]) -> None:
    first, second = make_worker(), make_worker()
    free()
    written, go_on = Event(), Event()

    def slow() -> None:
        with time_machine.travel(at(0) - timedelta(hours=12), tick=False), hub.atomic():
            keep(first)
            written.set()
            assert go_on.wait(20)
        connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert written.wait(20)
    keep(second, order_id=2)
    assert free() == {first.pk: 24, second.pk: 21}  # its number is the higher one, and it is seen first
    go_on.set()
    thread.join()
    assert free() == {first.pk: 21, second.pk: 21}
    assert reads == [CITY]


def test_an_emptied_table_is_noticed(reads: list[str]) -> None:
    worker = make_worker()
    keep(worker)
    assert free() == {worker.pk: 21}
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE scheduling_reservation")
    assert free() == {worker.pk: 24}
    assert reads == [CITY, CITY]


def test_a_deleted_row_is_gone_after_a_while(reads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    worker = make_worker()
    keep(worker)
    assert free() == {worker.pk: 21}
    Reservation.objects.all().delete()
    monkeypatch.setattr(roster, "ANEW_S", -1)
    assert free() == {worker.pk: 24}


def test_nothing_has_changed_costs_one_query(django_assert_num_queries: Any) -> None:
    make_worker()
    free()
    with django_assert_num_queries(1):
        free()
