"""The sandbox's cashier, where customers of the demo pay."""

from typing import Any

import pytest

from tests.web.orders.story import Story
from tests.web.people import Api, body_of, make_customer, make_staff, refusal
from web.errors import DoorbellError
from web.orders import services as orders
from web.payments import sandbox
from web.payments.gateways import GATEWAYS, gateway_for, payment_number, refund_number
from web.payments.models import GatewayMessage, Payment, SandboxTrade
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


def pay(story: Story, payment: Payment) -> Any:
    return Api(story.order.customer).post(f"/sandbox/payments/{payment.pk}/pay")


def test_paying_is_heard_by_the_gateways_own_message() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    assert body_of(pay(story, payment)) == {"payment_id": payment.pk}
    message = GatewayMessage.objects.get()
    assert (message.payment, message.amount_fen) == (payment, payment.amount_fen)
    assert SandboxTrade.objects.get().state == "paid"


def test_paying_twice_is_paying_once() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    assert pay(story, payment).status_code == pay(story, payment).status_code == 200
    assert GatewayMessage.objects.count() == 1


def test_a_trade_that_is_not_open_yet_cannot_be_paid() -> None:
    story = Story.in_town()
    payment = orders.request_payment(order=story.order, channel="sandbox")
    assert refusal(pay(story, payment)) == (409, "not_payable")


def test_a_closed_trade_cannot_be_paid() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    assert sandbox.close_trade(out_number=payment_number(payment.pk))
    assert refusal(pay(story, payment)) == (409, "not_payable")
    assert not GatewayMessage.objects.exists()


def test_a_paid_trade_cannot_be_closed() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    pay(story, payment)
    assert not sandbox.close_trade(out_number=payment_number(payment.pk))


def test_somebody_elses_payment_is_not_found() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    assert refusal(Api(make_customer()).post(f"/sandbox/payments/{payment.pk}/pay")) == (404, "not_found")
    assert refusal(Api(make_staff()).post(f"/sandbox/payments/{payment.pk}/pay")) == (403, "forbidden")
    assert SandboxTrade.objects.get().state == "open"


def test_without_the_sandbox_there_is_no_cashier(settings: Any) -> None:
    story = Story.in_town()
    payment = story.open_payment()
    settings.PAYMENT_SANDBOX = False
    assert refusal(pay(story, payment)) == (404, "not_found")


def test_the_cashier_is_open_after_the_order_has_closed_and_the_money_is_late() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    story.step(Move.PAYMENT_LAPSED)
    assert pay(story, payment).status_code == 200


def refund(payment: Payment, **changed: Any) -> str:
    number = payment_number(payment.pk)
    said: dict[str, Any] = {
        "out_number": number,
        "out_refund_number": refund_number(1),
        "total_fen": 10_900,
        "refund_fen": 900,
    }
    return gateway_for("sandbox").refund(**(said | changed))


def test_every_call_of_the_gateway_may_be_repeated() -> None:
    gateway, payment = gateway_for("sandbox"), Story.in_town().open_payment()
    number = payment_number(payment.pk)
    assert gateway.open(out_number=number, amount_fen=10_900) == gateway.open(out_number=number, amount_fen=10_900)
    sandbox.pay_at_cashier(out_number=number)
    assert refund(payment) == refund(payment)
    assert SandboxTrade.objects.count() == 2


@pytest.mark.parametrize("wrong", [{"out_number": "P0"}, {"total_fen": 10_901}, {"refund_fen": 10_901}])
def test_no_money_goes_back_but_of_the_payment_that_brought_it(wrong: dict[str, Any]) -> None:
    payment = Story.in_town().open_payment()
    sandbox.pay_at_cashier(out_number=payment_number(payment.pk))
    with pytest.raises(sandbox.Declined):
        refund(payment, **wrong)


def test_what_was_not_paid_or_is_held_does_not_go_back() -> None:
    payment = Story.in_town().open_payment()
    with pytest.raises(sandbox.Declined):
        refund(payment)
    number = payment_number(payment.pk)
    sandbox.pay_at_cashier(out_number=number)
    sandbox.hold(out_number=number)
    sandbox.pay_at_cashier(out_number=number)  # paying again does not release it
    with pytest.raises(sandbox.Declined):
        refund(payment)
    assert not sandbox.close_trade(out_number=number)
    sandbox.release(out_number=number)
    assert refund(payment)


def test_a_channel_that_we_do_not_have_is_refused() -> None:
    with pytest.raises(DoorbellError, match="invalid_request") as refused:
        gateway_for("cash")
    assert refused.value.details == {"channel": sorted(GATEWAYS)}
