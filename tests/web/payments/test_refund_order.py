"""Money of an order goes back in several refunds, spread over its payments, never more than was paid."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.web.crowd import at_once
from tests.web.orders.story import Story, paid_at_gateway
from web.errors import DoorbellError
from web.payments import services
from web.payments.models import Payment, Refund

pytestmark = pytest.mark.django_db

TOTAL = 10_900


def paid_again(story: Story, amount_fen: int, *, purpose: str = Payment.SUPPLEMENT, subject_id: int = 1) -> Payment:
    """Something more of the order was paid, after its price."""
    first = Payment.objects.get(order_id=story.id, purpose=Payment.ORDER)
    assert first.paid_at is not None
    return Payment.objects.create(
        order_id=story.id,
        purpose=purpose,
        subject_id=subject_id,
        channel="sandbox",
        amount_fen=amount_fen,
        state=Payment.PAID,
        due_at=first.due_at,
        paid_at=first.paid_at + timedelta(seconds=subject_id),
    )


def back(story: Story, amount_fen: int, key: str = "why", **which: object) -> list[tuple[str, int]]:
    """(what was paid, fen that go back of it), in the order the refunds were made."""
    with transaction.atomic():
        refunds = services.refund_order(order_id=story.id, amount_fen=amount_fen, key=key, **which)  # type: ignore[arg-type]
    return [(refund.payment.purpose, refund.amount_fen) for refund in refunds]


def test_the_newest_payment_gives_first_and_none_more_than_it_has() -> None:
    story = Story.in_town().pay()
    paid_again(story, 3_000)
    assert back(story, 2_000, "a") == [("supplement", 2_000)]
    assert back(story, 2_000, "b") == [("supplement", 1_000), ("order", 1_000)]
    assert back(story, TOTAL - 1_000, "c") == [("order", TOTAL - 1_000)]


def test_one_reason_gives_back_once() -> None:
    story = Story.in_town().pay()
    paid_again(story, 3_000)
    assert back(story, 4_000) == back(story, 4_000) == [("supplement", 3_000), ("order", 1_000)]
    assert Refund.objects.count() == 2


def test_more_than_is_left_is_refused_and_nothing_goes_back() -> None:
    story = Story.in_town().pay()
    back(story, 900, "before")
    with pytest.raises(DoorbellError, match="refund_too_large") as refused:
        back(story, TOTAL - 899)
    assert refused.value.details == {"left_fen": TOTAL - 900}
    assert Refund.objects.count() == 1


def test_a_tip_is_not_the_orders_price() -> None:
    story = Story.in_town().pay()
    paid_again(story, 500, purpose=Payment.TIP, subject_id=1)
    paid_again(story, 700, purpose=Payment.TIP, subject_id=2)
    assert back(story, 100, "price") == [("order", 100)]
    assert back(story, 500, "tip", purposes=[Payment.TIP], subject_id=1) == [("tip", 500)]
    with pytest.raises(DoorbellError, match="refund_too_large"):
        back(story, 1, "again", purposes=[Payment.TIP], subject_id=1)


def test_money_that_came_too_late_has_nothing_left() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    story.cancel()
    services.record_payment(message_id=paid_at_gateway(payment).pk)
    with pytest.raises(DoorbellError, match="refund_too_large"):
        back(story, 1)


def test_the_database_refuses_what_no_service_would_do() -> None:
    Story.in_town().pay()
    payment = Payment.objects.get()
    refund = Refund.objects.create(payment=payment, key="a", amount_fen=TOTAL)
    with pytest.raises(IntegrityError, match="exceed what was paid"), transaction.atomic():
        Refund.objects.create(payment=payment, key="b", amount_fen=1)
    refund.amount_fen += 1
    with pytest.raises(IntegrityError, match="exceed what was paid"), transaction.atomic():
        refund.save()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["service", "rows"])
def test_two_that_would_be_too_much_together_are_one(how: str) -> None:
    story = Story.in_town().pay()
    payment = Payment.objects.get()
    keys = iter(["first", "second"])

    def refund() -> bool:
        key = next(keys)
        try:
            if how == "service":
                back(story, TOTAL - 100, key)
            else:
                Refund.objects.create(payment=payment, key=key, amount_fen=TOTAL - 100)
        except (DoorbellError, IntegrityError):
            return False
        return True

    assert sorted(at_once(2, refund)) == [False, True]
    assert Refund.objects.count() == 1
