"""Money that does not move by itself is on the board until it does, also when the order has ended long ago."""

import pytest

from tests.web.crowd import at_once
from tests.web.orders.story import Story, heard, paid_at_gateway
from tests.web.payments.books import callback
from tests.web.people import Api, body_of, make_staff
from web.errors import DoorbellError
from web.orders import services as orders
from web.orders.models import Alarm
from web.orders.services import close_alarm
from web.payments import sandbox, services
from web.payments.gateways import Contradiction, payment_number
from web.payments.models import GatewayMessage, Payment, Refund
from workflows.activities import payments as activities
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


def ended_with_late_money() -> tuple[Story, Refund]:
    """Cancelled unpaid, closed, and paid after that."""
    story = Story.in_town()
    payment = story.open_payment()
    story.cancel().close()
    activities.record_payment(paid_at_gateway(payment).pk)
    return story, Refund.objects.get()


def alarms(story: Story) -> list[str]:
    """What is open."""
    return list(story.order.alarms.filter(cleared_at=None).values_list("kind", flat=True))


def told(story: Story) -> list[str]:
    """What the board heard of alarms."""
    events = heard(f"board:{story.order.city}")
    return [event.type for event in events if event.type.startswith("alarm.")]


def wrong_amount(payment: Payment) -> GatewayMessage:
    body = callback(payment, event_id="wrong", amount_fen=1)
    return services.receive_callback(channel="sandbox", headers=sandbox.signed(body), body=body)


def test_a_late_payments_refund_that_parks_is_shown_though_the_order_has_ended() -> None:
    story, refund = ended_with_late_money()
    assert alarms(story) == []
    assert activities.park_refund(refund.pk) == story.id
    assert alarms(story) == [Alarm.NEEDS_OPS]
    activities.park_refund(refund.pk)
    assert told(story) == ["alarm.raised"]
    activities.record_refund(refund.pk, "SB-1")
    assert alarms(story) == []
    assert told(story) == ["alarm.raised", "alarm.cleared"]


@pytest.mark.parametrize("ended", [False, True])
def test_another_amount_is_shown_until_the_right_one_is_booked(ended: bool) -> None:
    story = Story.in_town()
    payment = story.open_payment()
    if ended:
        story.cancel().close()
    news = activities.record_payment(wrong_amount(payment).pk)
    assert (news.order_id, news.code) == (story.id, "amount_mismatch")
    assert alarms(story) == [Alarm.NEEDS_OPS]
    activities.record_payment(paid_at_gateway(payment).pk)
    assert alarms(story) == []


def test_what_becomes_of_the_visit_clears_no_alarm_about_money() -> None:
    story = Story.in_town()
    activities.record_payment(wrong_amount(story.open_payment()).pk)
    story.cancel().close()
    assert alarms(story) == [Alarm.NEEDS_OPS]


def test_the_orders_own_step_raises_no_second_alarm_and_clears_no_others() -> None:
    story = Story.in_town()
    late = Payment.objects.create(
        order_id=story.id, channel="other", amount_fen=10_900, state=Payment.CLOSED, due_at=story.order.placed_at
    )
    late_refund = services.create_refund(payment=late, amount_fen=10_900, key=f"payment:{late.pk}:late")
    story.pay().cancel()
    [refund_id] = story.refunds
    activities.park_refund(refund_id)
    assert story.step(Move.PARK, reference=refund_id).outcome.done
    assert told(story) == ["alarm.raised"]
    activities.park_refund(late_refund.pk)
    activities.record_refund(refund_id, "SB-1")
    assert story.step(Move.REFUNDED, reference=refund_id).outcome.done
    story.close()
    assert alarms(story) == [Alarm.NEEDS_OPS]
    activities.record_refund(late_refund.pk, "SB-2")
    assert told(story) == ["alarm.raised", "alarm.cleared"]


def test_a_refund_that_was_done_meanwhile_is_not_shown_by_a_step_that_comes_late() -> None:
    story = Story.in_town().pay().cancel()
    [refund_id] = story.refunds
    activities.park_refund(refund_id)
    activities.record_refund(refund_id, "SB-1")
    assert story.step(Move.PARK, reference=refund_id).outcome.done
    assert alarms(story) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", range(3))
