"""What people have asked in time and the actor has not decided yet: a deadline must not overtake it."""

from datetime import datetime

from django.utils import timezone

from web.orders.models import Command
from workflows.transitions import Move


def is_pending(order_id: int, *moves: Move, by: datetime, **more: object) -> bool:
    """Whether one of these moves was received at `by` or before, is still valid, and waits for the actor.

    more: what else must be true of its command.
    """
    waiting = Command.objects.filter(order_id=order_id, state=Command.PENDING, move__in=moves, received_at__lte=by)
    return any(command.valid_until > timezone.now() for command in waiting.filter(**more))
