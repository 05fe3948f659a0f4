"""The customer cancels: what it costs, who gets it, and what goes back."""

from datetime import timedelta

import pytest

from tests.web.orders.story import Story, fees, paid_at_gateway, refused
from tests.web.people import Api, body_of, make_city, make_customer, make_service, make_worker
from tests.world.fiction import rewrite
from web.ledger.models import Account, Posting
from web.ledger.selectors import balance_of, unbalanced_journals
from web.orders.models import Command, Offer
from web.payments import services as payments
from web.payments.models import Payment, Refund
from web.scheduling.selectors import holder_of
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

TOTAL = 10_900


def needs_ops(story: Story) -> bool:
    return story.order.needs_ops


def owed(kind: str) -> int:
    """The balance of an account of the platform's, credit positive."""
    return -sum(Posting.objects.filter(account__kind=kind).values_list("amount_fen", flat=True))


@pytest.mark.parametrize(
    ("phase", "fee"),
    [("DISPATCHING", 0), ("ACCEPTED", 0), ("EN_ROUTE", 3_000), ("ARRIVED", 3_270)],
)
def test_the_fee_by_phase(phase: str, fee: int) -> None:
    story = Story.in_town().pay()
    if phase != "DISPATCHING":
        story.offer().accept()
    if phase in ("EN_ROUTE", "ARRIVED"):
        story.depart()
    if phase == "ARRIVED":
        story.arrive()
    assert story.order.phase == phase
    story.cancel()
    order = story.order
    assert (order.phase, order.cancel_fee_fen, order.cancelled_by) == (Phase.CANCELLED, fee, "customer")
    refund = Refund.objects.get()
    assert (order.refund_fen, order.refunded_fen, refund.amount_fen) == (TOTAL - fee, 0, TOTAL - fee)
    assert owed(Account.REFUNDS_PAYABLE) == TOTAL - fee
    assert owed(Account.IN_TRANSIT) == 0
    assert unbalanced_journals() == []


def test_the_worker_gets_his_part_of_the_fee_and_the_platform_the_rest() -> None:
    story = Story.in_town().accepted().depart().cancel()
    assert balance_of(story.worker) == 2_400
    assert owed(Account.FEES) == 600


def test_after_the_free_window_an_accepted_order_costs_something() -> None:
    story = Story.in_town().accepted()
    rewrite(story.id, starts_at=story.order.starts_at - timedelta(hours=46, minutes=30))
    before = story.order.starts_at
    command = story.receive(story.order.customer, Move.CANCEL, reason="other")
    Command.objects.filter(pk=command.pk).update(received_at=before - timedelta(hours=1), valid_for_s=2 * 86_400)
    command.refresh_from_db()
    assert story.take(command).outcome.done
    assert story.order.cancel_fee_fen == 1_090


def test_it_is_judged_by_when_it_was_received() -> None:
    story = Story.in_town().accepted()
    command = story.receive(story.order.customer, Move.CANCEL, reason="other")
    late = command.received_at + timedelta(hours=1)
    rewrite(story.id, starts_at=late)  # within the window by now
    asked_at = late - timedelta(hours=2)  # and not when he asked
    Command.objects.filter(pk=command.pk).update(received_at=asked_at, valid_for_s=7200)
    command.refresh_from_db()
    assert story.take(command).outcome.done
    assert story.order.cancel_fee_fen == 0


def preview(story: Story) -> dict[str, int]:
    """What the customer is shown before he taps."""
    shown: dict[str, int] = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["cancellation"]
    return shown


@pytest.fixture
def costly() -> None:
    """Cancelling costs something as soon as anybody has accepted, however far ahead the visit is."""
    make_city()
    fees(ACCEPTED={"share_bp": 2_000})


@pytest.mark.usefixtures("costly")
def test_an_acceptance_that_is_decided_first_does_not_make_it_dearer_than_it_was_shown() -> None:
    story = Story.in_town().pay().offer()
    assert preview(story) == {"fee_fen": 0, "refund_fen": TOTAL}
    command = story.receive(story.order.customer, Move.CANCEL, reason="other")
    story.accept()
    assert preview(story) == {"fee_fen": 2_180, "refund_fen": 8_720}
    assert story.take(command).outcome.done
    assert (story.order.cancel_fee_fen, Refund.objects.get().amount_fen) == (0, TOTAL)
    assert balance_of(story.worker) == 0


@pytest.mark.usefixtures("costly")
def test_who_accepted_after_the_customer_had_asked_gets_no_part_of_the_fee() -> None:
    fees(DISPATCHING={"share_bp": 1_000})
    story = Story.in_town().pay().offer()
    command = story.receive(story.order.customer, Move.CANCEL, reason="other")
    story.accept()
    assert story.take(command).outcome.done
    assert (story.order.cancel_fee_fen, owed(Account.FEES), balance_of(story.worker)) == (1_090, 1_090, 0)


