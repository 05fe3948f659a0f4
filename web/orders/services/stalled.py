"""Orders whose actor should have moved by itself, and has not: their rows say when (`moves_at`).

It has not heard of its row's last move where its process was killed after the commit and nobody waited for the Update
any more: Temporal forgets it then. Whatever else keeps it, to have it read its row again does no harm.
"""

from datetime import datetime, timedelta

from django.utils import timezone

import hub
from web.orders import selectors
from web.orders.models import Order
from web.orders.services import bookkeeping
from workflows.deadlines import moves_at

STALLED_AFTER = timedelta(seconds=15)
"""A worker killed in a task gives it back after five seconds; twice that, and a sweep's time, is nobody's fault."""

AT_ONCE = 50
SOON, SELDOM = timedelta(minutes=1), timedelta(hours=1)
"""Between two looks at an order that stays stalled: as long as it has been, but so long at least and at most. What a
command or another booking keeps waiting, or a fault of ours, no second look cures.
"""


def take_stalled() -> list[int]:
    """The ids of the stalled orders that are to be looked at now, the longest overdue first, AT_ONCE at most. Who asks
    next is told the others.

    A `moves_at` that an older release has left behind, because it does not know the column, is put right on the way.
    """
    with hub.atomic():
        now = timezone.now()
        overdue = Order.objects.select_for_update(no_key=True, skip_locked=True)
        overdue = overdue.filter(ended_at=None, moves_at__lt=now - STALLED_AFTER).order_by("moves_at")[:AT_ONCE]
        return [order.pk for order in overdue if _look_at(order, now)]


def _look_at(order: Order, now: datetime) -> bool:
    """Whether it is stalled; writes when it is looked at again, or when it moves."""
    due = moves_at(selectors.view_of(order), now=order.events.latest("version").at)
    stalled = due is not None and due < now - STALLED_AFTER
    again = now + min(max(now - due, SOON), SELDOM) if due and stalled else due
    bookkeeping.look_at(order, again)
    return stalled
