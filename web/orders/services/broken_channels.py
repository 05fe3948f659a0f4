"""A way to people that is broken for a reason of the platform's: no money, a wrong template, a provider away for long.

Messages go on by the next channel meanwhile, and somebody has to mend it: its own alarm, on the newest order of each
city whose message did not go out, because an alarm is of an order. Asked of the deliveries, never remembered.
"""

from datetime import timedelta

from django.utils import timezone

import hub
from web.notifications import selectors as messages
from web.orders.models import Alarm, Order
from web.orders.services.alarms import clear_alarms, raise_alarm

LOOKED_BACK = timedelta(days=2)
"""Older deliveries say nothing of today."""


def alarm_broken_channels() -> int:
    """Alarm about channels that somebody has to mend, one alarm a city; returns how many are new. What goes out again
    clears them, and one that a person has closed comes back with the next message that does not go out.
    """
    broken = messages.broken_orders(since=timezone.now() - LOOKED_BACK)
    ours = Alarm.objects.filter(kind=Alarm.CHANNEL_BROKEN)
    standing = {city: order for city, order in ours.filter(cleared_at=None).values_list("city", "order_id") if order}
    if not broken:
        for order_id in standing.values():
            _tell(order_id, broken=False)
        return 0
    closed = ours.exclude(closed_by=None).filter(cleared_at__gte=timezone.now() - LOOKED_BACK)
    seen_to = {alarm.city: alarm.cleared_at for alarm in closed.order_by("cleared_at") if alarm.cleared_at}
    newest = {order.city: order for order in Order.objects.filter(pk__in=broken).order_by("pk")}
    missing = [
        order.pk
        for city, order in newest.items()
        if city not in standing and not (city in seen_to and seen_to[city] >= broken[order.pk])
    ]
    return sum(_tell(order_id, broken=True) for order_id in missing)


def _tell(order_id: int, *, broken: bool) -> bool:
    with hub.atomic():
        order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
        if broken:
            return raise_alarm(order, kind=Alarm.CHANNEL_BROKEN)
        clear_alarms(order, kinds=[Alarm.CHANNEL_BROKEN])
        return False
