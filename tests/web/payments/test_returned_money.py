"""Money that is not the order's goes back, and its owner reads so: that it does, that it takes longer, that it has."""

import pytest

from tests.web.orders.story import Story, paid_at_gateway
from tests.web.payments.books import callback
from tests.web.people import Api, body_of, make_staff
from web.notifications.models import Message
from web.orders import services as orders
from web.payments import sandbox, services
from web.payments.gateways import payment_number
from web.payments.models import GatewayMessage, Payment, Refund
from workflows.activities import payments as activities
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


def told_of_money(story: Story) -> list[str]:
    """What the customer read of money that goes back, and how much: (title, body's end)."""
    mine = Message.objects.filter(user=story.order.customer, kind="refund", order_id=story.id)
    return [
        f"{title}：{body.rpartition('。')[0].rpartition('。')[2]}"
        for title, body in mine.values_list("title", "body").order_by("pk")
    ]


def late(story: Story) -> Refund:
    """Its payment was open, the order is over, and then its money came."""
    payment = Payment.objects.get(order_id=story.id)
    activities.record_payment(paid_at_gateway(payment).pk)
    return Refund.objects.get()


GOES_BACK = "付款太迟，将退回：付款到账时已超过支付时限或订单已关闭，¥109.00将原路退回"
IS_BACK = "退款成功：¥109.00已原路退回"


@pytest.mark.parametrize("how", ["lapsed", "cancelled", "closed"])
def test_late_money_is_told_when_it_goes_and_when_it_is_back(how: str) -> None:
    story = Story.in_town()
    story.open_payment()
    story.step(Move.PAYMENT_LAPSED) if how == "lapsed" else story.cancel()
    if how == "closed":
        story.close()
    refund = late(story)
    assert told_of_money(story) == [GOES_BACK]
    activities.record_refund(refund.pk, "SB-1")
    activities.record_refund(refund.pk, "SB-1")
    assert told_of_money(story) == [GOES_BACK, IS_BACK]


def test_it_is_told_once_however_often_the_gateway_says_it() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    story.cancel()
    message = paid_at_gateway(payment)
    for _ in range(3):
        services.record_payment(message_id=message.pk)
    assert told_of_money(story) == [GOES_BACK]


def test_late_money_that_its_gateway_does_not_take_back_is_told_once() -> None:
    story = Story.in_town()
    story.open_payment()
    story.cancel()
    refund = late(story)
    activities.park_refund(refund.pk)
    activities.park_refund(refund.pk)
    assert told_of_money(story)[1:] == ["退款处理中：¥109.00的退款遇到延迟，平台正在跟进"]


def test_money_for_the_same_twice_is_called_so() -> None:
    story = Story.in_town().pay()
    first = Payment.objects.get(order_id=story.id)
    second = Payment.objects.create(
        order_id=story.id, channel="sandbox", amount_fen=10_900, state=Payment.CLOSED, due_at=first.due_at
    )
    said = callback(second)
    message: GatewayMessage = services.receive_callback(channel="sandbox", headers=sandbox.signed(said), body=said)
    services.record_payment(message_id=message.pk)
    assert told_of_money(story) == ["重复付款，将退回：该项此前已支付，重复支付的¥109.00将原路退回"]


def test_a_tip_that_comes_after_the_end_is_told() -> None:
    story = Story.in_town().settled()
    story.ask(story.order.customer, Move.TIP, amount_fen=500)
    payment = orders.request_tip_payment(order=story.order, channel="sandbox")
    sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=500)
    story.close()
    services.record_payment(message_id=paid_at_gateway(payment).pk)
    assert told_of_money(story) == [GOES_BACK.replace("109", "5")]


def test_a_refund_of_the_orders_own_is_told_by_the_order_alone() -> None:
    story = Story.in_town().pay().cancel()
    told = told_of_money(story)
    for refund_id in story.refunds:
        activities.record_refund(refund_id, "SB-1")
    assert told_of_money(story) == told
    story.step(Move.REFUNDED, reference=story.refunds[0] if story.refunds else Refund.objects.get().pk)
    assert len(told_of_money(story)) == len(told) + 1


def test_the_order_shows_it_to_its_customer_and_to_staff() -> None:
    story = Story.in_town()
    story.open_payment()
    story.cancel().close()
    refund = late(story)
    for reader in (story.order.customer, make_staff()):
        (one,) = body_of(Api(reader).get(f"/orders/{story.id}"))["returned"]
        assert (one["purpose"], one["amount_fen"], one["done_at"]) == ("order", 10_900, None)
    activities.record_refund(refund.pk, "SB-1")
    assert body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["returned"][0]["done_at"]


def test_its_worker_sees_nothing_of_it() -> None:
    story = Story.in_town().accepted()
    assert body_of(Api(story.worker).get(f"/orders/{story.id}"))["returned"] is None
