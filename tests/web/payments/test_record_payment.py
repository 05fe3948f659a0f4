"""Money has come: booked once, not if the amount is another, and given back if it came too late."""

import threading

import pytest
from django.db import connections

import hub
from tests.web.crowd import at_once
from tests.web.orders.story import Story, paid_at_gateway
from tests.web.payments.books import balance, callback
from web.errors import DoorbellError
from web.ledger.models import Account, Journal
from web.ledger.selectors import unbalanced_journals
from web.payments import sandbox, services
from web.payments.models import GatewayMessage, Payment, Refund
from web.payments.selectors import start_of, unhandled_messages
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def heard(payment: Payment, **fields: object) -> GatewayMessage:
    said = callback(payment, **fields)
    if payment.channel == "sandbox":
        return services.receive_callback(channel="sandbox", headers=sandbox.signed(said), body=said)
    return GatewayMessage.objects.create(
        gateway_id=f"{payment.channel}:{payment.pk}",
        channel=payment.channel,
        kind="payment",
        payment=payment,
        amount_fen=payment.amount_fen,
        gateway_no=f"other-{payment.pk}",
    )


def another_payment(story: Story) -> Payment:
    """By another channel, opened before the first one was paid."""
    order = story.order
    assert order.payment_due is not None
    return Payment.objects.create(
        order_id=story.id, channel="other", amount_fen=order.total_fen, due_at=order.payment_due
    )


def _booked(message: GatewayMessage) -> int | None:
    try:
        return services.record_payment(message_id=message.pk).refund_id
    finally:
        connections.close_all()


def test_it_is_booked_with_the_gateways_number() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    message = paid_at_gateway(payment)
    recorded = services.record_payment(message_id=message.pk)
    assert recorded == (story.id, None, Payment.ORDER)
    payment.refresh_from_db()
    message.refresh_from_db()
    assert (payment.state, payment.gateway_no) == (Payment.PAID, message.gateway_no)
    assert payment.paid_at is not None
    assert message.handled_at is not None
    assert (balance(Account.CASH), balance(Account.IN_TRANSIT)) == (10_900, -10_900)


@pytest.mark.parametrize("amount", [0, 1, 10_899, 10_901, 21_800])
def test_another_amount_is_not_booked(amount: int) -> None:
    payment = Story.in_town().open_payment()
    message = heard(payment, amount_fen=amount)
    with pytest.raises(DoorbellError, match="amount_mismatch"):
        services.record_payment(message_id=message.pk)
    payment.refresh_from_db()
    assert payment.state == Payment.OPEN
    assert not Journal.objects.exists()


def test_another_amount_is_told_once_and_not_again_every_few_seconds() -> None:
    payment = Story.in_town().open_payment()
    message = heard(payment, amount_fen=1)
    GatewayMessage.objects.update(received_at=payment.created_at.replace(year=2025))
    assert len(unhandled_messages()) == 1
    for _ in range(2):
        with pytest.raises(DoorbellError, match="amount_mismatch"):
            services.record_payment(message_id=message.pk)
    assert unhandled_messages() == []


def test_the_right_amount_after_a_wrong_one_is_booked() -> None:
    payment = Story.in_town().open_payment()
    wrong, right = heard(payment, event_id="1", amount_fen=1), heard(payment, event_id="2")
    with pytest.raises(DoorbellError, match="amount_mismatch"):
        services.record_payment(message_id=wrong.pk)
    services.record_payment(message_id=right.pk)
    assert balance(Account.CASH) == 10_900


@pytest.mark.parametrize("how", ["lapsed", "cancelled"])
def test_money_that_came_too_late_goes_back_whole(how: str) -> None:
    story = Story.in_town()
    payment = story.open_payment()
    if how == "lapsed":
        story.step(Move.PAYMENT_LAPSED)
    else:
        story.cancel()
    message = paid_at_gateway(payment)  # the cashier was still open
    recorded = services.record_payment(message_id=message.pk)
    refund = Refund.objects.get()
    assert (recorded.refund_id, refund.amount_fen, refund.payment) == (refund.pk, 10_900, payment)
    assert refund.key == f"payment:{payment.pk}:late"
    assert balance(Account.IN_TRANSIT) == 0
    assert balance(Account.REFUNDS_PAYABLE) == -10_900
    assert story.order.phase == Phase.CANCELLED
    assert unbalanced_journals() == []


def test_late_money_does_not_bring_the_order_back() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    story.step(Move.PAYMENT_LAPSED)
    services.record_payment(message_id=paid_at_gateway(payment).pk)
    assert services.paid_payment(order_id=story.id) is None
    assert not story.step(Move.PAID).outcome.done
    refund = Refund.objects.get()
    assert not story.step(Move.REFUNDED, reference=refund.pk).outcome.done  # not a refund of this order's


