"""A worker's reach 前台/后台/休息: his switch, the hub's presence and his phone's word, and what the board is told."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

import hub
from tests.web.orders.story import heard
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.workforce import services
from web.workforce.models import Worker
from web.workforce.reach import set_visible, settle_reach
from web.workforce.topics import take_visibility

pytestmark = pytest.mark.django_db

NOBODY_KNOWS = -1
"""Among `sockets`: Redis is away."""


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Who has a socket open, as the hub would say it."""
    there: set[int] = set()

    def connected(user_ids: Iterable[int | str]) -> set[str] | None:
        wanted = {str(user_id) for user_id in user_ids}
        return None if NOBODY_KNOWS in there else wanted & {str(user_id) for user_id in there}

    monkeypatch.setattr(hub.presence, "connected_if_known", connected)
    return there


def reach(worker: Worker) -> str:
    return Worker.objects.get(pk=worker.pk).reach_now


def later(seconds: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds))


def test_on_duty_and_connected_is_front_and_without_a_socket_back(sockets: set[int]) -> None:
    worker = make_worker(on_duty=True)
    sockets.add(worker.pk)
    assert (settle_reach(), reach(worker)) == (0, "front")
    sockets.clear()
    assert (settle_reach(), reach(worker)) == (1, "back")
    sockets.add(worker.pk)
    assert (settle_reach(), reach(worker)) == (1, "front")


def test_hidden_for_more_than_a_minute_is_back_though_the_socket_stands(sockets: set[int]) -> None:
    worker = make_worker(on_duty=True)
    sockets.add(worker.pk)
    set_visible(worker_id=worker.pk, visible=False)
    with later(50):
        settle_reach()
        assert reach(worker) == "front"
        set_visible(worker_id=worker.pk, visible=False)  # said again: it counts from the first time
    with later(70):
        settle_reach()
        assert reach(worker) == "back"
        set_visible(worker_id=worker.pk, visible=True)
        assert reach(worker) == "front"  # at once, not with the next sweep


def test_a_phone_that_says_visible_without_a_socket_is_not_front(sockets: set[int]) -> None:
    worker = make_worker(on_duty=True)
    set_visible(worker_id=worker.pk, visible=True)
    assert reach(worker) == "back"


def test_who_rests_is_neither(sockets: set[int]) -> None:
    worker = make_worker()
    sockets.add(worker.pk)
    assert (settle_reach(), reach(worker)) == (0, "rest")


def test_while_nobody_knows_what_was_known_last_holds_and_then_all_are_back(sockets: set[int]) -> None:
    front, back = make_worker(on_duty=True), make_worker(on_duty=True)
    sockets.add(front.pk)
    settle_reach()
    sockets.add(NOBODY_KNOWS)
    assert (settle_reach(), reach(front), reach(back)) == (0, "front", "back")
    with later(50):
        assert (settle_reach(), reach(front)) == (0, "front")
    with later(70):
        assert (settle_reach(), reach(front)) == (1, "back")
        sockets.remove(NOBODY_KNOWS)
        assert (settle_reach(), reach(front), reach(back)) == (1, "front", "back")
    with later(200):
        # The next outage begins anew.
        sockets.add(NOBODY_KNOWS)
        assert (settle_reach(), reach(front)) == (0, "front")


def test_who_put_the_app_away_is_back_whoever_is_away(sockets: set[int]) -> None:
    worker = make_worker(on_duty=True)
    sockets |= {worker.pk, NOBODY_KNOWS}
    settle_reach()
    set_visible(worker_id=worker.pk, visible=False)
    with later(61):
        # Not yet trusted no more: the outage was noticed a moment after he left.
        Worker.objects.update(unsure_since=timezone.now())
        assert (settle_reach(), reach(worker)) == (1, "back")


def test_an_outage_that_swallows_offers_sets_nobody_to_rest(sockets: set[int]) -> None:
    worker = make_worker(on_duty=True)
    sockets |= {worker.pk, NOBODY_KNOWS}
    settle_reach()
    asked_at = timezone.now()
    for _ in range(3):
        services.note_unanswered(worker_id=worker.pk, rest_after=3, asked_at=asked_at)
    with later(30):
        sockets.remove(NOBODY_KNOWS)
        settle_reach()
        # Asked in the outage, lapsed after it.
        services.note_unanswered(worker_id=worker.pk, rest_after=3, asked_at=asked_at)
        assert (Worker.objects.get(pk=worker.pk).unanswered, reach(worker)) == (0, "front")
    with later(60):
        for _ in range(3):
            services.note_unanswered(worker_id=worker.pk, rest_after=3, asked_at=timezone.now())
        assert reach(worker) == "rest"


def test_an_outage_costs_two_statements_at_its_ends_and_none_between(
    sockets: set[int], django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for _ in range(3):
        sockets.add(make_worker(on_duty=True).pk)
    settle_reach()
    sockets.add(NOBODY_KNOWS)
    settle_reach()
    with django_assert_num_queries(1):
        settle_reach()


def test_the_switch_brings_him_to_the_front(sockets: set[int]) -> None:
    worker = make_worker(on_duty=True)
    settle_reach()
    services.set_duty(worker_id=worker.pk, on_duty=False)
    services.set_duty(worker_id=worker.pk, on_duty=True)
    assert reach(worker) == "front"


def test_board_and_worker_are_told_once(sockets: set[int]) -> None:
    worker = make_worker(on_duty=True)
    settle_reach()
    settle_reach()
    for topic in ("board:hangzhou", f"worker:{worker.pk}"):
        told = [event.data["worker"]["reach"] for event in heard(topic)]
        assert told == ["front", "back"]


@pytest.mark.parametrize("tell", ["http", "rpc"])
def test_the_phone_tells_over_http_or_the_socket(sockets: set[int], tell: str) -> None:
    worker = make_worker(on_duty=True)
    sockets.add(worker.pk)
    says: dict[str, Callable[[bool], object]] = {
        "http": lambda visible: body_of(Api(worker.user).post("/worker/visibility", {"visible": visible})),
        "rpc": lambda visible: take_visibility(hub.Identity(str(worker.pk)), {"visible": visible}),
    }
    assert says[tell](False) == {"reach": "front"}
    assert Worker.objects.get(pk=worker.pk).hidden_since is not None
    assert says[tell](True) == {"reach": "front"}
    assert Worker.objects.get(pk=worker.pk).hidden_since is None


def test_nobody_else_has_a_reach(sockets: set[int]) -> None:
    for outsider in (make_customer(), make_staff()):
        assert refusal(Api(outsider).post("/worker/visibility", {"visible": True})) == (403, "forbidden")
