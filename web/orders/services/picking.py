"""指定: the worker whom a customer has picked, and what becomes of it where another one comes."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

from web.ledger import services as ledger
from web.marketing.points_selectors import paid_by_points
from web.notifications.concerns import Reader
from web.orders.models import Order
from web.orders.pricing import PICKED
from web.orders.services.change import Step
from web.orders.services.refunding import (
    discount_left_of_line,
    free_discounts,
    left_fen,
    left_of_line,
    price_fen,
    promise_back,
    return_points,
)
from web.orders.services.repricing import add_lines
from web.orders.telling import tell


def let_pick_go(step: Step) -> tuple[Step, dict[str, Any]]:
    """Whom the customer picked does not come: the order is for anybody, and what was paid for him alone goes back.

    The step with the order as it is then, and the columns that make it so: those who are asked see what they will earn.
    """
    order, (less_fen, undone_fen) = step.order, _left_of_pick(step.order)
    columns: dict[str, Any] = {"picked_worker_id": None, "picked_fen": 0}
    if less_fen:
        line = {"name": "指定服务人员未能上门", "quantity": 1, "unit_price_fen": -less_fen, "amount_fen": -less_fen}
        columns |= add_lines(step, [line], rule=PICKED, undone_fen=undone_fen)
        ledger.post_price_fallen(order_id=order.pk, cause=f"order:{order.pk}:picked", amount_fen=less_fen)
        columns |= promise_back(order, amount_fen=less_fen, key=f"order:{order.pk}:picked")
        left = left_fen(order)
        # The part of it that was paid with points goes back as points.
        points_fen = paid_by_points(order.pk)
        points_fen -= points_fen * less_fen // order.total_fen
        return_points(order, kept_fen=left, fallen_fen=less_fen, points_fen=points_fen)
        if not left:
            free_discounts(order, columns)
    tell(order, event="picked.gone", people={Reader.CUSTOMER: [order.customer_id]})
    changed = copy(order)
    for name, value in columns.items():
        setattr(changed, name, value)
    return replace(step, order=changed), columns


def _left_of_pick(order: Order) -> tuple[int, int]:
    """(what was paid for the pick alone and no refund has given back, the part of the order's discounts by which that
    was less, and which ends with it).
    """
    line = order.lines.filter(rule=PICKED, amount_fen__gt=0).first() if order.picked_fen else None
    left = left_of_line(line) if line else 0
    if line is None or left <= 0:
        return 0, 0
    fen = min(left, left_fen(order))
    # With the last of the price the last of them, whatever lines say.
    whole = fen == price_fen(order)
    return fen, order.discount_fen if whole else discount_left_of_line(line) * fen // left


def time_for_picked(step: Step, seconds: float) -> float:
    """How long an offer waits that others have so many seconds for: whom the customer picked may be asked days ahead,
    and need not sit at his telephone.
    """
    if step.order.picked_worker_id is None:
        return seconds
    left_s = (step.order.starts_at - step.now).total_seconds()
    return max(seconds, min(step.policies.dispatch.picked_s, left_s / 4))
