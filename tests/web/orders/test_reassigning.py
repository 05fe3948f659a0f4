"""An order leaves its worker and looks for another one: who hears, who is asked next, what the customer may do."""

from datetime import timedelta

import pytest
import time_machine

import hub
from hub.models import Event
from tests.web.orders.story import Story, fees, heard, open_alarms, refused
from tests.web.people import CITY, Api, body_of, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import User
from web.board.selectors import candidates_for
from web.orders import services
from web.orders.models import Alarm, Offer
from web.orders.topics import may_read_order
from web.scheduling.selectors import holder_of
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def take_off(story: Story, *, failed: bool = False, reason: str = "other") -> Story:
    return story._done(story.ask(make_staff(), Move.TAKE_OFF, reason=reason, failed=failed))


def excluded(story: Story) -> dict[int, str]:
    """Worker -> why a ranking of now leaves him out."""
    ranked = candidates_for(story.order)
    return {one["worker"]["id"]: one["reason"] for one in ranked["excluded"]}


@pytest.mark.parametrize("how_far", [0, 1, 2])
def test_it_is_in_dispatch_again_without_worker_and_deadlines(how_far: int) -> None:
    story = Story.in_town(workers=2).accepted()
    for move in (story.depart, story.arrive)[:how_far]:
        move()
    first = story.worker
    take_off(story)
    order = story.order
    assert (order.phase, order.worker, order.depart_by, order.arrive_by) == (Phase.DISPATCHING, None, None, None)
    assert not order.late_told
    offer = Offer.objects.get(order_id=story.id)
    assert (offer.state, offer.reason, offer.worker) == (Offer.RETURNED, "other", first)
    story.offer().accept()
    assert story.worker != first


def test_somebody_elses_time_is_kept_for_it() -> None:
    story = Story.in_town(workers=2).accepted()
    first = story.worker.pk
    assert holder_of(story.id) == first
    take_off(story)
    other = User.objects.filter(role="worker").exclude(pk=first).get().pk
    assert holder_of(story.id) == other


def test_where_nobody_else_is_the_time_is_free_and_people_are_told_when_nobody_is_found() -> None:
    story = Story.in_town().accepted()
    take_off(story)
    assert holder_of(story.id) is None
    assert services.store_ranking(order_id=story.id).candidates == 0
    story.exhaust()
    assert Alarm.NOBODY_ACCEPTS in open_alarms(story)
    assert "order.exhausted" in [event.type for event in heard(f"customer:{story.order.customer_id}")]


@pytest.mark.parametrize(("failed", "reason"), [(False, "handed_back"), (True, "failed")])
def test_he_is_not_asked_again_and_it_says_why(failed: bool, reason: str) -> None:
    story = Story.in_town(workers=2).accepted()
    first = story.worker.pk
    take_off(story, failed=failed)
    assert excluded(story) == {first: reason}
    story.assign(User.objects.get(pk=first), by=make_staff())  # a dispatcher may
    assert story.worker.pk == first


def test_he_hears_it_on_his_own_topic_and_no_more_on_the_orders() -> None:
    story = Story.in_town(workers=2).accepted().depart()
    first = story.worker
    identity = hub.Identity(user_id=str(first.pk))
    assert may_read_order(identity, id=story.id)
    take_off(story)
    types = [event.type for event in heard(f"worker:{first.pk}")]
    assert [type for type in types if type == "order.taken_off"] == ["order.taken_off"]
    closed = [event.data["state"] for event in heard(f"worker:{first.pk}") if event.type == "offer.closed"]
    assert closed == ["accepted", "returned"]
    card = [event.data["worker"] for event in heard(f"board:{CITY}") if event.type == "worker.changed"][-1]
    assert (card["id"], card["order"]) == (first.pk, None)
    revoked = Event.objects.filter(topic=hub.log.REVOCATIONS, subject=str(first.pk))
    assert {event.data["topic"] for event in revoked} == {
        f"{name}:{story.id}" for name in ("order", "position", "conversation")
    }
    assert not may_read_order(identity, id=story.id)
    story.offer().accept().depart()
    assert [event.type for event in heard(f"worker:{first.pk}")].count("order.departed") == 1  # his own


def test_it_has_a_whole_round_of_offers_again() -> None:
    story = Story.in_town(workers=3).pay().offer().lapse().offer().accept()
    first = Offer.objects.get(order_id=story.id, state=Offer.LAPSED).worker_id
    take_off(story)
    assert first not in excluded(story)


