"""Money of an order that does not move by itself: people see it on the board, also when the order ended long ago."""

import hub
from web.orders.models import Alarm, Order
from web.orders.services.alarms import clear_alarms, raise_alarm
from web.payments import selectors as payments


def alarm_stuck_money(*, order_id: int) -> None:
    """Have the board's alarm say whether money of this order needs people: raised once, cleared when none is stuck.

    It asks the rows anew, so it may be called as often as one likes, after every change that may matter.
    """
    closed = Alarm.objects.filter(order_id=order_id, kind=Alarm.NEEDS_OPS).exclude(closed_by=None)
    seen_to = closed.order_by("-cleared_at").values_list("cleared_at", flat=True).first()
    alarms = Alarm.objects.filter(order_id=order_id, kind=Alarm.NEEDS_OPS, cleared_at=None)
    if not payments.is_stuck(order_id, seen_to=seen_to) and not alarms.exists():
        return
    with hub.atomic():
        # One at a time, and asked under the lock: of one refund that parks and one that is done, the last one to come
        # sees both.
        order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
        if payments.is_stuck(order_id, seen_to=seen_to):
            raise_alarm(order, kind=Alarm.NEEDS_OPS)
        else:
            clear_alarms(order, kinds=[Alarm.NEEDS_OPS])
