"""Money and endings: paid, not paid, cancelled, confirmed, settled, refunded, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from web.ledger import services as ledger
from web.money import share
from web.orders.cancelling import Terms, terms_at
from web.orders.models import Offer
from web.orders.services.alarms import clear_alarms
from web.orders.services.change import Change, Refused, Step
from web.orders.services.offers import close_offers, publish_closed
from web.orders.services.stuck_money import alarm_stuck_money
from web.orders.slots import release_slot
from web.payments import services as payments
from workflows.transitions import Phase

if TYPE_CHECKING:
    from web.payments.models import Payment


def paid(step: Step) -> Change:
    """The money is there: other open payments close."""
    payment = payments.close_payments(order_id=step.order.pk)
    if payment is None:
        raise Refused("not_allowed")
    return Change("paid", columns={"paid_at": payment.paid_at}, data={"channel": payment.channel})


def payment_lapsed(step: Step) -> Change:
    """The time to pay is over: the order closes and the slot is free. Money that came just in time wins."""
    if payments.close_payments(order_id=step.order.pk):
        change = paid(step)
        change.next = Phase.DISPATCHING
        return change
    release_slot(step.order)
    return Change("payment_lapsed", columns={"cancelled_by": "system", "cancel_reason": "unpaid"})


def cancel(step: Step) -> Change:
    """The customer cancels; the frozen policy says what it costs, judged by how things stood when he asked."""
    order, payment = step.order, payments.close_payments(order_id=step.order.pk)
    terms = terms_at(order, asked_at=step.command.received_at, paid=payment is not None)
    fee = terms.fee_fen
    withdrawn = close_offers(step, Offer.WITHDRAWN)
    release_slot(order)
    clear_alarms(order)
    reason = str(step.command.choice.get("reason", ""))
    columns: dict[str, Any] = {"cancelled_by": step.role.value, "cancel_reason": reason, "cancel_fee_fen": fee}
    if payment:
        columns |= {"paid_at": payment.paid_at} | _give_back(step, payment, terms)
    return Change(
        "cancelled",
        columns=columns,
        data={"fee_fen": fee, "reason": reason},
        also_workers=tuple(offer.worker_id for offer in withdrawn),
        afterwards=lambda changed: publish_closed(withdrawn),
    )


def confirm(step: Step) -> Change:
    """The customer, or his silence, says that the work is done."""
    columns = {"review_until": step.after(step.policies.completion.review_s)}
    return Change("completed", columns=columns, data={"by_silence": step.request.command is None})


def settle(step: Step) -> Change:
    """The money in transit becomes the worker's earning and the platform's commission."""
    order = step.order
    if order.worker_id is None:
        raise RuntimeError(f"{order} is completed and has no worker")
    commission, _ = share(order.total_fen, step.policies.commission.platform_bp)
    ledger.post_settlement(
        order_id=order.pk, worker_id=order.worker_id, total_fen=order.total_fen, commission_fen=commission
    )
    return Change("settled", columns={"settled_at": step.now})


def park(step: Step) -> Change:
    """The gateway does not take the refund: a person must look, while it is tried on."""
    if step.request.reference != step.order.refund_id or step.order.refunded_at:
        raise Refused("not_allowed")
    return Change(
        "refund_parked",
        columns={"needs_ops": True},
        afterwards=lambda order: alarm_stuck_money(order_id=order.pk),
    )


def refunded(step: Step) -> Change:
    """The gateway has given the customer's money back."""
    # Money that came too late has a refund of its own, which is not this order's.
    if step.request.reference != step.order.refund_id:
        raise Refused("not_allowed")
    return Change(
        "refunded",
        columns={"refunded_at": step.now, "needs_ops": False},
        afterwards=lambda order: alarm_stuck_money(order_id=order.pk),
    )


def close(step: Step) -> Change:
    """Nothing more can be asked of this order."""
    clear_alarms(step.order)
    return Change("closed", columns={"ended_at": step.now})


def _give_back(step: Step, payment: Payment, terms: Terms) -> dict[str, Any]:
    order, fee_fen = step.order, terms.fee_fen
    worker_part, _ = share(fee_fen, step.policies.cancellation.worker_share_bp)
    ledger.post_cancellation(
        order_id=order.pk,
        worker_id=terms.worker_id,
        total_fen=order.total_fen,
        fee_fen=fee_fen,
        worker_part_fen=worker_part,
    )
    back = order.total_fen - fee_fen
    if back == 0:
        return {}
    return {"refund_id": payments.create_refund(payment=payment, amount_fen=back, key=f"order:{order.pk}:cancel").pk}
