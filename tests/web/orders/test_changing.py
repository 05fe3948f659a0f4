"""Another address, or another request, before the worker has set out."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.web.orders.story import Story, heard, keep_busy, refused
from tests.web.people import CENTRE, Api, body_of, make_address, make_customer, make_service, make_staff
from web.accounts.models import Address
from web.ledger.selectors import balance_of, unbalanced_journals
from web.orders.models import Command, Offer, Proposal
from web.payments.models import Payment, Refund
from web.scheduling.models import Reservation
from web.scheduling.selectors import holder_of
from web.workforce.models import Worker
from workflows.messages import StepResult
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

TOTAL = 10_900


def elsewhere(story: Story, *, lng: float = 120.25, **fields: Any) -> Address:
    """Ten kilometres east, of the same customer."""
    return make_address(story.order.customer, lng=lng, place="望江路 9 号", door="2 幢 101", **fields)


def dearer(by_fen: int) -> None:
    """The service costs so much more from now on."""
    make_service(price_fen=9_900 + by_fen)


def the(story: Story) -> Proposal:
    return Proposal.objects.get(order_id=story.id)


def asked() -> Story:
    """An accepted order whose new address waits for ¥5."""
    story = Story.in_town().accepted()
    dearer(500)
    assert story.change_address(elsewhere(story)).outcome.done
    return story


def lapse(story: Story) -> StepResult:
    view = story.step(Move.PARK).view  # a refusal, for its view
    (timer,) = (one for one in view.timers if one.move == Move.PROPOSAL_LAPSED)
    return story.step(Move(timer.move), key=timer.key, reference=timer.reference)


def test_the_same_worker_goes_to_the_new_place_and_leaves_in_time_for_it() -> None:
    story = Story.in_town(workers=2).accepted()
    worker, before = story.worker, story.order
    assert story.change_address(elsewhere(story)).outcome.done
    order, kept = story.order, Reservation.objects.get(order_id=story.id, active=True)
    assert (order.phase, order.worker, order.place, order.lng) == (Phase.ACCEPTED, worker, "望江路 9 号", 120.25)
    assert (kept.lng, kept.starts_at) == (120.25, before.starts_at)
    assert kept.travel_s > 0
    assert before.depart_by is not None
    assert order.depart_by == before.depart_by - timedelta(seconds=kept.travel_s)


def test_where_the_way_is_too_long_between_his_jobs_another_one_is_looked_for() -> None:
    story = Story.in_town(workers=2).accepted()
    first, starts_at = story.worker, story.order.starts_at
    keep_busy(Worker.objects.get(pk=first.pk), starts_at - timedelta(hours=1, minutes=20))
    other = Worker.objects.exclude(pk=first.pk).get()
    assert story.change_address(elsewhere(story)).outcome.done
    assert (story.order.phase, story.order.worker, holder_of(story.id)) == (Phase.DISPATCHING, None, other.pk)
    assert not Offer.objects.filter(order_id=story.id, state=Offer.ACCEPTED).exists()


@pytest.mark.parametrize(("lng", "city"), [(120.9, "hangzhou"), (CENTRE[0], "shanghai")])
def test_where_nobody_serves_it_stays_as_it_is(lng: float, city: str) -> None:
    story = Story.in_town().accepted()
    before = story.order
    assert refused(story.change_address(elsewhere(story, lng=lng, city=city))) == "not_served_here"
    assert (story.order.place, story.order.worker, story.order.version) == (before.place, before.worker, before.version)


def test_an_address_of_somebody_elses_is_none() -> None:
    story = Story.in_town().accepted()
    assert refused(story.change_address(make_address(make_customer()))) == "not_served_here"
    body = {"address_id": make_address(make_customer()).pk, "quoted_fen": TOTAL}
    answer = Api(story.order.customer).post(f"/orders/{story.id}/address", body, idempotency_key="k")
    assert answer.status_code == 404


def test_a_dearer_one_waits_for_the_difference_and_the_old_one_stands_until_then() -> None:
    story = asked()
    assert (story.order.place, story.order.total_fen, the(story).amount_fen) == ("文三路 100 号", TOTAL, 500)
    story.pay_extra()
    order = story.order
    assert (order.place, order.total_fen, order.phase) == ("望江路 9 号", TOTAL + 500, Phase.ACCEPTED)
    assert sum(line.amount_fen for line in order.lines.all()) == order.total_fen
    assert (the(story).state, order.proposal_id, story.types[-1]) == (Proposal.DONE, None, "address_changed")
    detail = body_of(Api(story.worker).get(f"/orders/{story.id}"))
    assert detail["pay_fen"] == (TOTAL + 500) * 8 // 10


def test_unpaid_it_lapses() -> None:
    story = asked()
    assert lapse(story).outcome.done
    assert (story.order.place, story.order.total_fen, the(story).state) == ("文三路 100 号", TOTAL, Proposal.LAPSED)


def test_a_worker_who_sets_out_goes_to_the_old_one() -> None:
    story = asked()
    story.depart()
    assert (the(story).state, story.order.place) == (Proposal.LAPSED, "文三路 100 号")


def test_where_it_has_become_impossible_the_money_goes_back() -> None:
    story = asked()
    keep_busy(Worker.objects.get(pk=story.worker.pk), story.order.starts_at - timedelta(hours=1, minutes=20))
    story.pay_extra()
    assert (story.order.place, story.order.total_fen, story.order.phase) == ("文三路 100 号", TOTAL, Phase.ACCEPTED)
    assert (the(story).state, story.types[-1]) == (Proposal.LAPSED, "proposal_lapsed")
    assert Refund.objects.get().amount_fen == 500
    assert Payment.objects.filter(purpose=Payment.SUPPLEMENT, state=Payment.PAID).count() == 1
    assert unbalanced_journals() == []


def test_a_price_that_was_not_shown_or_is_lower_is_refused_with_its_lines() -> None:
    story = Story.in_town().accepted()
    address = elsewhere(story)
    too_much = story.ask(story.order.customer, Move.CHANGE_ADDRESS, address_id=address.pk, quoted_fen=TOTAL + 1)
    assert refused(too_much) == "price_changed"
    dearer(-100)
    result = story.change_address(address)
    assert refused(result) == "price_changed"
    assert sum(line["amount_fen"] for line in result.outcome.details["lines"]) == TOTAL - 100


def test_nobody_changes_his_address_to_cancel_for_nothing() -> None:
    story = Story.in_town(workers=2).accepted()
    first = story.worker
    keep_busy(Worker.objects.get(pk=first.pk), story.order.starts_at - timedelta(hours=1, minutes=20))
    with time_machine.travel(story.order.starts_at - timedelta(minutes=90)):
        assert story.change_address(elsewhere(story)).outcome.done
        assert story.order.phase == Phase.DISPATCHING
        story.cancel()
    assert (story.order.cancel_fee_fen, balance_of(first)) == (1_090, 872)


def test_old_and_new_are_read_by_who_knows_the_door_and_no_event_has_them() -> None:
    story = Story.in_town().accepted()
    worker = story.worker
    assert story.change_address(elsewhere(story)).outcome.done
    for user in (story.order.customer, worker, make_staff()):
        (card,) = body_of(Api(user).get(f"/orders/{story.id}"))["proposals"]
        assert [card["places"][which]["place"] for which in ("old", "new")] == ["文三路 100 号", "望江路 9 号"]
    assert "望江路" not in str([event.data for event in story.order.events.all()])
    assert "望江路" not in str([event.data for event in heard(f"worker:{worker.pk}")])
    story.cancel()
    (card,) = body_of(Api(worker).get(f"/orders/{story.id}"))["proposals"]
    assert card["places"] is None


def test_another_request_is_told_to_the_worker_and_travels_nowhere() -> None:
    story = Story.in_town().accepted()
    assert story.ask(story.order.customer, Move.CHANGE_REQUEST, typed="请带梯子").outcome.done
    assert heard(f"worker:{story.worker.pk}")[-1].type == "order.request_changed"
    assert body_of(Api(story.worker).get(f"/orders/{story.id}"))["request"] == "请带梯子"
    assert "梯子" not in str(Command.objects.get(move=Move.CHANGE_REQUEST.value).body)
    story.depart()
    assert refused(story.ask(story.order.customer, Move.CHANGE_REQUEST, typed="不用了")) == "not_allowed"


def test_a_stranger_changes_nothing() -> None:
    story, stranger = Story.in_town().accepted(), make_customer()
    body = {"address_id": make_address(stranger).pk, "quoted_fen": TOTAL}
    assert Api(stranger).post(f"/orders/{story.id}/address", body, idempotency_key="k").status_code == 404
    answer = Api(stranger).post(f"/orders/{story.id}/request", {"request": "x"}, idempotency_key="k")
    assert answer.status_code == 404