def test_one_that_parks_and_one_that_is_done_at_once_leave_the_alarm(time: int) -> None:
    story = Story.in_town().accepted().depart().cancel()
    first = Refund.objects.get()
    second = services.create_refund(payment=first.payment, amount_fen=1, key="another")
    activities.park_refund(first.pk)
    turns = iter(["done", "parks"])

    def change() -> None:
        if next(turns) == "done":
            activities.record_refund(first.pk, "SB-1")
        else:
            activities.park_refund(second.pk)

    at_once(2, change)
    assert alarms(story) == [Alarm.NEEDS_OPS]


@pytest.mark.django_db(transaction=True)
def test_called_by_many_at_once_it_is_one_alarm() -> None:
    story = Story.in_town().pay().cancel()
    services.park_refund(refund_id=Refund.objects.get().pk)
    at_once(5, lambda: orders.alarm_stuck_money(order_id=story.id))
    assert told(story) == ["alarm.raised"]


def test_what_was_paid_while_the_gateways_message_got_lost_is_asked_for() -> None:
    payment = Story.in_town().open_payment()
    sandbox.pay_at_cashier(out_number=payment_number(payment.pk))
    message_id = activities.close_at_gateway(payment.pk)
    message = GatewayMessage.objects.get()
    assert (message_id, message.payment, message.amount_fen) == (message.pk, payment, payment.amount_fen)
    assert paid_at_gateway(payment) == message  # the lost one, found again


def test_a_trade_that_was_not_paid_is_closed_and_nothing_is_in_the_inbox() -> None:
    payment = Story.in_town().open_payment()
    assert activities.close_at_gateway(payment.pk) is None
    assert not GatewayMessage.objects.exists()


def test_a_gateway_that_contradicts_itself_about_a_payment_is_on_the_board_until_it_agrees() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    number = payment_number(payment.pk)
    sandbox.pay_at_cashier(out_number=number)
    sandbox.misbehave(out_number=number, mood=sandbox.FORGETS)
    with pytest.raises(Contradiction):
        activities.close_at_gateway(payment.pk)
    assert not GatewayMessage.objects.exists()
    for _ in range(2):
        activities.park_payment(payment.pk)
    assert (alarms(story), told(story)) == ([Alarm.NEEDS_OPS], ["alarm.raised"])
    sandbox.behave(out_number=number)
    message_id = activities.close_at_gateway(payment.pk)
    assert message_id is not None
    activities.record_payment(message_id)
    assert alarms(story) == []
    payment.refresh_from_db()
    assert (payment.state, payment.needs_ops) == (Payment.PAID, False)


def test_a_gateway_that_was_away_and_closes_it_after_all_needs_nobody() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    sandbox.misbehave(out_number=payment_number(payment.pk), mood=sandbox.DOWN)
    with pytest.raises(ConnectionError):
        activities.close_at_gateway(payment.pk)
    activities.park_payment(payment.pk)
    sandbox.behave(out_number=payment_number(payment.pk))
    assert activities.close_at_gateway(payment.pk) is None
    assert alarms(story) == []


def test_one_that_names_another_amount_then_is_for_people_to_close() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    activities.park_payment(payment.pk)
    [alarm] = story.order.alarms.filter(cleared_at=None)
    with pytest.raises(DoorbellError, match="alarm_stands"):
        close_alarm(staff=make_staff(), alarm_id=alarm.pk, note="不管了")
    activities.record_payment(wrong_amount(payment).pk)
    assert alarms(story) == [Alarm.NEEDS_OPS]
    close_alarm(staff=make_staff(), alarm_id=alarm.pk, note="已联系用户")
    assert alarms(story) == []


def test_staff_read_which_money_is_stuck_and_nobody_else() -> None:
    story = Story.in_town().pay().cancel()
    [refund_id] = story.refunds
    services.park_refund(refund_id=refund_id)
    staff = Api(make_staff(city="hangzhou"))
    [stuck] = body_of(staff.get(f"/orders/{story.id}"))["stuck_money"]
    assert (stuck["what"], stuck["id"], stuck["amount_fen"]) == ("refund", refund_id, Payment.objects.get().amount_fen)
    assert body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["stuck_money"] is None