def test_late_money_goes_back_once_however_often_it_is_told() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    story.cancel()
    message = paid_at_gateway(payment)
    results = {services.record_payment(message_id=message.pk) for _ in range(3)}
    results.add(services.record_payment(message_id=heard(payment, event_id="again").pk))
    assert len(results) == 1
    assert Refund.objects.count() == 1
    assert Journal.objects.count() == 2


def test_money_for_the_same_order_twice_pays_once_and_goes_back_once() -> None:
    """Two channels would be two payments: the second is closed by the first, and its money is late."""
    story = Story.in_town()
    first = story.open_payment()
    services.record_payment(message_id=paid_at_gateway(first).pk)
    story.step(Move.PAID)
    second = Payment.objects.create(
        order_id=story.id, channel="sandbox", amount_fen=10_900, state=Payment.CLOSED, due_at=first.due_at
    )
    assert services.record_payment(message_id=heard(second).pk).refund_id is not None
    assert services.paid_payment(order_id=story.id) == first
    assert (balance(Account.CASH), balance(Account.IN_TRANSIT)) == (21_800, -10_900)


def test_a_second_payment_that_is_still_open_when_its_money_comes_goes_back_too() -> None:
    """The order's actor stands still: nothing has closed the second one."""
    story = Story.in_town()
    first, second = story.open_payment(), another_payment(story)
    services.record_payment(message_id=paid_at_gateway(first).pk)
    recorded = services.record_payment(message_id=heard(second).pk)
    refund = Refund.objects.get()
    assert (recorded.refund_id, refund.payment, refund.amount_fen) == (refund.pk, second, 10_900)
    assert services.paid_payment(order_id=story.id) == first
    story.step(Move.PAID)
    story.cancel()
    assert sorted(Refund.objects.values_list("payment_id", flat=True)) == [first.pk, second.pk]
    assert balance(Account.IN_TRANSIT) == 0
    assert unbalanced_journals() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", range(5))
def test_the_money_of_two_payments_at_once_pays_once_and_goes_back_once(time: int) -> None:
    story = Story.in_town()
    messages = [paid_at_gateway(story.open_payment()), heard(another_payment(story))]
    waiting = iter(messages)
    recorded = at_once(2, lambda: services.record_payment(message_id=next(waiting).pk))
    assert sorted(one.refund_id is None for one in recorded) == [False, True]
    assert (balance(Account.IN_TRANSIT), balance(Account.REFUNDS_PAYABLE)) == (-10_900, -10_900)


@pytest.mark.django_db(transaction=True)
def test_the_second_money_waits_for_the_first_to_be_booked() -> None:
    """However slow the first one's transaction is: the second finds the order paid."""
    story = Story.in_town()
    first, second = story.open_payment(), another_payment(story)
    messages = {first.pk: paid_at_gateway(first), second.pk: heard(second)}
    refunds: list[int | None] = []
    booking = threading.Thread(target=lambda: refunds.append(_booked(messages[second.pk])))
    with hub.atomic():
        services.record_payment(message_id=messages[first.pk].pk)
        booking.start()
        booking.join(0.5)
        assert booking.is_alive()
    booking.join(10)
    assert refunds == [Refund.objects.get(payment=second).pk]


def test_what_no_workflow_has_booked_is_found_again() -> None:
    payment = Story.in_town().open_payment()
    message = paid_at_gateway(payment)
    assert unhandled_messages() == []  # it has just come
    GatewayMessage.objects.update(received_at=payment.created_at.replace(year=2025))
    assert unhandled_messages() == [(message.pk, start_of(payment))]
    services.record_payment(message_id=message.pk)
    assert unhandled_messages() == []


@pytest.mark.django_db(transaction=True)
def test_the_money_and_the_end_of_the_time_to_pay_at_once_end_in_one_of_two_ways() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    message = paid_at_gateway(payment)
    turns = iter(["money", "time"])

    def race() -> None:
        if next(turns) == "money":
            services.record_payment(message_id=message.pk)
        else:
            story.step(Move.PAYMENT_LAPSED)

    at_once(2, race)
    phase, refunds = story.order.phase, Refund.objects.count()
    assert (phase, refunds) in {(Phase.DISPATCHING, 0), (Phase.CANCELLED, 1)}
    owed = balance(Account.REFUNDS_PAYABLE) + balance(Account.IN_TRANSIT)
    assert owed == -10_900
    assert unbalanced_journals() == []


def test_booking_moves_no_order_that_is_its_actors_step() -> None:
    story = Story.in_town()
    services.record_payment(message_id=paid_at_gateway(story.open_payment()).pk)
    assert story.order.phase == Phase.AWAITING_PAYMENT
