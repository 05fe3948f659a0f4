"""Money and endings: paid, not paid, cancelled, confirmed, settled, refunded, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from web.ledger import services as ledger
from web.marketing import services as marketing
from web.money import share
from web.orders import freezing
from web.orders.after_sales import is_being_claimed
from web.orders.cancelling import terms_at
from web.orders.reworks import rework_pay_fen
from web.orders.services.alarms import clear_alarms
from web.orders.services.change import Change, NotYet, Refused, Step
from web.orders.services.ending import Split, end, is_paid
from web.orders.services.refunding import left_fen, price_fen, return_points
from web.orders.services.stuck_money import alarm_stuck_money
from web.orders.services.tipping import end_tips
from web.orders.sharing import shares_of
from web.orders.slots import release_slot
from web.payments import selectors as payments_now
from web.payments import services as payments
from workflows.transitions import Phase

if TYPE_CHECKING:
    from web.orders.models import Order


def paid(step: Step) -> Change:
    """The money is there: other open payments close."""
    payment = payments.close_payments(order_id=step.order.pk)
    if payment is None:
        raise Refused("not_allowed")
    if step.order.discount_fen:
        marketing.use(order_id=step.order.pk)
    return Change("paid", columns={"paid_at": payment.paid_at}, data={"channel": payment.channel})


def payment_lapsed(step: Step) -> Change:
    """The time to pay is over: the order closes and the slot is free. Money that came just in time wins."""
    if payments.close_payments(order_id=step.order.pk):
        change = paid(step)
        change.next = Phase.DISPATCHING
        return change
    release_slot(step.order)
    return_points(step.order, kept_fen=0)
    columns: dict[str, Any] = {"cancelled_by": "system", "cancel_reason": "unpaid"}
    if step.order.discount_fen:
        marketing.give_back(order_id=step.order.pk)
        columns |= {"discount_fen": 0, "discount_worker_fen": 0}
    return Change("payment_lapsed", columns=columns)


def cancel(step: Step) -> Change:
    """The customer cancels; the frozen policy says what it costs, judged by how things stood when he asked."""
    order, payment = step.order, payments.close_payments(order_id=step.order.pk)
    terms = terms_at(order, asked_at=step.command.received_at, paid=is_paid(order, payment))
    worker_part, _ = share(terms.fee_fen, step.policies.cancellation.worker_share_bp)
    split = Split(terms.fee_fen, worker_part if terms.worker_id else 0, terms.worker_id)
    return end(step, payment, split, reason=str(step.command.choice.get("reason", "")))


def confirm(step: Step) -> Change:
    """The customer, or his silence, says that the work is done."""
    review_s, window_s = step.policies.completion.review_s, step.policies.warranty.window_s
    warranty_s = review_s if window_s is None else window_s
    columns = {
        "review_until": step.after(max(review_s, warranty_s)),
        "warranty_until": step.after(warranty_s),
    }
    return Change("completed", columns=columns, data={"by_silence": step.request.command is None})


def settle(step: Step) -> Change:
    """The money in transit becomes the worker's earning and the platform's commission, and for a free 返工 the platform
    pays him. Discounts of an order whose money went back, all of it, are used by nobody: then it pays these, too.
    """
    order, terms = step.order, step.policies.commission
    if order.worker_id is None:
        raise RuntimeError(f"{order} is completed and has no worker")
    commission_bp = terms.bp_for() if order.commission_bp is None else order.commission_bp
    price, frozen = price_fen(order), terms.frozen_s > 0
    is_used = not order.discount_fen or left_fen(order) > 0
    by_worker_fen = order.discount_worker_fen if is_used else 0
    shares = shares_of(price, commission_bp, discount_fen=order.discount_fen, by_worker_fen=by_worker_fen)
    given_fen = rework_pay_fen(order, step.policies, worker_id=order.worker_id)
    ledger.post_settlement(
        order_id=order.pk,
        worker_id=order.worker_id,
        total_fen=price,
        commission_fen=shares.commission_fen,
        given_fen=given_fen if is_used else given_fen + shares.coupons_fen,
        coupons_fen=shares.coupons_fen if is_used else 0,
        frozen=frozen,
    )
    if not order.is_free:
        _reward(order, price)
    until = step.after(terms.frozen_s) if frozen else None
    columns = {"settled_at": step.now, "commission_bp": commission_bp, "frozen_until": until}
    if not is_used:
        marketing.give_back(order_id=order.pk)
        columns |= {"discount_fen": 0, "discount_worker_fen": 0}
    elif order.discount_fen:
        # What he cannot bear, because he earns less with it, the platform does.
        columns["discount_worker_fen"] = order.discount_fen - shares.coupons_fen
    return Change("settled", columns=columns)


def _reward(order: Order, price: int) -> None:
    """Its customer gets the points and the coupons that a finished order brings; the points first, as everywhere, or
    two transactions of his could wait for each other.
    """
    marketing.earn_for_order(
        order_id=order.pk,
        customer_id=order.customer_id,
        city=order.city,
        placed_at=order.placed_at,
        paid_fen=left_fen(order),
    )
    marketing.grant_by_rule(user_id=order.customer_id, city=order.city, spent_fen=price, key=f"order:{order.pk}")


def release(step: Step) -> Change:
    """The time that the worker's earning was kept is over: it is his to withdraw."""
    order = step.order
    if not order.is_frozen or order.worker_id is None:
        raise Refused("not_allowed")
    ledger.post_release(order_id=order.pk, worker_id=order.worker_id)
    return Change("released", columns={"released_at": step.now})


def park(step: Step) -> Change:
    """The gateway does not take a refund: a person must look, while it is tried on."""
    refund = payments_now.own_refund(step.order.pk, step.request.reference)
    if refund is None or not step.order.is_refunding:
        raise Refused("not_allowed")
    return Change(
        "refund_parked",
        columns={"needs_ops": payments_now.is_stuck(step.order.pk)},
        data={"refund_id": refund.pk, "amount_fen": refund.amount_fen},
        afterwards=lambda order: alarm_stuck_money(order_id=order.pk),
    )


def refunded(step: Step) -> Change:
    """The gateway has given money of the customer's back: all that is to go back, or a part of it."""
    order = step.order
    refund = payments_now.own_refund(order.pk, step.request.reference)
    if refund is None or not refund.done_at:
        raise Refused("not_allowed")
    back = payments_now.done_refund_fen(order.pk)
    return Change(
        "refunded",
        columns={
            "refunded_fen": back,
            "refunded_at": step.now if back >= order.refund_fen else None,
            "needs_ops": payments_now.is_stuck(order.pk),
        },
        data={"refund_id": refund.pk, "amount_fen": refund.amount_fen},
        afterwards=lambda order: alarm_stuck_money(order_id=order.pk),
    )


def close(step: Step) -> Change:
    """Nothing more can be asked of this order. Not while money of it is still to move, or a 售后 case is open or on its
    way since before the end: somebody must hear how that ends.
    """
    order = step.order
    if not freezing.is_closable(order) or order.open_case_id is not None or is_being_claimed(order):
        raise NotYet
    end_tips(step.order)
    clear_alarms(step.order)
    return Change("closed", columns={"ended_at": step.now})
