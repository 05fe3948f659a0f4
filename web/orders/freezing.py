"""An earning that is kept from its worker for some days, and what keeps an order open beyond its review window."""

from web.orders.models import Order
from workflows.messages import Timer
from workflows.transitions import Move


def timers_of(order: Order) -> list[Timer]:
    """When a frozen earning is let go; the order's actor does it."""
    if not order.is_frozen or order.frozen_until is None:
        return []
    return [Timer(Move.RELEASE.value, "release", order.frozen_until)]


def is_closable(order: Order) -> bool:
    """Whether no money of the order is still to move: its actor is there to hear of it."""
    return not order.is_refunding and not order.is_frozen
