"""An order's price changes: its lines, its total and what its worker earns stay of one mind."""

from collections.abc import Iterable, Mapping
from typing import Any

from web.orders.models import Offer, OrderLine
from web.orders.services.change import Step
from web.orders.services.offers import pay_fen_of
from web.orders.services.refunding import discounts_without


def add_lines(step: Step, lines: Iterable[Mapping[str, Any]], *, rule: str, undone_fen: int = 0) -> dict[str, Any]:
    """Add lines of a proposal's terms to the order; its columns. One that takes something off is negative. undone_fen:
    so much of the order's discounts ends with it.
    """
    order, made = step.order, list[OrderLine]()
    last = order.lines.order_by("-position").values_list("position", flat=True).first() or 0
    for position, line in enumerate(lines, start=last + 1):
        fields = {name: value for name, value in line.items() if name != "item_id"}
        made.append(OrderLine(order=order, position=position, rule=rule, **fields))
    OrderLine.objects.bulk_create(made)
    discounts = discounts_without(order, undone_fen)
    total_fen, bp = order.total_fen + sum(line.amount_fen for line in made), order.commission_bp
    if order.worker_id:
        part_bp = step.policies.commission.bp_for() if bp is None else bp
        pay_fen = pay_fen_of(step, order.worker_id, part_bp=part_bp, total_fen=total_fen, discounts=discounts)
        Offer.objects.filter(order=order, worker_id=order.worker_id, state=Offer.ACCEPTED).update(pay_fen=pay_fen)
    return {"total_fen": total_fen, **discounts}
