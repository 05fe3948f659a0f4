"""Another address, or another request, before the worker has set out."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.web.orders.story import Story, heard, keep_busy, paid_at_gateway, refused, tomorrow
from tests.web.people import CENTRE, Api, body_of, make_address, make_customer, make_service, make_staff
from web.accounts.models import Address, User
from web.ledger.checking import disagreements
from web.ledger.selectors import balance_of, unbalanced_journals
from web.notifications.models import Message
from web.orders.models import Command, Offer, Proposal
from web.orders.past import order_at
from web.orders.services.supplements import request_payment
from web.payments import sandbox
from web.payments import services as payments
from web.payments.gateways import payment_number
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


def told(user: User) -> str:
    """The title of what he read last."""
    return Message.objects.filter(user=user).latest("pk").title


def test_unpaid_it_lapses() -> None:
    story = asked()
    assert lapse(story).outcome.done
    assert (story.order.place, story.order.total_fen, the(story).state) == ("文三路 100 号", TOTAL, Proposal.LAPSED)
    assert told(story.order.customer) == "地址未更改"
    assert not Message.objects.filter(user=story.worker, kind="job_changed").exists()  # of it he never heard


def test_a_worker_who_sets_out_goes_to_the_old_one() -> None:
    story = asked()
    story.depart()
    assert (the(story).state, story.order.place) == (Proposal.LAPSED, "文三路 100 号")
    assert Message.objects.filter(order_id=story.id, title="地址未更改").count() == 1


@pytest.mark.parametrize("goes_on", ["departs", "reports", "cancels"])
def test_one_that_was_paid_when_the_order_went_on_is_told_and_its_money_goes_back(goes_on: str) -> None:
    story = asked()
    payment = request_payment(order=story.order, proposal_id=the(story).pk, channel="sandbox")
    sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
    payments.record_payment(message_id=paid_at_gateway(payment).pk)
    if goes_on == "departs":
        story.depart()
    elif goes_on == "reports":
        story.report(story.worker)
    else:
        story.cancel()
    *_, lapsed, moved = story.order.events.order_by("version")
    assert lapsed.type == "proposal_lapsed"
    assert (lapsed.data, lapsed.role) == ({"proposal_id": the(story).pk, "kind": "address"}, "system")
    assert (lapsed.phase_before, lapsed.phase, moved.phase_before) == (Phase.ACCEPTED,) * 3
    assert (moved.version, lapsed.version) == (story.order.version, story.order.version - 1)
    for topic in (f"customer:{story.order.customer_id}", f"worker:{story.worker.pk}"):
        told = [event for event in heard(topic) if event.type == "order.proposal_lapsed"]
        assert [event.data["order"]["version"] for event in told] == [lapsed.version]
    titles = Message.objects.filter(order_id=story.id, user=story.order.customer).values_list("title", flat=True)
    assert list(titles).count("地址未能更改") == 1
    assert (the(story).state, story.order.place) == (Proposal.LAPSED, "文三路 100 号")
    assert order_at(story.id, timezone.now()).proposal_id is None
    assert disagreements() == []


def test_unpaid_it_ends_with_its_order_without_a_word_of_its_own() -> None:
    story = asked()
    story.cancel()
    assert "proposal_lapsed" not in story.types
    assert the(story).state == Proposal.LAPSED


def test_where_it_has_become_impossible_the_money_goes_back() -> None:
    story = asked()
    keep_busy(Worker.objects.get(pk=story.worker.pk), story.order.starts_at - timedelta(hours=1, minutes=20))
    story.pay_extra()
    assert (story.order.place, story.order.total_fen, story.order.phase) == ("文三路 100 号", TOTAL, Phase.ACCEPTED)
    assert (the(story).state, story.types[-1]) == (Proposal.LAPSED, "proposal_lapsed")
    assert told(story.order.customer) == "地址未能更改"
    assert not Message.objects.filter(user=story.worker, kind="job_changed").exists()
    assert Refund.objects.get().amount_fen == 500
    assert Payment.objects.filter(purpose=Payment.SUPPLEMENT, state=Payment.PAID).count() == 1
    assert unbalanced_journals() == []


def test_a_price_that_was_not_shown_is_refused_with_its_lines() -> None:
    story = Story.in_town().accepted()
    dearer(-100)
    result = story.ask(story.order.customer, Move.CHANGE_ADDRESS, address_id=elsewhere(story).pk, quoted_fen=TOTAL)
    assert refused(result) == "price_changed"
    assert sum(line["amount_fen"] for line in result.outcome.details["lines"]) == TOTAL - 100


def test_a_cheaper_one_gives_the_difference_back_and_lines_total_and_pay_agree() -> None:
    story = Story.in_town().accepted()
    dearer(-900)
    result = story.change_address(elsewhere(story))
    assert result.outcome.done
    assert result.view.open_refunds == story.refunds
    order = story.order
    assert (order.place, order.phase, order.total_fen) == ("望江路 9 号", Phase.ACCEPTED, TOTAL - 900)
    assert [line.amount_fen for line in order.lines.all()] == [9_900, 1_000, -900]
    assert (Refund.objects.get().amount_fen, order.refund_fen) == (900, 900)
    assert body_of(Api(story.worker).get(f"/orders/{story.id}"))["pay_fen"] == (TOTAL - 900) * 8 // 10
    assert (the(story).state, the(story).amount_fen) == (Proposal.DONE, -900)
    assert order.events.get(type="address_changed").data["amount_fen"] == -900
    assert disagreements() == []
    story.depart().arrive().start().tick_all().finish().confirm().settle()
    assert balance_of(story.worker) == (TOTAL - 900) * 8 // 10
    assert disagreements() == []


def test_a_cheaper_one_of_an_order_that_looks_for_somebody_offers_what_it_is_now() -> None:
    story = Story.in_town().pay().offer()
    dearer(-900)
    assert story.change_address(elsewhere(story)).outcome.done
    assert (story.order.phase, story.order.total_fen) == (Phase.DISPATCHING, TOTAL - 900)
    assert story.offer().offered.pay_fen == (TOTAL - 900) * 8 // 10
    story.accept().cancel()
    assert sum(Refund.objects.values_list("amount_fen", flat=True)) == TOTAL
    assert disagreements() == []


# Its customer takes it back.


def withdraw(story: Story, by: User | None = None) -> StepResult:
    proposal_id = story.order.proposal_id or the(story).pk
    return story.ask(by or story.order.customer, Move.WITHDRAW, proposal_id=proposal_id)


def test_its_customer_takes_it_back_while_it_is_not_paid() -> None:
    story = asked()
    payment = request_payment(order=story.order, proposal_id=the(story).pk, channel="sandbox")
    assert "withdraw" in body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["allowed_actions"]
    assert withdraw(story).outcome.done
    assert (the(story).state, story.order.proposal_id, story.types[-1]) == ("withdrawn", None, "proposal_withdrawn")
    payment.refresh_from_db()
    assert (payment.state, story.order.place) == (Payment.CLOSED, "文三路 100 号")
    assert "withdraw" not in body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["allowed_actions"]
    assert story.change_address(elsewhere(story)).outcome.done


def test_one_that_is_paid_and_not_heard_of_yet_is_not_taken_back() -> None:
    story = asked()
    payment = request_payment(order=story.order, proposal_id=the(story).pk, channel="sandbox")
    sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
    payments.record_payment(message_id=paid_at_gateway(payment).pk)
    assert refused(withdraw(story)) == "proposal_closed"
    assert story.step(Move.PAID, reference=payment.pk).outcome.done
    assert story.order.place == "望江路 9 号"
    assert refused(withdraw(story)) == "not_allowed"
    assert disagreements() == []


def test_nobody_else_takes_it_back_and_no_customer_his_workers() -> None:
    story = asked()
    assert refused(withdraw(story, by=story.worker)) == "not_allowed"
    other = Story.placed(make_customer(), story.order.service, starts_at=tomorrow(14)).accepted()
    other.propose_move(tomorrow(16))
    assert refused(withdraw(other)) == "not_allowed"
    path = f"/orders/{story.id}/proposals/{the(story).pk}/withdraw"
    assert Api(make_customer()).post(path, {}, idempotency_key="k").status_code == 404


def test_nobody_changes_his_address_to_cancel_for_nothing() -> None:
    story = Story.in_town(workers=2).accepted()
    first = story.worker
    keep_busy(Worker.objects.get(pk=first.pk), story.order.starts_at - timedelta(hours=1, minutes=20))
    with time_machine.travel(story.order.starts_at - timedelta(minutes=90)):
        assert story.change_address(elsewhere(story)).outcome.done
        assert story.order.phase == Phase.DISPATCHING
        story.cancel()
    assert (story.order.cancel_fee_fen, balance_of(first)) == (1_090, 872)


@pytest.mark.parametrize("happens", [True, False])
def test_what_cancelling_costs_is_taken_along_by_a_change_that_happened_only(happens: bool) -> None:
    story = Story.in_town().accepted()
    dearer(500)
    with time_machine.travel(story.order.starts_at - timedelta(minutes=90)):
        assert story.change_address(elsewhere(story)).outcome.done
        assert "kept_fee_fen" not in story.order.events.latest("version").data
        if happens:
            story.pay_extra()
        else:
            assert withdraw(story).outcome.done
        story.move(story.order.starts_at + timedelta(days=2), by=make_staff())
        story.cancel()
    assert story.order.cancel_fee_fen == (1_090 if happens else 0)
    assert disagreements() == []


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
