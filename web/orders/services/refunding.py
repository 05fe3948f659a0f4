"""Money of an order that goes back to its customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from web.payments import services as payments

if TYPE_CHECKING:
    from web.orders.models import Order


def promise_back(order: Order, *, amount_fen: int, key: str) -> dict[str, Any]:
    """Have so much go back to the customer, in the step's transaction; the order's columns that say so. Its actor
    starts the refunds. The caller posts what it means to the ledger.

    Raises DoorbellError refund_too_large.
    """
    payments.refund_order(order_id=order.pk, amount_fen=amount_fen, key=key)
    return {"refund_fen": order.refund_fen + amount_fen, "refunded_at": None}
