"""临近未派: an order whose visit is near and that has nobody yet is shown to the board while it can still be helped."""

from django.utils import timezone

import hub
from web.orders import selectors
from web.orders.models import Alarm, Order
from web.orders.services.alarms import raise_alarm
from workflows.transitions import Phase


def alarm_unassigned_orders() -> int:
    """Alarm the board about orders that start soon and have no worker; returns how many are new.

    One that was placed later than that is left to its rounds of offers, whose end has an alarm of its own (无人接单).
    """
    known = Alarm.objects.filter(kind=Alarm.START_NEAR, cleared_at=None).values("order_id")
    looking = Order.objects.filter(phase=Phase.DISPATCHING, ended_at=None).exclude(pk__in=known)
    return sum(_look_closer(order.pk) for order in looking.order_by("starts_at")[:500] if _is_urgent(order))


def _look_closer(order_id: int) -> bool:
    # It may have got its worker since: only what is true under its lock is told, because nothing else would clear it.
    with hub.atomic():
        order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
        still = order.phase == Phase.DISPATCHING and _is_urgent(order)
        return still and raise_alarm(order, kind=Alarm.START_NEAR)


def _is_urgent(order: Order) -> bool:
    lead_s = selectors.policies_of(order).dispatch.unassigned_lead_s
    if (order.starts_at - timezone.now()).total_seconds() >= lead_s:
        return False
    return (order.starts_at - order.placed_at).total_seconds() >= lead_s
