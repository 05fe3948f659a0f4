"""An alarm has an owner and a deadline: what nobody saw to goes to the manager; what only a person knows, he closes."""

from django.utils import timezone

import hub
from web.accounts.duties import check_allowed
from web.accounts.models import User
from web.errors import DoorbellError
from web.orders import selectors
from web.orders.compensations import unpaid
from web.orders.models import Alarm
from web.orders.services.alarms import put_off
from web.orders.services.publishing import publish_alarm
from web.payments import selectors as payments


def escalate_alarms() -> int:
    """Give alarms that are past their deadline to the manager, and have them ring again: nobody has them then.

    One that is the manager's already rings again, too. Returns how many.
    """
    overdue = Alarm.objects.filter(cleared_at=None, due_at__lte=timezone.now()).order_by("due_at")
    return sum(_escalate(alarm_id) for alarm_id in overdue.values_list("pk", flat=True)[:200])


def close_alarm(*, staff: User, alarm_id: int, note: str) -> Alarm:
    """A person has seen to it, and says how. Only for what no step of the order clears: Alarm.LASTING.

    Raises DoorbellError forbidden, not_found (also when it was cleared), alarm_stands: it goes by itself when its
    matter is done, compensation_unpaid: a customer waits for his money, and a note does not pay him.
    """
    check_allowed(staff, "orders.handle_alarm")
    with hub.atomic():
        visible = selectors.alarms_visible_to(staff).select_for_update(of=("self",))
        alarm = visible.filter(pk=alarm_id, cleared_at=None).first()
        if alarm is None:
            raise DoorbellError("not_found")
        if alarm.kind not in Alarm.LASTING or alarm.order is None:
            raise DoorbellError("alarm_stands")
        if alarm.kind == Alarm.NEEDS_OPS and payments.is_parked(alarm.order.pk):
            raise DoorbellError("alarm_stands")
        if alarm.kind == Alarm.COMPENSATION_DUE and unpaid(alarm.order):
            raise DoorbellError("compensation_unpaid")
        alarm.closed_by, alarm.note, alarm.cleared_at = staff, note, timezone.now()
        alarm.save(update_fields=["closed_by", "note", "cleared_at"])
        publish_alarm(alarm, type="cleared")
        return alarm


def _escalate(alarm_id: int) -> bool:
    # It may have been seen to since: only what is true under its lock is told.
    with hub.atomic():
        late = Alarm.objects.select_for_update(of=("self",)).select_related("order", "worker")
        alarm = late.filter(pk=alarm_id, cleared_at=None, due_at__lte=timezone.now()).first()
        if alarm is None:
            return False
        alarm.owner, alarm.taken_by, alarm.ring_again_at = Alarm.MANAGER, None, timezone.now()
        put_off(alarm)
        publish_alarm(alarm, type="escalated")
        return True
