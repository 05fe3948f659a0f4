"""A tip is offered after the work, paid by itself, and the worker's whole; staff may give it back."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.web.orders.story import Story, paid_at_gateway, refused, terms
from tests.web.people import Api, body_of, make_city, make_staff, refusal
from web.ledger.selectors import balance_of, earnings_of, unbalanced_journals
from web.orders import services
from web.payments import sandbox
from web.payments import services as payments
from web.payments.gateways import payment_number
from web.payments.models import Payment, Refund
from workflows.messages import StepResult
from workflows.transitions import Move

pytestmark = pytest.mark.django_db

EARNED = 8_720


def offered(story: Story, amount_fen: int = 500) -> StepResult:
    return story.ask(story.order.customer, Move.TIP, amount_fen=amount_fen)


def opened(story: Story) -> Payment:
    payment = services.request_tip_payment(order=story.order, channel="sandbox")
    sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
    return payment


def paid(story: Story, payment: Payment) -> StepResult:
    recorded = payments.record_payment(message_id=paid_at_gateway(payment).pk)
    assert (recorded.purpose, recorded.refund_id) == (Payment.TIP, None)
    return story.step(Move.TIPPED, key=f"payment:{payment.pk}:tipped", reference=payment.pk)


def test_it_is_the_workers_whole() -> None:
    story = Story.in_town().settled()
    assert offered(story).outcome.done
    assert paid(story, opened(story)).outcome.done
    assert balance_of(story.worker) == EARNED + 500
    newest = earnings_of(story.worker)[0]
    assert (newest["kind"], newest["amount_fen"], newest["order_id"]) == ("tip", 500, story.id)
    assert story.types[-2:] == ["tip_offered", "tipped"]
    assert unbalanced_journals() == []


def test_it_is_there_at_once_however_long_the_earning_is_kept() -> None:
    make_city()
    terms("commission", frozen_s=86_400)
    story = Story.in_town().settled()
    offered(story)
    paid(story, opened(story))
    shown = body_of(Api(story.worker).get("/worker/earnings"))
    assert (shown["balance_fen"], shown["frozen_fen"]) == (EARNED + 500, EARNED)


@pytest.mark.parametrize("amount", [1, 99, 50_001])
def test_it_has_limits(amount: int) -> None:
    assert refused(offered(Story.in_town().settled(), amount)) == "tip_amount"


def test_before_the_settlement_there_is_none_and_only_the_customer_gives_it() -> None:
    story = Story.in_town().finished().confirm()
    assert refused(offered(story)) == "not_allowed"
    story.settle()
    assert refused(story.ask(story.worker, Move.TIP, amount_fen=500)) == "not_allowed"
    customer = Api(story.order.customer)
    assert "tip" in body_of(customer.get(f"/orders/{story.id}"))["allowed_actions"]
    assert refusal(customer.post(f"/orders/{story.id}/tip/pay", {"channel": "sandbox"})) == (409, "not_payable")


def test_several_are_several_and_each_is_paid_once() -> None:
    story = Story.in_town().settled()
    for _ in range(2):
        offered(story)
        payment = opened(story)
        assert opened(story) == payment
        assert paid(story, payment).outcome.done
        assert refused(story.step(Move.TIPPED, reference=payment.pk)) == "not_allowed"
    assert balance_of(story.worker) == EARNED + 1_000


def test_one_that_was_not_paid_in_time_can_be_paid_after_all() -> None:
    """The first trade is closed at the gateway: the cashier would have nothing to pay."""
    story = Story.in_town().settled()
    offered(story)
    stale = opened(story)
    with time_machine.travel(stale.due_at + timedelta(seconds=1)):
        payment = opened(story)
        assert payment != stale
        assert payment.due_at > timezone.now()
        assert paid(story, payment).outcome.done
        assert payments.record_payment(message_id=paid_at_gateway(stale).pk).refund_id == Refund.objects.get().pk
    assert balance_of(story.worker) == EARNED + 500


def test_the_order_does_not_close_over_one_that_was_paid_and_closes_one_that_was_not() -> None:
    story = Story.in_town().settled()
    offered(story)
    payment = opened(story)
    message = paid_at_gateway(payment)
    payments.record_payment(message_id=message.pk)
    assert story.step(Move.CLOSE).conflict
    assert story.step(Move.TIPPED, reference=payment.pk).outcome.done
    offered(story)
    late = opened(story)
    story.close()
    assert payments.record_payment(message_id=paid_at_gateway(late).pk).refund_id == Refund.objects.get().pk
    assert balance_of(story.worker) == EARNED + 500


@pytest.mark.parametrize(("bearer", "left"), [("shared", 200), ("platform", 500)])
def test_staff_give_it_back_and_never_more_than_it_was(bearer: str, left: int) -> None:
    story = Story.in_town().settled()
    offered(story)
    paid(story, opened(story))
    tip, staff = story.order.tips.get(), make_staff()
    back = {"line": 0, "tip": tip.pk, "reason": "agreed", "bearer": bearer}
    assert story.ask(staff, Move.REFUND, amount_fen=300, **back).outcome.done  # type: ignore[arg-type]
    assert refused(story.ask(staff, Move.REFUND, amount_fen=201, **back)) == "refund_too_large"  # type: ignore[arg-type]
    assert balance_of(story.worker) == EARNED + left
    assert Refund.objects.get().payment.purpose == Payment.TIP
    assert unbalanced_journals() == []
