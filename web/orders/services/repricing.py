"""An order's price changes: its lines, its total and what its worker earns stay of one mind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from web.orders.discounts import is_discount
from web.orders.models import Offer, Order, OrderLine
from web.orders.pricing import Line
from web.orders.services.change import Step
from web.orders.services.offers import pay_fen_of
from web.orders.services.refunding import discounts_without


@dataclass(frozen=True)
class Shrunk:
    """How much less discounts take off. less: rule -> fen, of those that shrank. worker_fen: of all that, what the
    worker would have borne.
    """

    less: Mapping[str, int] = field(default_factory=dict)
    worker_fen: int = 0

    @property
    def fen(self) -> int:
        return sum(self.less.values())


def add_lines(
    step: Step, lines: Iterable[Mapping[str, Any]], *, rule: str, undone_fen: int = 0, shrunk: Shrunk | None = None
) -> dict[str, Any]:
    """Add lines of a proposal's terms to the order; its columns. One that takes something off is negative. undone_fen:
    so much of the order's discounts ends with it, nobody says of which; or shrunk: their own lines are less already.
    """
    order, made = step.order, list[OrderLine]()
    last = order.lines.order_by("-position").values_list("position", flat=True).first() or 0
    for position, line in enumerate(lines, start=last + 1):
        fields = {name: value for name, value in line.items() if name != "item_id"}
        made.append(OrderLine(order=order, position=position, rule=rule, **fields))
    OrderLine.objects.bulk_create(made)
    discounts = _discounts_without_shrunk(order, shrunk) if shrunk else discounts_without(order, undone_fen)
    lines_fen = sum(line.amount_fen for line in made) + (shrunk.fen if shrunk else 0)
    total_fen, bp = order.total_fen + lines_fen, order.commission_bp
    if order.worker_id:
        part_bp = step.policies.commission.bp_for() if bp is None else bp
        pay_fen = pay_fen_of(step, order.worker_id, part_bp=part_bp, total_fen=total_fen, discounts=discounts)
        Offer.objects.filter(order=order, worker_id=order.worker_id, state=Offer.ACCEPTED).update(pay_fen=pay_fen)
    return {"total_fen": total_fen, **discounts}


def shrink_discounts(order: Order, lines: Iterable[Line]) -> Shrunk:
    """Have what the order's discounts take off be no more than those among the lines of its new price do; how much less
    that is. What has shrunk does not grow again with a dearer price.

    What-if needs no memory of it: it leaves out orders of which money went back (`web.orders.replaying`).
    """
    off = {line.rule: -line.amount_fen for line in lines if is_discount(line.rule)}
    rows, less, worker_fen = list(order.lines.all()), dict[str, int](), 0
    for row in rows:
        wanted = -row.amount_fen
        if is_discount(row.rule) and (fen := wanted - off.get(row.rule, 0)) > 0:
            less[row.rule] = fen
            borne_fen = row.worker_fen * (wanted - fen) // wanted
            worker_fen += row.worker_fen - borne_fen
            row.worker_fen = borne_fen
            row.unit_price_fen = row.amount_fen = fen - wanted
    if less:
        _lessen_parts(rows, by_fen=sum(less.values()))
        OrderLine.objects.bulk_update(rows, ["unit_price_fen", "amount_fen", "worker_fen", "discount_fen"])
    return Shrunk(less, worker_fen)


def _discounts_without_shrunk(order: Order, shrunk: Shrunk) -> dict[str, int]:
    """The order's columns: whose discount shrank bears less, and nobody else does. {} where none did."""
    if not shrunk.less:
        return {}
    # A refund may have undone a part of them before, pro rata of all.
    left = max(order.discount_fen - shrunk.fen, 0)
    by_worker = max(order.discount_worker_fen - shrunk.worker_fen, 0)
    return {"discount_fen": left, "discount_worker_fen": min(by_worker, left)}


def _lessen_parts(rows: Iterable[OrderLine], *, by_fen: int) -> None:
    """The lines' parts of the discounts, pro rata; the last has the remainder."""
    rows = list(rows)
    whole, before, given = sum(row.discount_fen for row in rows), 0, 0
    for row in rows:
        before += row.discount_fen
        part = (whole - by_fen) * before // whole - given
        row.discount_fen, given = part, given + part
