"""What people have asked in time and the actor has not decided yet: no deadline overtakes it, however long an outage of
ours has kept it on its way.
"""

from datetime import datetime

from django.utils import timezone

from web.orders.models import Command
from workflows.messages import StepRequest
from workflows.transitions import Move


def overtakes(request: StepRequest) -> bool:
    """Whether a clock's move would go before what somebody has asked of the order by when it was due.

    Whatever it is: who sets out, hands back, opens, moves or cancels in time has not let the time pass. It is decided
    within a moment, or expires, and then the clock has its turn.
    """
    return request.due is not None and is_pending(request.order_id, by=request.due)


def is_pending(order_id: int, *moves: Move, by: datetime) -> bool:
    """Whether one of these moves (or any) was received at `by` or before, is still valid, and waits for the actor."""
    waiting = Command.objects.filter(order_id=order_id, state=Command.PENDING, received_at__lte=by)
    waiting = waiting.filter(move__in=moves) if moves else waiting
    return any(command.valid_until > timezone.now() for command in waiting)
