"""Money that goes back while the order goes on, or after it was settled: how much, for what, and at whose expense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from django.db.models import Sum

from web.errors import DoorbellError
from web.ledger import services as ledger
from web.ledger.services import Where
from web.marketing import services as marketing
from web.notifications.concerns import Reader
from web.orders.models import Order, OrderLine, RefundDecision
from web.orders.pricing import PICKED
from web.orders.services.change import Change, Refused, Step
from web.orders.sharing import Shares, shares_of
from web.orders.telling import tell
from web.payments import selectors as payments_now
from web.payments import services as payments


@dataclass(frozen=True)
class Reason:
    """Why money goes back. key: once per order and key. The rest: see `RefundDecision`."""

    key: str
    code: str = "other"
    bearer: str = RefundDecision.SHARED
    line: OrderLine | None = None
    tip_id: int = 0
    decided_by: int | None = None


class _PaidFor(TypedDict):
    purposes: tuple[str, ...]
    subject_id: int | None
    but_proposal: int | None


def refund(step: Step) -> Change:
    """Staff give back a sum, what is left of a line, or all that is left; before the settlement or after it."""
    order, choice = step.order, step.command.choice
    line, tip_id = _line_of(order, int(choice.get("line", 0))), int(choice.get("tip", 0))
    left = left_of_line(line) if line else left_fen(order, tip_id=tip_id)
    amount = int(choice.get("amount_fen", 0)) or left
    if not 0 < amount <= left:
        raise Refused("refund_too_large", details={"left_fen": left})
    reason = Reason(
        key=step.request.key,
        code=str(choice["reason"]),
        bearer=str(choice["bearer"]),
        line=line,
        tip_id=tip_id,
        decided_by=step.command.actor_id,
    )
    try:
        columns = give_back(order, amount_fen=amount, reason=reason)
    except DoorbellError as error:
        raise Refused(error.code, details=error.details) from error
    data = {"amount_fen": amount, "reason": reason.code, "bearer": reason.bearer, "line": line.position if line else 0}
    return Change("refund_agreed", columns=columns, data=data)


def give_back(order: Order, *, amount_fen: int, reason: Reason) -> dict[str, Any]:
    """Have so much (> 0) of the order's price, or of a tip, go back, in the step's transaction with the order locked,
    and post who bears it; the order's columns that say so. Its actor starts the refunds.

    Raises DoorbellError refund_too_large with details {left_fen}.
    """
    borne, discounts = {Where(ledger.COMPENSATION): amount_fen}, dict[str, int]()
    if reason.bearer == RefundDecision.SHARED and reason.tip_id:
        borne = _off_the_tip(order, amount_fen)
    elif reason.bearer == RefundDecision.SHARED:
        discounts = _discounts_after(order, amount_fen, reason.line)
        borne, discounts = _off_the_price(order, amount_fen, discounts)
    is_last = not reason.tip_id and left_fen(order) == amount_fen
    if is_last and order.settled_at:
        borne, discounts = _discounts_made_good(order, borne, discounts)
    key = f"order:{order.pk}:{reason.key}"
    columns = promise_back(order, amount_fen=amount_fen, key=key, tip_id=reason.tip_id)
    _decide(order, amount_fen, reason, borne)
    _tell_worker(order, borne)
    if not reason.tip_id:
        return_points(order, kept_fen=left_fen(order))
    if is_last:
        free_discounts(order, discounts)
    return columns | discounts


def free_discounts(order: Order, columns: Mapping[str, Any]) -> None:
    """All of the order's money went back: coupon and campaigns are their owners' again. columns: of the order, where
    they are not what they were.

    Not yet where they are borne all the same, because it went back at the platform's expense: the settlement makes that
    good.
    """
    if not columns.get("discount_fen", order.discount_fen):
        marketing.give_back(order_id=order.pk)


def return_points(order: Order, *, kept_fen: int, fallen_fen: int = 0, points_fen: int | None = None) -> None:
    """So much of the order's price is still paid: its customer's points follow, in the same step. fallen_fen: it is so
    much lower from now on, and points pay points_fen of it.
    """
    marketing.return_points(
        order_id=order.pk,
        city=order.city,
        total_fen=order.total_fen - fallen_fen,
        left_fen=kept_fen,
        points_fen=points_fen,
    )


def promise_back(order: Order, *, amount_fen: int, key: str, tip_id: int = 0) -> dict[str, Any]:
    """As `give_back`, where the caller itself posts what it means to the ledger."""
    payments.refund_order(order_id=order.pk, amount_fen=amount_fen, key=key, **_paid_for(order, tip_id))
    return {"refund_fen": order.refund_fen + amount_fen, "refunded_at": None}


def decision_of(step: Step) -> RefundDecision:
    """What `refund` decided in this very step."""
    return RefundDecision.objects.get(key=f"order:{step.order.pk}:{step.request.key}")


def left_fen(order: Order, *, tip_id: int = 0) -> int:
    """Fen of what was paid for the order's price, or for a tip, that no refund gives back. What was paid for a proposal
    is the price's once it took effect.
    """
    return sum(fen for _, fen in payments_now.left_of(order.pk, **_paid_for(order, tip_id)))


def price_fen(order: Order) -> int:
    """Fen that platform and worker share: the price without what was taken off it by refunds."""
    shared = RefundDecision.objects.filter(order=order, tip_id=0, bearer=RefundDecision.SHARED)
    return order.total_fen - int(shared.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def _decide(order: Order, amount_fen: int, reason: Reason, borne: Mapping[Where, int]) -> None:
    decision = RefundDecision.objects.create(
        order=order,
        line=reason.line,
        tip_id=reason.tip_id,
        amount_fen=amount_fen,
        reason=reason.code,
        bearer=reason.bearer,
        settled=order.settled_at is not None,
        decided_by_id=reason.decided_by,
        key=f"order:{order.pk}:{reason.key}",
    )
    ledger.post_refund_agreed(decision_id=decision.pk, order_id=order.pk, amount_fen=amount_fen, borne_fen=borne)


def _tell_worker(order: Order, borne: Mapping[Where, int]) -> None:
    """What he was paid is less now, or what he will be."""
    people = {Reader.WORKER: [order.worker_id] if order.worker_id else []}
    taken_fen = sum(fen for where, fen in borne.items() if where.owner and where.owner == order.worker_id)
    if taken_fen > 0:
        tell(order, event="earning.taken_back", people=people, amount_fen=taken_fen)
    elif Where(ledger.IN_TRANSIT) in borne:
        tell(order, event="earning.lowered", people=people)


def _discounts_after(order: Order, amount_fen: int, line: OrderLine | None) -> dict[str, int]:
    """The order's columns: with what goes back of the price its part of the discounts is undone, as if it had never
    been bought; with the last of it, the last of them. {} for an order that has none.
    """
    if not order.discount_fen:
        return {}
    price = price_fen(order)
    if line and line.discount_fen and amount_fen < price:
        net, before = line.amount_fen - line.discount_fen, line.amount_fen - line.discount_fen - left_of_line(line)
        undone = line.discount_fen * (before + amount_fen) // net - line.discount_fen * before // net
    elif line and amount_fen < price:
        undone = 0
    else:
        undone = order.discount_fen * amount_fen // price
    return discounts_without(order, undone)


def discounts_without(order: Order, undone_fen: int) -> dict[str, int]:
    """The order's columns when so much of its discounts is undone; {} for none."""
    undone = min(undone_fen, order.discount_fen)
    if undone <= 0:
        return {}
    left = order.discount_fen - undone
    return {"discount_fen": left, "discount_worker_fen": order.discount_worker_fen * left // order.discount_fen}


def shares_of_order(order: Order, price_fen: int, commission_bp: int) -> Shares:
    """Who gets what of so much of its price, as its discounts stand."""
    return shares_of(price_fen, commission_bp, discount_fen=order.discount_fen, by_worker_fen=order.discount_worker_fen)


def _off_the_price(order: Order, amount_fen: int, discounts: dict[str, int]) -> tuple[dict[Where, int], dict[str, int]]:
    """Who bears it when the price was lower by so much from the start: of the money that is not shared out yet, both
    will; what was is taken back by the rule that it was shared out by. discounts: the order's columns afterwards; of
    what is shared out they say who really bore it.
    """
    if order.settled_at is None or order.worker_id is None:
        return {Where(ledger.IN_TRANSIT): amount_fen}, discounts
    price, commission_bp = price_fen(order), order.commission_bp or 0
    before = shares_of_order(order, price, commission_bp)
    after = shares_of(
        price - amount_fen,
        commission_bp,
        discount_fen=discounts.get("discount_fen", order.discount_fen),
        by_worker_fen=discounts.get("discount_worker_fen", order.discount_worker_fen),
    )
    if order.discount_fen:
        left = discounts.get("discount_fen", order.discount_fen)
        discounts = {"discount_fen": left, "discount_worker_fen": left - after.coupons_fen}
    return {
        Where(ledger.COMMISSION): before.commission_fen - after.commission_fen,
        ledger.earning_of(order.worker_id, frozen=order.is_frozen): before.worker_fen - after.worker_fen,
        # As much less as the discounts are now.
        Where(ledger.COUPONS): after.coupons_fen - before.coupons_fen,
    }, discounts


def _discounts_made_good(
    order: Order, borne: Mapping[Where, int], discounts: Mapping[str, int]
) -> tuple[dict[Where, int], dict[str, int]]:
    """With the last of its money, of an order that is settled: what its discounts still cost those who bear them, the
    platform gives on top, for they are not used any more; nobody earns less by it.
    """
    fen = discounts.get("discount_fen", order.discount_fen)
    by_worker = discounts.get("discount_worker_fen", order.discount_worker_fen)
    if not fen or order.worker_id is None:
        return dict(borne), dict(discounts)
    earning = ledger.earning_of(order.worker_id, frozen=order.is_frozen)
    moved = {Where(ledger.COMPENSATION): fen, Where(ledger.COUPONS): by_worker - fen, earning: -by_worker}
    made_good = {where: borne.get(where, 0) + moved.get(where, 0) for where in {**borne, **moved}}
    return made_good, {"discount_fen": 0, "discount_worker_fen": 0}


def _off_the_tip(order: Order, amount_fen: int) -> dict[Where, int]:
    if order.worker_id is None:
        raise Refused("not_allowed")
    return {ledger.earning_of(order.worker_id): amount_fen}


def _paid_for(order: Order, tip_id: int) -> _PaidFor:
    if tip_id:
        return _PaidFor(purposes=(payments.TIP,), subject_id=tip_id, but_proposal=None)
    return _PaidFor(purposes=payments.PRICE, subject_id=None, but_proposal=order.proposal_id)


def _line_of(order: Order, position: int) -> OrderLine | None:
    if not position:
        return None
    line = order.lines.filter(position=position).first()
    if line is None:
        raise Refused("line_unknown")
    return line


def left_of_line(line: OrderLine) -> int:
    """Fen of what was paid for a line of the price that no refund of it gives back."""
    taken = RefundDecision.objects.filter(line=line).aggregate(fen=Sum("amount_fen"))["fen"] or 0
    if line.rule == PICKED:
        # What a pick cost went back already where another one came.
        taken -= line.order.lines.filter(rule=PICKED, amount_fen__lt=0).aggregate(fen=Sum("amount_fen"))["fen"] or 0
    return line.amount_fen - line.discount_fen - int(taken)


def discount_left_of_line(line: OrderLine) -> int:
    """Fen of its part of the discounts that no refund of it has undone."""
    net = line.amount_fen - line.discount_fen
    return line.discount_fen - (line.discount_fen * (net - left_of_line(line)) // net if net else 0)
