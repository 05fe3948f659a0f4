"""Money on its way back."""

import pytest

from tests.web.crowd import at_once
from tests.web.orders.story import Story
from tests.web.payments.books import balance
from web.ledger.models import Account, Journal
from web.ledger.selectors import unbalanced_journals
from web.payments import services
from web.payments.models import Payment, Refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund() -> Refund:
    """Of an order that was cancelled before anybody accepted it."""
    Story.in_town().pay().cancel()
    return Refund.objects.get()


def test_what_the_gateway_gave_back_leaves_the_books(refund: Refund) -> None:
    order_id = services.record_refund(refund_id=refund.pk, gateway_no="SB-1")
    assert order_id == refund.payment.order_id
    refund.refresh_from_db()
    assert (refund.state, refund.gateway_no) == (Refund.DONE, "SB-1")
    assert refund.done_at is not None
    assert [balance(kind) for kind, _ in Account.KINDS] == [0] * len(Account.KINDS)
    assert unbalanced_journals() == []


def test_it_is_booked_once(refund: Refund) -> None:
    for number in ("SB-1", "SB-1", "SB-2"):
        services.record_refund(refund_id=refund.pk, gateway_no=number)
    assert Journal.objects.filter(kind="refund").count() == 1
    refund.refresh_from_db()
    assert refund.gateway_no == "SB-1"


def test_one_reason_refunds_once(refund: Refund) -> None:
    again = services.create_refund(payment=refund.payment, amount_fen=1, key=refund.key)
    assert (again.pk, again.amount_fen) == (refund.pk, refund.amount_fen)


def test_what_the_gateway_does_not_take_is_marked_until_it_does(refund: Refund) -> None:
    services.park_refund(refund_id=refund.pk)
    refund.refresh_from_db()
    assert refund.needs_ops
    services.record_refund(refund_id=refund.pk, gateway_no="SB-1")
    services.park_refund(refund_id=refund.pk)
    assert not Refund.objects.filter(needs_ops=True).exists()


def test_the_payment_stays_what_it_was(refund: Refund) -> None:
    services.record_refund(refund_id=refund.pk, gateway_no="SB-1")
    assert Payment.objects.get().state == Payment.PAID


@pytest.mark.django_db(transaction=True)
def test_at_once_it_is_booked_once_too() -> None:
    Story.in_town().pay().cancel()
    refund_id = Refund.objects.get().pk
    at_once(4, lambda: services.record_refund(refund_id=refund_id, gateway_no="SB-1"))
    assert Journal.objects.filter(kind="refund").count() == 1
