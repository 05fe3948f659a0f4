"""The worker hands an order back, or never sets out: what it costs him, and what becomes of the order."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from tests.web.orders.story import Story, heard, open_alarms, refused
from tests.web.people import Api, body_of, make_staff, make_worker
from web.accounts.models import User
from web.notifications.models import Message
from web.orders.models import Alarm, Command, Offer, Order
from web.orders.selectors import view_of
from web.workforce.models import PointsEntry
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def hand_back(story: Story, *, ahead: timedelta | None = None, reason: str = "unwell") -> Story:
    """Said so long before the visit."""
    command = story.receive(story.worker, Move.HAND_BACK, reason=reason)
    if ahead is not None:
        Command.objects.filter(pk=command.pk).update(
            received_at=story.order.starts_at - ahead, valid_for_s=timedelta(days=9).total_seconds()
        )
        command.refresh_from_db()
    return story._done(story.take(command))


def points(worker: User) -> list[tuple[int, str, int]]:
    """As he reads them."""
    read = body_of(Api(worker).get("/worker/points"))
    assert read["total"] == sum(one["points"] for one in read["items"])
    assert all(one["name"] == PointsEntry.RULES[one["rule"]] for one in read["items"])
    return [(one["order_id"], one["rule"], one["points"]) for one in read["items"]]


def test_in_good_time_it_is_free_and_he_did_not_fail_it() -> None:
    story = Story.in_town(workers=2).accepted()
    worker = story.worker
    hand_back(story, ahead=timedelta(hours=2))
    assert story.order.phase == Phase.DISPATCHING
    assert points(worker) == []
    offer = Offer.objects.get(order_id=story.id, worker=worker)
    assert (offer.state, offer.reason) == (Offer.RETURNED, "unwell")


def test_later_it_costs_points_that_say_for_what() -> None:
    story = Story.in_town(workers=2).accepted()
    worker = story.worker
    hand_back(story, ahead=timedelta(hours=2) - timedelta(seconds=1))
    assert points(worker) == [(story.id, "handed_back_late", -5)]
    assert Offer.objects.get(order_id=story.id, worker=worker).state == Offer.FAILED
    told = [event.data for event in heard(f"worker:{worker.pk}") if event.type == "worker.points"]
    assert told == [{"order_id": story.id, "rule": "handed_back_late", "points": -5}]


def test_on_the_way_it_costs_more() -> None:
    story = Story.in_town(workers=2).accepted().depart()
    worker = story.worker
    hand_back(story)
    assert story.order.phase == Phase.DISPATCHING
    assert points(worker) == [(story.id, "handed_back_en_route", -10)]


def test_at_the_door_it_is_too_late() -> None:
    story = Story.in_town().accepted().depart().arrive()
    assert refused(story.ask(story.worker, Move.HAND_BACK, reason="busy")) == "not_allowed"


def test_only_his_own() -> None:
    story = Story.in_town().accepted()
    other = make_worker(on_duty=True).user
    answer = Api(other).post(f"/orders/{story.id}/hand-back", {"reason": "busy"}, idempotency_key="k")
    assert answer.status_code == 404
    assert refused(story.ask(other, Move.HAND_BACK, reason="busy")) == "not_allowed"


def test_of_two_taps_the_second_finds_it_gone_and_costs_nothing_more() -> None:
    story = Story.in_town(workers=2).accepted().depart()
    worker = story.worker
    first, second = (story.receive(worker, Move.HAND_BACK, reason="busy") for _ in range(2))
    assert story.take(first).outcome.done
    assert refused(story.take(second)) == "not_allowed"
    assert len(points(worker)) == 1


def test_the_customer_is_not_told_who_or_why() -> None:
    story = Story.in_town(workers=2).accepted()
    hand_back(story)
    entry = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["timeline"][-1]
    assert (entry["type"], entry["by"], entry["data"]) == ("handed_back", "服务人员", {})


def test_points_are_never_changed_or_taken_away() -> None:
    story = Story.in_town(workers=2).accepted().depart()
    hand_back(story)
    with pytest.raises(IntegrityError), transaction.atomic():
        PointsEntry.objects.update(points=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        PointsEntry.objects.all().delete()


def timers(story: Story) -> list[str]:
    return [timer.move for timer in view_of(story.order).timers]


def test_who_has_not_left_loses_it_where_somebody_else_is_in_time() -> None:
    story = Story.in_town(workers=2).accepted()
    worker = story.worker
    timer = view_of(story.order).timers[0]
    assert (timer.move, timer.due) == ("did_not_depart", story.order.depart_by + timedelta(seconds=900))  # type: ignore[operator]
    story.step(Move.LATE_TO_DEPART)
    assert story.step(Move.DID_NOT_DEPART, key=timer.key).outcome.done
    assert (story.order.phase, story.order.worker) == (Phase.DISPATCHING, None)
    assert open_alarms(story) == []
    assert points(worker) == [(story.id, "not_departed", -10)]
    told = Message.objects.filter(order_id=story.id, kind__in=["searching", "job_changed", "worker_late"])
    assert [(one.user, one.title) for one in told.order_by("-pk")[:2]] == [
        (worker, "您已不再负责该订单"),
        (story.order.customer, "正在更换服务人员"),
    ]
    story.offer().accept()
    assert story.worker != worker


@pytest.mark.parametrize("why", ["nobody else", "nobody near enough", "too late for anybody"])
def test_else_it_stays_his_and_the_dispatcher_decides_by_a_deadline(why: str) -> None:
    story = Story.in_town(workers=2 if why == "too late for anybody" else 1).accepted()
    if why == "nobody near enough":
        make_worker(on_duty=True, home=(120.15, 30.39))
    when = story.order.starts_at - timedelta(minutes=10)
    if why == "too late for anybody":
        when = story.order.starts_at + timedelta(seconds=1)
    with time_machine.travel(when):
        assert story.step(Move.DID_NOT_DEPART).outcome.done
        assert (story.order.phase, story.order.worker) == (Phase.ACCEPTED, story.worker)
        alarm = Alarm.objects.get(cleared_at=None, kind=Alarm.NOT_DEPARTED)
        assert (alarm.worker, alarm.owner) == (story.worker, Alarm.DISPATCHER)
        assert alarm.due_at == pytest.approx(when + timedelta(seconds=600), abs=timedelta(seconds=30))
        assert "did_not_depart" not in timers(story)
        story.depart()
        assert Alarm.NOT_DEPARTED not in open_alarms(story)


def test_what_a_dispatcher_takes_off_after_it_costs_no_second_time() -> None:
    story = Story.in_town().accepted()
    worker = story.worker
    story.step(Move.DID_NOT_DEPART)
    story.ask(make_staff(), Move.TAKE_OFF, reason="not_departed", failed=True)
    assert points(worker) == [(story.id, "not_departed", -10)]
    assert not Order.objects.get(pk=story.id).not_departed


def test_who_was_taken_off_for_failing_it_pays_once() -> None:
    story = Story.in_town(workers=2).accepted()
    worker = story.worker
    story.ask(make_staff(), Move.TAKE_OFF, reason="unreachable", failed=True)
    assert points(worker) == [(story.id, "taken_off", -10)]
