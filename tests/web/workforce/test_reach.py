"""A worker's reach 前台/后台/休息: his switch, the hub's presence and his phone's word, and what the board is told."""

from collections.abc import Callable, Iterable
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


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Who has a socket open, as the hub would say it."""
    there: set[int] = set()

    def connected(user_ids: Iterable[int | str]) -> set[str]:
        return {str(user_id) for user_id in user_ids} & {str(user_id) for user_id in there}

    monkeypatch.setattr(hub.presence, "connected", connected)
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
