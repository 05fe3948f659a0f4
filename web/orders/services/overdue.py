"""Visits that stand still: a worker at the door who does not begin, and a service that does not end."""

from datetime import datetime, timedelta

from django.utils import timezone

import hub
from web.orders import selectors
from web.orders.models import Alarm, Order
from web.orders.services.alarms import raise_alarm
from workflows.transitions import Phase

KINDS = {Phase.ARRIVED: Alarm.NOT_STARTED, Phase.IN_SERVICE: Alarm.OVERRUN}


def alarm_overdue_visits() -> int:
    """Alarm the board about visits that should have begun, or ended, long ago; returns how many are new."""
    known = {kind: selectors.alarmed_order_ids(kind) for kind in KINDS.values()}
    visits = selectors.visits_under_way()
    late = [order for order in visits if _is_overdue(order) and order.pk not in known[KINDS[Phase(order.phase)]]]
    return sum(_look_closer(order.pk) for order in late)


def _look_closer(order_id: int) -> bool:
    with hub.atomic():
        order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
        if order.phase not in KINDS or not _is_overdue(order):
            return False
        return raise_alarm(order, kind=KINDS[Phase(order.phase)], worker_id=order.worker_id)


def _is_overdue(order: Order) -> bool:
    return timezone.now() > _due(order)


def _due(order: Order) -> datetime:
    visit = selectors.policies_of(order).visit
    if order.phase == Phase.IN_SERVICE:
        return order.phase_since + timedelta(seconds=order.duration_s + visit.overrun_s)
    return max(order.phase_since, order.starts_at) + timedelta(seconds=visit.start_within_s)
