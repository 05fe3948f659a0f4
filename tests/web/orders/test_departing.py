"""A worker sets out when it is time, and to one customer at a time."""

from datetime import datetime, timedelta

import pytest
import time_machine

from tests.web.crowd import at_once
from tests.web.orders.story import Story, refused, terms, tomorrow
from tests.web.people import Api, body_of, make_customer
from web.orders.models import Offer
from web.orders.policies import Policies
from web.times import iso
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

EARLY_S = 3600.0


def days_ahead() -> Story:
    """Accepted, two days before its visit."""
    terms("visit", depart_early_s=EARLY_S)
    return Story.in_town().accepted()


def earliest(story: Story) -> datetime:
    way = Offer.objects.get(order_id=story.id, state=Offer.ACCEPTED)
    return story.order.starts_at - timedelta(seconds=way.travel_s + EARLY_S)


def actions(story: Story) -> list[str]:
    found: list[str] = body_of(Api(story.worker).get(f"/orders/{story.id}"))["allowed_actions"]
    return found


def two_of_one_worker() -> tuple[Story, Story]:
    """Two accepted orders of the same worker, hours apart."""
    first = Story.in_town().accepted()
    second = Story.placed(make_customer(), first.order.service, starts_at=tomorrow(15)).accepted()
    assert first.worker == second.worker
    return first, second


def test_days_ahead_it_is_too_early_and_cancelling_stays_free() -> None:
    story = days_ahead()
    result = story.ask(story.worker, Move.DEPART)
    assert refused(result) == "too_early"
    assert result.outcome.details == {"earliest": iso(earliest(story))}
    assert story.order.phase == Phase.ACCEPTED
    story.cancel()
    assert story.order.cancel_fee_fen == 0


@pytest.mark.parametrize(("seconds", "done"), [(-5, False), (5, True)])
def test_he_may_go_from_an_hour_before_he_would_have_to(seconds: int, done: bool) -> None:
    story = days_ahead()
    with time_machine.travel(earliest(story) + timedelta(seconds=seconds)):
        assert ("depart" in actions(story)) is done
        assert story.ask(story.worker, Move.DEPART).outcome.done is done


def test_the_detail_says_from_when() -> None:
    story = days_ahead()
    shown = body_of(Api(story.worker).get(f"/orders/{story.id}"))["depart_from"]
    assert datetime.fromisoformat(shown) == earliest(story)
    with time_machine.travel(earliest(story) + timedelta(seconds=5)):
        story.depart()
        assert body_of(Api(story.worker).get(f"/orders/{story.id}"))["depart_from"] is None


def test_it_is_two_hours_where_no_policy_speaks() -> None:
    assert Policies().visit.depart_early_s == 7200


@pytest.mark.parametrize("so_far", ["depart", "arrive", "start"])
def test_he_does_not_leave_one_customer_for_another(so_far: str) -> None:
    first, second = two_of_one_worker()
    for move in ("depart", "arrive", "start"):
        getattr(first, move)()
        if move == so_far:
            break
    assert actions(second) == ["hand_back", "report_exception", "propose_move"]
    result = second.ask(second.worker, Move.DEPART)
    assert refused(result) == "busy_elsewhere"
    assert result.outcome.details == {"order_id": first.id}


def test_when_the_first_is_done_he_goes_to_the_second() -> None:
    first, second = two_of_one_worker()
    first.depart().arrive().start().tick_all().finish()
    assert actions(second) == ["depart", "hand_back", "report_exception", "propose_move"]
    second.depart()


def test_past_its_planned_end_he_may_leave_a_door_that_nobody_opened() -> None:
    first, second = two_of_one_worker()
    first.depart().arrive()
    with time_machine.travel(first.order.starts_at + timedelta(seconds=first.order.duration_s + 1)):
        assert actions(second) == ["depart", "hand_back", "report_exception", "propose_move"]
        assert second.ask(second.worker, Move.DEPART).outcome.done


def test_another_workers_order_is_no_obstacle() -> None:
    first = Story.in_town(workers=2).accepted().depart()
    second = Story.placed(make_customer(), first.order.service).accepted().depart()
    assert first.worker != second.worker


@pytest.mark.django_db(transaction=True)
def test_of_two_departures_at_once_one_is_made() -> None:
    stories = iter(two_of_one_worker())

    def depart() -> str:
        story = next(stories)
        return story.ask(story.worker, Move.DEPART).outcome.code

    assert sorted(at_once(2, depart)) == ["", "busy_elsewhere"]
