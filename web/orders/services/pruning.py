"""What an order's photos were of is settled long ago: they are let go, and the photos' own pruning removes them."""

from datetime import datetime

import hub
from web.orders.models import AfterSalesCase, Order, OrderPhoto

PRUNED_AT_ONCE = 500


def let_old_photos_go(*, before: datetime) -> int:
    """Take up to PRUNED_AT_ONCE photos off orders whose actor was through before then; how many. What was written
    beside them stays; an order about which a claim is still open keeps its own.
    """
    claimed = AfterSalesCase.objects.filter(answered_at=None).values("order_id")
    old = Order.objects.filter(ended_at__lt=before).exclude(pk__in=claimed)
    with hub.atomic():
        some = OrderPhoto.objects.filter(order__in=old).order_by("pk").values_list("pk", flat=True)
        return OrderPhoto.objects.filter(pk__in=list(some[:PRUNED_AT_ONCE])).delete()[0]
