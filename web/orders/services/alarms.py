"""What needs a person of the platform: raised and cleared by the order's steps, taken by a dispatcher."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

import hub
from web.accounts.models import User
from web.errors import DoorbellError
from web.orders import selectors
from web.orders.models import Alarm, Order
from web.orders.services.publishing import publish_alarm
from web.workforce import selectors as workforce


def raise_alarm(order: Order, *, kind: str, worker_id: int | None = None) -> bool:
    """Raise an alarm on the board, in the caller's transaction; False when it is open already."""
    again_s = selectors.policies_of(order).dispatch.alarm_again_s
    alarm, fresh = Alarm.objects.get_or_create(
        order=order,
        kind=kind,
        cleared_at=None,
        defaults={
            "city": order.city,
            "worker_id": worker_id,
            "ring_again_at": timezone.now() + timedelta(seconds=again_s),
        },
    )
    if fresh:
        publish_alarm(alarm, type="raised")
    return fresh


def clear_alarms(order: Order, *, kinds: Iterable[str] | None = None) -> None:
    """Clear the order's open alarms of these kinds, or all but NEEDS_OPS, in the caller's transaction.

    NEEDS_OPS is cleared by name only: money that is stuck stays stuck whatever becomes of the visit.
    """
    alarms = Alarm.objects.select_related("worker", "taken_by").filter(order=order, cleared_at=None)
    for alarm in alarms.exclude(kind=Alarm.NEEDS_OPS) if kinds is None else alarms.filter(kind__in=list(kinds)):
        alarm.cleared_at = timezone.now()
        alarm.save(update_fields=["cleared_at"])
        publish_alarm(alarm, type="cleared")


def take_alarm(*, staff: User, alarm_id: int) -> Alarm:
    """A dispatcher takes an alarm: it is his and rings no more. Taking one's own again changes nothing.

    Raises DoorbellError not_found (also when it was cleared), alarm_taken with details {taken_by}.
    """
    with hub.atomic():
        visible = selectors.alarms_visible_to(staff).filter(pk=alarm_id, cleared_at=None)
        if visible.filter(taken_by=None).update(taken_by=staff) == 1:
            alarm = visible.get()
            publish_alarm(alarm, type="taken")
            return alarm
        taken = visible.first()
        if taken is None:
            raise DoorbellError("not_found")
        if taken.taken_by != staff:
            raise DoorbellError("alarm_taken", details={"taken_by": selectors.alarm_card(taken)["taken_by"]})
        return taken


def alarm_silent_workers() -> int:
    """Alarm the board about workers on their way of whom nothing was heard for too long; returns how many are new."""
    raised = 0
    for order in selectors.travelling_orders():
        quiet_s = selectors.policies_of(order).visit.silent_after_s
        seen = workforce.last_position(order.worker_id) if order.worker_id else None
        heard = max(seen.at, order.phase_since) if seen else order.phase_since
        if (timezone.now() - heard).total_seconds() > quiet_s:
            with hub.atomic():
                raised += raise_alarm(order, kind=Alarm.WORKER_SILENT, worker_id=order.worker_id)
    return raised
