"""What goes outside the app, and by which channel first: decided after the commit, so that no step waits for it."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

import hub
from web.notifications import switchboard
from web.notifications.kinds import KINDS
from web.notifications.models import Delivery, Message, OptOut
from web.notifications.switchboard import Switchboard

PLANNED_AT_ONCE = 500


def plan_deliveries() -> int:
    """Decide on the oldest messages nobody has decided on; how many there were. Five statements, however many."""
    with hub.atomic():
        unplanned = Message.objects.select_for_update(skip_locked=True).filter(planned_at=None).order_by("pk")
        messages = list(unplanned[:PLANNED_AT_ONCE])
        if not messages:
            return 0
        now, board, refused = timezone.now(), switchboard.current(), _opted_out(messages)
        planned = [
            _first(message, board, now) for message in messages if (message.user_id, message.kind) not in refused
        ]
        Delivery.objects.bulk_create(delivery for delivery in planned if delivery)
        Message.objects.filter(pk__in=[message.pk for message in messages]).update(planned_at=now)
    return len(messages)


def _opted_out(messages: Sequence[Message]) -> set[tuple[int, str]]:
    rows = OptOut.objects.filter(user__in={message.user_id for message in messages})
    return {(user, kind) for user, kind in rows.values_list("user_id", "kind") if not _is_critical(kind)}


def _is_critical(kind: str) -> bool:
    return kind in KINDS and KINDS[kind].critical


def _first(message: Message, board: Switchboard, now: datetime) -> Delivery | None:
    channels = board.channels(message.kind)
    if not channels:
        return None
    due_at = switchboard.due(board.rule(message.kind, channels[0]), critical=_is_critical(message.kind), now=now)
    delivery = Delivery(message=message, channel=str(channels[0]), due_at=due_at)
    if due_at > message.useful_until:
        delivery.state, delivery.code, delivery.done_at = Delivery.SKIPPED, "too_late", now
    return delivery