def test_the_alarms_about_him_are_over() -> None:
    story = Story.in_town(workers=2).accepted()
    story.step(Move.LATE_TO_DEPART)
    assert open_alarms(story) == [Alarm.LATE_TO_DEPART]
    take_off(story)
    assert open_alarms(story) == []


def costly() -> None:
    """Cancelling costs something as soon as an order is paid."""
    make_city()
    fees(DISPATCHING={"share_bp": 1_000}, ACCEPTED={"share_bp": 2_000}, EN_ROUTE={"share_bp": 3_000})


def preview(story: Story) -> int:
    shown: int = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["cancellation"]["fee_fen"]
    return shown


@pytest.mark.parametrize("failed", [True, False])
def test_who_was_let_down_may_cancel_free_until_somebody_is_at_his_door(failed: bool) -> None:
    costly()
    story = Story.in_town(workers=2).accepted()
    take_off(story, failed=failed)
    assert (preview(story) == 0) is failed
    story.offer().accept()
    assert (preview(story) == 0) is failed
    story.depart()
    assert (preview(story) == 0) is failed
    story.arrive()
    assert preview(story) > 0


def test_a_cancel_that_was_asked_before_he_left_costs_nothing_after() -> None:
    costly()
    story = Story.in_town(workers=2).accepted()
    command = story.receive(story.order.customer, Move.CANCEL, reason="other")
    take_off(story)
    assert story.take(command).outcome.done
    assert story.order.cancel_fee_fen == 0


def test_a_worker_who_cannot_be_there_as_promised_is_told_to_the_customer_who_may_cancel_free() -> None:
    costly()
    story = Story.in_town().pay()
    late = make_worker(on_duty=True, home=(120.15, 30.39))
    grace = story.order.policies["visit"]["arrive_grace_s"]
    with time_machine.travel(story.order.starts_at + timedelta(seconds=grace)):
        story.assign(late.user, by=make_staff())
        told = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))
        assert told["expected_at"] is not None
        assert told["timeline"][-1]["data"]["expected_at"] == told["expected_at"]
        assert told["cancellation"]["fee_fen"] == 0
        story.cancel()
        assert story.order.cancel_fee_fen == 0


def test_who_is_in_time_is_nobodys_news() -> None:
    story = Story.in_town().accepted()
    assert story.order.expected_at is None
    assert "expected_at" not in story.order.events.get(type="accepted").data


def test_the_board_explains_the_one_who_has_it_now() -> None:
    story = Story.in_town(workers=2).pay().exhaust()
    first, second = User.objects.filter(role="worker").order_by("pk")
    story.assign(first, by=make_staff())
    take_off(story)
    story.offer().accept()
    chosen = candidates_for(story.order)["chosen"]
    assert chosen == {"worker": {"id": second.pk, "name": second.display_name}, "by": "worker"}


@pytest.mark.parametrize("phase", ["DISPATCHING", "IN_SERVICE"])
def test_nobody_is_taken_off_before_or_after(phase: str) -> None:
    story = Story.in_town()
    story.pay() if phase == "DISPATCHING" else story.in_service()
    assert refused(story.ask(make_staff(), Move.TAKE_OFF, reason="other", failed=False)) == "not_allowed"


def test_staff_elsewhere_cannot() -> None:
    story = Story.in_town().accepted()
    body = {"reason": "other", "failed": False}
    answer = Api(make_staff(city="shanghai")).post(f"/orders/{story.id}/take-off", body, idempotency_key="k")
    assert answer.status_code == 404
    for somebody in (story.order.customer, story.worker):
        assert Api(somebody).post(f"/orders/{story.id}/take-off", body, idempotency_key="k").status_code == 403


def test_a_depart_that_comes_after_it_was_taken_off_him_is_refused() -> None:
    story = Story.in_town(workers=2).accepted()
    command = story.receive(story.worker, Move.DEPART)
    take_off(story)
    assert refused(story.take(command)) == "not_allowed"
    assert story.order.phase == Phase.DISPATCHING


def test_twice_the_same_command_takes_one_off() -> None:
    story = Story.in_town(workers=2).accepted()
    command = story.receive(make_staff(), Move.TAKE_OFF, reason="other", failed=True)
    first = story.take(command)
    assert story.take(command).outcome == first.outcome
    assert Offer.objects.filter(state=Offer.FAILED).count() == 1


def test_one_who_gave_it_back_has_his_hour_for_others() -> None:
    story = Story.in_town(workers=1).accepted()
    take_off(story)
    other = Story.placed(make_customer(), make_service(), starts_at=story.order.starts_at).pay().offer()
    assert other.offered.worker == User.objects.get(role="worker")
