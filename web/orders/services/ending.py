"""An order ends before its work is done: its money is split, its slot free, and everybody is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from web.ledger import services as ledger
from web.marketing import services as marketing
from web.money import share
from web.notifications.concerns import Reader
from web.orders.models import Offer
from web.orders.services import supplements
from web.orders.services.alarms import clear_alarms
from web.orders.services.change import Change, Refused, Step
from web.orders.services.compensating import compensate_customer, compensate_worker
from web.orders.services.offers import close_offers, publish_closed
from web.orders.services.refunding import left_fen, price_fen, promise_back, return_points
from web.orders.slots import release_slot
from web.orders.telling import tell
from web.payments import services as payments
from workflows.transitions import Phase

if TYPE_CHECKING:
    from web.orders.models import Order
    from web.payments.models import Payment

WHOLE_BP = 10_000


@dataclass(frozen=True)
class Split:
    """What becomes of a paid order's total, in fen: kept_fen is not given back, worker_fen of it goes to the worker
    and the rest of it to the platform. worker_id: whose part it is, None for nobody's. coupons_fen: what the platform
    adds, of a discount that it bears, to what is shared.
    """

    kept_fen: int
    worker_fen: int = 0
    worker_id: int | None = None
    coupons_fen: int = 0

    def within(self, left_fen: int) -> Split:
        """The same where less is left, because some of it has gone back already."""
        kept = min(self.kept_fen, left_fen)
        coupons = self.coupons_fen * kept // self.kept_fen if self.kept_fen else 0
        return Split(kept, min(self.worker_fen, kept + coupons), self.worker_id, coupons)


CALL_OFF_REASONS = {
    "customer_asked": "用户要求",
    "nobody_available": "无人可派",
    "worker_absent": "服务人员未到",
    "customer_absent": "用户不在",
    "unsafe": "存在安全风险",
    "weather": "恶劣天气",
    "dispute": "双方争议",
    "duplicate": "重复下单",
    "other": "其他原因",
}
"""Why staff end an order: what they choose from, and as people read it."""


def is_paid(order: Order, payment: Payment | None) -> bool:
    """Whether there may be money to split. payment: of the order's price. A free order has none, and what was paid at
    its door is money all the same.
    """
    return payment is not None or order.is_free


def call_off(step: Step) -> Change:
    """Staff end the order, from any live phase, and say what becomes of its money, and what the platform pays on top.

    Refused compensation_too_large; not_allowed for a worker's where there is none, and for one who never had it.
    """
    choice, worker_id = step.command.choice, _whose(step)
    worker_share = choice.get("worker_share_bp")
    to_customer, to_worker = (int(choice.get(f"{who}_compensation_fen", 0)) for who in ("customer", "worker"))
    if max(to_customer, to_worker) > step.policies.no_show.max_compensation_fen:
        limit = {"max_compensation_fen": step.policies.no_show.max_compensation_fen}
        raise Refused("compensation_too_large", details=limit)
    compensate_customer(step, rule="staff", amount_fen=to_customer)
    compensate_worker(step, rule="staff", amount_fen=to_worker, worker_id=worker_id)
    return end_with_share(
        step,
        refund_bp=int(choice["refund_bp"]),
        reason=str(choice["reason"]),
        worker_share_bp=None if worker_share is None else int(worker_share),
        worker_id=worker_id,
    )


def _whose(step: Step) -> int | None:
    """Whose the worker's part is: his who has the order, or, where staff say so, of one who had it and worked."""
    order, chosen = step.order, int(step.command.choice.get("worker_id", 0))
    if chosen in (0, order.worker_id):
        return order.worker_id
    if not Offer.objects.filter(order=order, worker_id=chosen, state__in=Offer.HAD).exists():
        raise Refused("not_allowed")
    return chosen


def end_with_share(
    step: Step,
    *,
    refund_bp: int,
    reason: str,
    worker_share_bp: int | None = None,
    worker_id: int | None = None,
    type: str = "cancelled",
    data: Mapping[str, Any] | None = None,
) -> Change:
    """The order ends now, from whatever phase: refund_bp/10000 of what was paid go back to the customer (a fraction of
    a fen with them), the rest is shared between worker and platform by worker_share_bp (the cancellation policy's
    unless given).

    reason: a listed choice. worker_id: whose the worker's part is, where it is not its worker's. type, data: the
    event's. Nothing goes back of an order that nobody has paid.
    """
    order, payment = step.order, payments.close_payments(order_id=step.order.pk)
    kept, _ = share(order.total_fen if is_paid(order, payment) else 0, WHOLE_BP - refund_bp)
    by_policy = step.policies.cancellation.worker_share_bp
    whose = worker_id or order.worker_id
    coupons = _coupons_fen(order, kept) if whose else 0
    part, _ = share(kept + coupons, by_policy if worker_share_bp is None else worker_share_bp)
    split = Split(kept, part if whose else 0, whose, coupons)
    return end(step, payment, split, reason=reason, type=type, data=data)


def _coupons_fen(order: Order, kept_fen: int) -> int:
    """What the platform's discounts come to on so much of the price: work that was begun is paid as if the customer
    had paid for it without them.
    """
    if not order.work_begun or not order.total_fen:
        return 0
    return (order.discount_fen - order.discount_worker_fen) * kept_fen // order.total_fen


def end(
    step: Step,
    payment: Payment | None,
    split: Split,
    *,
    reason: str,
    type: str = "cancelled",
    data: Mapping[str, Any] | None = None,
) -> Change:
    """The order is cancelled now. payment: what paid it, from `payments.close_payments` in this very transaction."""
    order, withdrawn = step.order, close_offers(step, Offer.WITHDRAWN)
    release_slot(order)
    clear_alarms(order)
    # Before the money is split: what was booked for a supplement that ends with the order goes back by itself.
    proposal = supplements.left_behind(step, Phase.CANCELLED)
    paid = is_paid(order, payment)
    split = split.within(left_fen(order)) if paid else split
    return_points(order, kept_fen=split.kept_fen if paid else 0)
    columns: dict[str, Any] = {
        "cancelled_by": step.role.value,
        "cancel_reason": reason,
        "cancel_fee_fen": split.kept_fen,
        "absent_until": None,
        "discount_fen": split.coupons_fen,
        "discount_worker_fen": 0,
        **proposal,
    }
    if not split.coupons_fen:
        marketing.give_back(order_id=order.pk)
    if paid:
        columns |= {"paid_at": payment.paid_at if payment else order.paid_at} | _give_back(step, split)
    return Change(
        type,
        columns=columns,
        data={"fee_fen": split.kept_fen, "worker_fen": split.worker_fen, "reason": reason, **(data or {})},
        next=Phase.CANCELLED,
        also_workers=tuple(offer.worker_id for offer in withdrawn),
        afterwards=lambda changed: publish_closed(withdrawn, changed),
    )


def _give_back(step: Step, split: Split) -> dict[str, Any]:
    order, left = step.order, left_fen(step.order)
    ledger.post_cancellation(
        order_id=order.pk,
        worker_id=split.worker_id,
        total_fen=price_fen(order),
        fee_fen=split.kept_fen,
        worker_part_fen=split.worker_fen,
        refund_fen=left - split.kept_fen,
        coupons_fen=split.coupons_fen,
    )
    if split.worker_id and split.worker_fen:
        tell(order, event="earning.kept", people={Reader.WORKER: [split.worker_id]}, amount_fen=split.worker_fen)
    if left == split.kept_fen:
        return {}
    return promise_back(order, amount_fen=left - split.kept_fen, key=f"order:{order.pk}:cancel")
