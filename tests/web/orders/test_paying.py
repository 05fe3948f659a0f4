"""Paid, or not in time."""

from datetime import timedelta

import pytest
from django.utils import timezone
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.web.orders.story import Story, paid_at_gateway, refused
from tests.web.people import Api, body_of, make_customer, refusal
from tests.world.fiction import rewrite
from web.orders import services
from web.payments import services as payments
from web.payments.models import Payment
from web.scheduling.models import Reservation
from workflows import client
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def kept(story: Story) -> Reservation | None:
    return Reservation.objects.filter(order_id=story.id, active=True).first()


def test_the_hold_stays_and_the_order_looks_for_a_worker() -> None:
    story = Story.in_town()
    held = kept(story)
    assert held is not None
    story.pay()
    order = story.order
    assert order.phase == Phase.DISPATCHING
    assert order.paid_at == Payment.objects.get().paid_at
    assert kept(story) == held


def test_without_money_it_is_not_paid() -> None:
    story = Story.in_town()
    story.open_payment()
    assert refused(story.step(Move.PAID)) == "not_allowed"
    assert Payment.objects.get().state == Payment.OPEN


def test_when_the_time_to_pay_is_over_the_order_closes_and_the_slot_is_free() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    assert story.step(Move.PAYMENT_LAPSED).outcome.phase == Phase.CANCELLED
    order = story.order
    assert (order.cancelled_by, order.cancel_reason, order.cancel_fee_fen) == ("system", "unpaid", 0)
    assert kept(story) is None
    payment.refresh_from_db()
    assert payment.state == Payment.CLOSED
    Story.placed(make_customer(), order.service)


def test_money_that_came_just_in_time_wins() -> None:
    story = Story.in_town()
    message = paid_at_gateway(story.open_payment())
    payments.record_payment(message_id=message.pk)
    assert story.step(Move.PAYMENT_LAPSED).outcome.phase == Phase.DISPATCHING
    assert story.types == ["placed", "paid"]
    assert kept(story) is not None


def test_an_order_that_was_never_paid_can_be_cancelled_for_nothing() -> None:
    story = Story.in_town()
    payment = story.open_payment()
    story.cancel()
    payment.refresh_from_db()
    assert payment.state == Payment.CLOSED
    assert story.order.refund_fen == 0
    assert kept(story) is None


def test_asking_again_opens_the_same_payment() -> None:
    story = Story.in_town()
    first, again = (services.request_payment(order=story.order, channel="sandbox") for _ in range(2))
    assert first == again
    assert (first.amount_fen, first.due_at) == (story.order.total_fen, story.order.payment_due)


def test_paying_again_is_refused_once_the_money_is_there_though_the_actor_stands_still() -> None:
    story = Story.in_town()
    payments.record_payment(message_id=paid_at_gateway(story.open_payment()).pk)
    assert story.order.phase == Phase.AWAITING_PAYMENT
    answer = Api(story.order.customer).post(f"/orders/{story.id}/pay", {"channel": "sandbox"})
    assert refusal(answer) == (409, "not_payable")
    assert Payment.objects.count() == 1


def test_the_answer_has_what_the_cashier_needs_and_says_that_the_gateway_is_slow() -> None:
    story = Story.in_town()
    answer = body_of(Api(story.order.customer).post(f"/orders/{story.id}/pay", {"channel": "sandbox"}))
    payment = Payment.objects.get()
    assert answer["payment_id"] == payment.pk
    assert answer["amount_fen"] == 10_900
    assert answer["gateway_no"] is None  # Temporal is away


def test_a_payments_workflow_that_ends_while_it_is_asked_says_that_the_gateway_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Ending:
        async def execute_update_with_start_workflow(self, *_: object, **__: object) -> None:
            raise WorkflowUpdateFailedError(ApplicationError("", type="AcceptedUpdateCompletedWorkflow"))

    async def connected() -> Ending:
        return Ending()

    story = Story.in_town()
    monkeypatch.setattr(client, "connect", connected)
    answer = Api(story.order.customer).post(f"/orders/{story.id}/pay", {"channel": "sandbox"})
    assert body_of(answer)["gateway_no"] is None


def test_a_channel_that_we_do_not_have_is_refused() -> None:
    story = Story.in_town()
    answer = Api(story.order.customer).post(f"/orders/{story.id}/pay", {"channel": "cash"})
    assert refusal(answer) == (422, "invalid_request")


@pytest.mark.parametrize("move", ["pay", "lapse", "cancel"])
def test_an_order_that_waits_for_no_money_takes_none(move: str) -> None:
    story = Story.in_town()
    if move == "pay":
        story.pay()
    elif move == "lapse":
        story.step(Move.PAYMENT_LAPSED)
    else:
        story.cancel()
    answer = Api(story.order.customer).post(f"/orders/{story.id}/pay", {"channel": "sandbox"})
    assert refusal(answer) == (409, "not_payable")


def test_somebody_elses_order_cannot_be_paid() -> None:
    story = Story.in_town()
    answer = Api(make_customer()).post(f"/orders/{story.id}/pay", {"channel": "sandbox"})
    assert refusal(answer) == (404, "not_found")
    assert not Payment.objects.exists()


def test_the_time_to_pay_is_the_orders_own() -> None:
    story = Story.in_town()
    due = timezone.now() + timedelta(seconds=5)
    rewrite(story.id, payment_due=due)
    assert story.open_payment().due_at == due
