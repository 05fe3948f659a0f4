"""What workers did with the orders they took: kept, or let down, and finished. Refusing an offer is not in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from web.orders.models import Offer, Order
from workflows.transitions import Phase

LET_DOWN = ("failed",)
"""States of an offer that was accepted and whose worker let the customer down; one given back in time is none."""

DID_NOT_COME = Q(order__phase=Phase.CANCELLED) & (Q(order__cancel_reason="worker_absent") | Q(order__no_show=True))
"""Nor did he keep an order that ended because he had not come, whoever ended it."""


@dataclass(frozen=True)
class Record:
    """Of all his orders. kept: accepted, and not let down; finished: completed."""

    kept: int = 0
    failed: int = 0
    finished: int = 0


def records_of(worker_ids: Iterable[int]) -> dict[int, Record]:
    """Worker -> his record; absent where he never took an order. Two queries however many they are."""
    ids = list(worker_ids)
    taken = Offer.objects.filter(worker_id__in=ids, state__in=[Offer.ACCEPTED, *LET_DOWN]).values_list("worker_id")
    rows = taken.annotate(kept=Count("pk", filter=Q(state=Offer.ACCEPTED) & ~DID_NOT_COME), all=Count("pk")).order_by()
    done = Order.objects.filter(worker_id__in=ids, phase=Phase.COMPLETED).values_list("worker_id")
    finished = dict(done.annotate(Count("pk")).order_by())
    return {one: Record(kept, all_ - kept, finished.get(one, 0)) for one, kept, all_ in rows}
