"""A gateway that is down, slow, answers twice or contradicts itself gives a customer's money back once, or not yet."""

import pytest

from tests.web.orders.story import Story
from web.payments import sandbox
from web.payments.gateways import Contradiction, payment_number, refund_number
from web.payments.models import Refund, SandboxTrade
from workflows.activities import payments as activities

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund() -> Refund:
    """Of an order that was cancelled."""
    Story.in_town().pay().cancel()
    return Refund.objects.get()


def told(refund: Refund, mood: str) -> None:
    sandbox.misbehave(out_number=refund_number(refund.pk), mood=mood)


def given() -> list[str]:
    """The numbers of what the gateway has given back."""
    return list(SandboxTrade.objects.filter(kind="refund").values_list("number", flat=True))


@pytest.mark.parametrize(
    ("mood", "error", "times"),
    [
        (sandbox.DOWN, ConnectionError, 0),
        (sandbox.SLOW, TimeoutError, 1),
        (sandbox.OTHER_AMOUNT, Contradiction, 1),
        (sandbox.FORGETS, Contradiction, 1),
    ],
)
def test_nothing_is_booked_before_it_agrees_and_then_once(
    refund: Refund, mood: str, error: type[Exception], times: int
) -> None:
    told(refund, mood)
    for _ in range(2):
        with pytest.raises(error):
            activities.send_refund(refund.pk)
    assert len(given()) == times
    sandbox.behave(out_number=refund_number(refund.pk))
    assert [activities.send_refund(refund.pk)] == given()


def test_one_that_answers_with_another_number_each_time_is_booked_by_the_one_it_keeps(refund: Refund) -> None:
    told(refund, sandbox.OTHER_NUMBER)
    assert [activities.send_refund(refund.pk)] == [activities.send_refund(refund.pk)] == given()


def test_its_own_books_refuse_more_than_was_paid(refund: Refund) -> None:
    activities.send_refund(refund.pk)
    whole = refund.payment.amount_fen
    with pytest.raises(sandbox.Declined):
        sandbox.refund(
            out_number=payment_number(refund.payment.pk), out_refund_number="R0", total_fen=whole, refund_fen=1
        )
