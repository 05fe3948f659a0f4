"""What needs a person of the platform."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.utils import timezone

import hub
from tests.web.crowd import at_once
from tests.web.orders.story import Story, heard
from tests.web.people import make_staff, make_worker
from tests.world.fiction import rewrite
from web.accounts.models import User
from web.errors import DoorbellError
from web.orders import selectors
from web.orders.models import Alarm, Order
from web.orders.services import alarm_silent_workers, take_alarm
from web.orders.services.alarms import raise_alarm
from web.workforce.models import Worker, WorkerPosition
from web.workforce.services import Seen, record_positions

pytestmark = pytest.mark.django_db


def alarms_heard() -> list[str]:
    return [event.type for event in heard("board:hangzhou") if event.type.startswith("alarm.")]


def test_an_alarm_that_is_open_is_not_raised_again() -> None:
    story = Story.in_town().pay().exhaust()
    with hub.atomic():
        assert not raise_alarm(story.order, kind=Alarm.NOBODY_ACCEPTS)
    assert alarms_heard() == ["alarm.raised"]


def test_it_rings_again_after_what_the_policy_says() -> None:
    alarm = Story.in_town().pay().exhaust().order.alarms.get()
    assert alarm.ring_again_at - alarm.raised_at == pytest.approx(timedelta(seconds=120), abs=timedelta(seconds=1))


def test_who_takes_it_has_it_and_the_board_hears() -> None:
    alarm = Story.in_town().pay().exhaust().order.alarms.get()
    staff = make_staff(display_name="调度员甲")
    taken = take_alarm(staff=staff, alarm_id=alarm.pk)
    assert taken.taken_by == staff
    assert alarms_heard() == ["alarm.raised", "alarm.taken"]
    assert heard("board:hangzhou")[-1].data["alarm"]["taken_by"] == {"id": staff.pk, "name": "调度员甲"}


def test_taking_ones_own_again_changes_nothing() -> None:
    alarm = Story.in_town().pay().exhaust().order.alarms.get()
    staff = make_staff()
    assert take_alarm(staff=staff, alarm_id=alarm.pk) == take_alarm(staff=staff, alarm_id=alarm.pk)
    assert alarms_heard() == ["alarm.raised", "alarm.taken"]


def test_somebody_elses_is_taken() -> None:
    alarm = Story.in_town().pay().exhaust().order.alarms.get()
    first = make_staff(display_name="调度员甲")
    take_alarm(staff=first, alarm_id=alarm.pk)
    with pytest.raises(DoorbellError, match="alarm_taken") as refusal:
        take_alarm(staff=make_staff(), alarm_id=alarm.pk)
    assert refusal.value.details == {"taken_by": {"id": first.pk, "name": "调度员甲"}}


def test_one_that_was_cleared_is_gone() -> None:
    story = Story.in_town().pay().exhaust()
    alarm = story.order.alarms.get()
    story.offer()
    with pytest.raises(DoorbellError, match="not_found"):
        take_alarm(staff=make_staff(), alarm_id=alarm.pk)


def test_another_citys_is_not_there() -> None:
    alarm = Story.in_town().pay().exhaust().order.alarms.get()
    with pytest.raises(DoorbellError, match="not_found"):
        take_alarm(staff=make_staff(city="shanghai"), alarm_id=alarm.pk)


@pytest.mark.parametrize("role", ["customer", "worker"])
def test_only_staff_take_alarms(role: str) -> None:
    story = Story.in_town().pay().exhaust()
    user: User = story.order.customer if role == "customer" else make_worker().user
    with pytest.raises(DoorbellError, match="forbidden"):
        take_alarm(staff=user, alarm_id=story.order.alarms.get().pk)


def test_a_worker_on_his_way_of_whom_nothing_is_heard_is_silent() -> None:
    story = Story.in_town().accepted().depart()
    assert alarm_silent_workers() == 0
    quiet = timezone.now() - timedelta(seconds=301)
    rewrite(story.id, phase_since=quiet)
    assert alarm_silent_workers() == 1
    assert alarm_silent_workers() == 0
    alarm = story.order.alarms.get()
    assert (alarm.kind, alarm.worker) == (Alarm.WORKER_SILENT, story.worker)
    story.arrive()
    assert not story.order.alarms.filter(cleared_at=None).exists()


def test_a_position_breaks_the_silence() -> None:
    story = Story.in_town().accepted().depart()
    rewrite(story.id, phase_since=timezone.now() - timedelta(seconds=1000))
    position = WorkerPosition.objects.create(worker_id=story.worker.pk, lng=120, lat=30, at=timezone.now())
    assert alarm_silent_workers() == 0
    WorkerPosition.objects.filter(pk=position.pk).update(received_at=timezone.now() - timedelta(seconds=301))
    assert alarm_silent_workers() == 1


def silent() -> Story:
    """On his way, not heard of for longer than the policy allows."""
    story = Story.in_town().accepted().depart()
    rewrite(story.id, phase_since=timezone.now() - timedelta(seconds=1000))
    return story


def test_who_is_heard_again_is_silent_no_longer() -> None:
    story = silent()
    assert alarm_silent_workers() == 1
    WorkerPosition.objects.create(worker_id=story.worker.pk, lng=120, lat=30, at=timezone.now())
    assert alarm_silent_workers() == 0
    assert not story.order.alarms.filter(cleared_at=None).exists()
    assert alarms_heard()[-2:] == ["alarm.raised", "alarm.cleared"]


def test_a_phone_whose_clock_is_slow_is_not_silent_while_it_sends() -> None:
    story = silent()
    slow = Seen(lng=120, lat=30, accuracy_m=5, at=timezone.now() - timedelta(seconds=400))
    assert record_positions(worker=Worker.objects.get(pk=story.worker.pk), positions=[slow])
    assert alarm_silent_workers() == 0


def test_who_arrives_while_the_sweep_looks_is_not_alarmed_about(monkeypatch: pytest.MonkeyPatch) -> None:
    story = silent()
    read = selectors.travelling_orders

    def then_he_arrives() -> list[Order]:
        travelling = read()
        story.arrive()
        return travelling

    monkeypatch.setattr(selectors, "travelling_orders", then_he_arrives)
    assert alarm_silent_workers() == 0
    assert not story.order.alarms.exists()


def test_the_silent_are_looked_for_in_three_queries_however_many_travel(
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    first = Story.in_town(workers=3).accepted().depart()
    for _ in range(2):
        Story.placed(first.order.customer, first.order.service).accepted().depart()
    with django_assert_num_queries(3):
        assert alarm_silent_workers() == 0


def test_who_is_not_on_his_way_may_be_silent() -> None:
    story = Story.in_town().accepted()
    rewrite(story.id, phase_since=timezone.now() - timedelta(days=1))
    assert alarm_silent_workers() == 0


def test_every_kind_has_a_name_and_a_next_step() -> None:
    assert set(Alarm.NEXT_STEPS) == set(Alarm.KINDS)
    assert all(Alarm.NEXT_STEPS.values())


@pytest.mark.django_db(transaction=True)
def test_of_two_dispatchers_at_once_one_takes_it() -> None:
    alarm = Story.in_town().pay().exhaust().order.alarms.get()
    people = iter([make_staff(), make_staff()])

    def take() -> str:
        try:
            take_alarm(staff=next(people), alarm_id=alarm.pk)
        except DoorbellError as refusal:
            return refusal.code
        return "taken"

    assert sorted(at_once(2, take)) == ["alarm_taken", "taken"]
    assert alarms_heard().count("alarm.taken") == 1