@pytest.mark.usefixtures("costly")
@pytest.mark.parametrize("phase", ["ACCEPTED", "EN_ROUTE"])
def test_it_is_free_while_the_worker_is_late(phase: str) -> None:
    story = Story.in_town().accepted()
    if phase == "EN_ROUTE":
        story.depart()
    assert preview(story)["fee_fen"] > 0
    story.step(Move.LATE_TO_DEPART if phase == "ACCEPTED" else Move.LATE_TO_ARRIVE)
    assert preview(story) == {"fee_fen": 0, "refund_fen": TOTAL}
    story.cancel("worker_late")
    assert story.order.cancel_fee_fen == 0
    assert balance_of(story.worker) == 0


@pytest.mark.usefixtures("costly")
def test_who_was_late_and_has_set_out_is_paid_for_his_way_again() -> None:
    story = Story.in_town().accepted()
    story.step(Move.LATE_TO_DEPART)
    story.depart()
    assert preview(story)["fee_fen"] == 3_000
    story.cancel()
    assert story.order.cancel_fee_fen == 3_000


def test_everything_that_was_under_way_ends() -> None:
    story = Story.in_town().pay().offer()
    offer = story.offered
    story.cancel("wrong_time")
    offer.refresh_from_db()
    assert offer.state == Offer.WITHDRAWN
    assert holder_of(story.id) is None
    assert story.order.cancel_reason == "wrong_time"
    assert story.order.events.get(type="cancelled").data == {"fee_fen": 0, "worker_fen": 0, "reason": "wrong_time"}


def test_alarms_are_cleared() -> None:
    story = Story.in_town().pay().exhaust().cancel()
    assert not story.order.alarms.filter(cleared_at=None).exists()


@pytest.mark.parametrize("phase", ["IN_SERVICE", "AWAITING_CONFIRMATION", "COMPLETED"])
def test_what_has_begun_is_not_cancelled(phase: str) -> None:
    story = Story.in_town().in_service()
    if phase != "IN_SERVICE":
        story.tick_all().finish()
    if phase == "COMPLETED":
        story.confirm()
    assert refused(story.ask(story.order.customer, Move.CANCEL)) == "not_allowed"
    assert not Refund.objects.exists()


def test_cancelling_twice_pays_back_once() -> None:
    story = Story.in_town().pay().cancel()
    assert refused(story.ask(story.order.customer, Move.CANCEL)) == "not_allowed"
    assert Refund.objects.count() == 1


def test_a_fee_of_the_whole_price_leaves_nothing_to_give_back() -> None:
    make_city()
    make_worker(on_duty=True)
    fees(ACCEPTED={"share_bp": 10_000})
    story = Story.placed(make_customer(), make_service()).accepted().cancel()
    order = story.order
    assert (order.cancel_fee_fen, order.refund_fen) == (TOTAL, 0)
    assert not Refund.objects.exists()
    assert owed(Account.REFUNDS_PAYABLE) == 0
    story.close()


def test_a_fee_for_nobodys_way_is_the_platforms() -> None:
    make_city()
    make_worker(on_duty=True)
    fees(DISPATCHING={"share_bp": 1_000})
    Story.placed(make_customer(), make_service()).pay().cancel()
    assert owed(Account.FEES) == 1_090
    assert owed(Account.WORKER_PAYABLE) == 0


def test_the_order_says_when_the_money_is_back() -> None:
    story = Story.in_town().pay().cancel()
    [refund_id] = story.refunds
    assert refused(story.step(Move.REFUNDED, reference=refund_id)) == "not_allowed"  # its gateway has not said so
    assert story.step(Move.CLOSE).conflict
    payments.record_refund(refund_id=refund_id, gateway_no="SB-1")
    assert story.step(Move.REFUNDED, reference=refund_id).outcome.done
    assert story.order.refunded_at is not None
    assert refused(story.step(Move.PARK, reference=refund_id)) == "not_allowed"


def test_a_refund_of_something_else_is_not_this_orders() -> None:
    story = Story.in_town().pay().cancel()
    assert refused(story.step(Move.REFUNDED, reference=10**9)) == "not_allowed"
    assert refused(story.step(Move.PARK, reference=None)) == "not_allowed"


def test_a_parked_refund_alarms_people_until_it_is_done() -> None:
    story = Story.in_town().pay().cancel()
    [refund_id] = story.refunds
    payments.park_refund(refund_id=refund_id)
    assert story.step(Move.PARK, reference=refund_id).outcome.done
    assert needs_ops(story)
    assert [alarm.kind for alarm in story.order.alarms.filter(cleared_at=None)] == ["needs_ops"]
    payments.record_refund(refund_id=refund_id, gateway_no="SB-1")
    assert story.step(Move.REFUNDED, reference=refund_id).outcome.done
    assert not needs_ops(story)
    assert not story.order.alarms.filter(cleared_at=None).exists()


def test_money_that_was_booked_and_not_yet_told_goes_back_too() -> None:
    """The gateway's message was booked a moment before the customer cancelled the unpaid order."""
    story = Story.in_town()
    message = paid_at_gateway(story.open_payment())
    payments.record_payment(message_id=message.pk)
    story.cancel()
    assert Payment.objects.get().state == Payment.PAID
    assert story.order.paid_at is not None
    assert Refund.objects.get().amount_fen == TOTAL
    assert owed(Account.IN_TRANSIT) == 0
