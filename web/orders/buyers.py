"""Who has ordered how much, how often and when: sets of customers' ids, to be part of a query around them."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from web.orders.models import Order
from workflows.transitions import Phase


def buyers(
    *, city: str = "", placed_from: datetime | None = None, orders_from: int = 1, spent_from_fen: int = 0
) -> QuerySet[Order, Any]:
    """The ids of customers with so many orders at least, for so much at least in all, since then, in that city ("":
    anywhere). What was never paid, or came to nothing, or makes another good, is none; what went back is not spent.
    """
    orders = Order.objects.filter(paid_at__isnull=False, rework_of=None).exclude(phase=Phase.CANCELLED.value)
    if city:
        orders = orders.filter(city=city)
    if placed_from is not None:
        orders = orders.filter(placed_at__gte=placed_from)
    found = orders.order_by().values("customer")
    found = found.annotate(spent_fen=Sum(F("total_fen") - F("refund_fen")), orders=Count("pk"))
    return found.filter(spent_fen__gte=spent_from_fen, orders__gte=orders_from).values("customer")
