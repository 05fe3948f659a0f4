"""What needs a person of the platform: raised and cleared by the order's steps, taken by a dispatcher."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

import hub
from web.accounts.duties import check_allowed
from web.accounts.models import User
from web.errors import DoorbellError
from web.orders import selectors
from web.orders.cards import alarm_card
from web.orders.models import Alarm, Order
from web.orders.services.publishing import publish_alarm
from web.workforce import selectors as workforce
from workflows.transitions import Phase


def raise_alarm(order: Order, *, kind: str, worker_id: int | None = None, due_at: datetime | None = None) -> bool:
    """Raise an alarm on the board, in the caller's transaction; False when it is open already.

    due_at: by when it has to be looked after; before it rings again, unless it is said.
    """
    fresh = ring(Alarm(order=order, city=order.city, kind=kind, worker_id=worker_id, due_at=due_at))
    if fresh:
        order.__dict__.pop("alarmed", None)
    return fresh


def ring(alarm: Alarm) -> bool:
    """Store an alarm and tell the board, in the caller's transaction; False when it is open already. What it does not
    say follows from its kind and its terms.
    """
    again_s = selectors.terms_of_alarm(alarm).dispatch.alarm_again_s
    ring_again_at = timezone.now() + timedelta(seconds=again_s)
    alarm, fresh = Alarm.objects.get_or_create(
        order=alarm.order,
        withdrawal_id=alarm.withdrawal_id,
        kind=alarm.kind,
        cleared_at=None,
        defaults={
            "city": alarm.city,
            "worker_id": alarm.worker_id,
            "ring_again_at": ring_again_at,
            "owner": Alarm.LEVELS.get(alarm.kind, Alarm.DISPATCHER),
            "due_at": alarm.due_at or ring_again_at,
        },
    )
    if fresh:
        publish_alarm(alarm, type="raised")
    return fresh


def clear_alarms(order: Order, *, kinds: Iterable[str] | None = None) -> None:
    """Clear the order's open alarms of these kinds, or all but the lasting ones, in the caller's transaction.

    Those are cleared by name only: money that is stuck stays stuck whatever becomes of the visit.
    The caller holds the order's lock, under which every alarm of it is raised.
    """
    wanted = set(order.alarmed) - set(Alarm.LASTING) if kinds is None else set(order.alarmed) & set(kinds)
    if not wanted:
        return
    silence(Alarm.objects.filter(order=order, kind__in=wanted))
    order.__dict__.pop("alarmed", None)


def silence(alarms: QuerySet[Alarm]) -> None:
    """Clear those of them that are open, in the caller's transaction."""
    for alarm in alarms.select_related("worker", "taken_by").filter(cleared_at=None):
        alarm.cleared_at = timezone.now()
        alarm.save(update_fields=["cleared_at"])
        publish_alarm(alarm, type="cleared")


def take_alarm(*, staff: User, alarm_id: int) -> Alarm:
    """A dispatcher takes an alarm: it is his and rings no more, and he has until its new deadline. Taking one's own
    again changes nothing.

    Raises DoorbellError forbidden, not_found (also when it was cleared), alarm_taken with details {taken_by}.
    """
    check_allowed(staff, "orders.handle_alarm")
    with hub.atomic():
        visible = selectors.alarms_visible_to(staff).filter(pk=alarm_id, cleared_at=None)
        if visible.filter(taken_by=None).update(taken_by=staff) == 1:
            alarm = visible.select_related("order", "worker", "taken_by").get()
            put_off(alarm)
            publish_alarm(alarm, type="taken")
            return alarm
        taken = visible.first()
        if taken is None:
            raise DoorbellError("not_found")
        if taken.taken_by != staff:
            raise DoorbellError("alarm_taken", details={"taken_by": alarm_card(taken)["taken_by"]})
        return taken


def put_off(alarm: Alarm) -> None:
    """Store it, with a new deadline: whoever has it now has escalate_s at least."""
    later = timezone.now() + timedelta(seconds=selectors.terms_of_alarm(alarm).dispatch.escalate_s)
    alarm.due_at = max(alarm.due_at or later, later)
    alarm.save(update_fields=["due_at", "owner", "taken_by", "ring_again_at"])


def alarm_silent_workers() -> int:
    """Alarm the board about workers on their way of whom nothing was heard for too long; returns how many are new.

    The alarm of one who is heard again is cleared.
    """
    travelling = selectors.travelling_orders()
    heard = workforce.heard_at(order.worker_id for order in travelling if order.worker_id)
    alarmed = selectors.alarmed_order_ids(Alarm.WORKER_SILENT)
    wrong = [order.pk for order in travelling if _is_silent(order, heard) != (order.pk in alarmed)]
    return sum(_look_closer(order_id) for order_id in wrong)


def _look_closer(order_id: int) -> bool:
    # He may have arrived, or been heard, since: only what is true under the order's lock is told, because nothing else
    # would clear it.
    with hub.atomic():
        order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
        if order.phase != Phase.EN_ROUTE or order.ended_at or order.worker_id is None:
            return False
        if _is_silent(order, workforce.heard_at([order.worker_id])):
            return raise_alarm(order, kind=Alarm.WORKER_SILENT, worker_id=order.worker_id)
        clear_alarms(order, kinds=[Alarm.WORKER_SILENT])
        return False


def _is_silent(order: Order, heard: Mapping[int, datetime]) -> bool:
    since = max(heard.get(order.worker_id or 0, order.phase_since), order.phase_since)
    return (timezone.now() - since).total_seconds() > selectors.policies_of(order).visit.silent_after_s
