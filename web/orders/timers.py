"""What an order's row wants done at a time, beside its phase's own deadline."""

from datetime import datetime, timedelta

from web.orders.models import Order
from web.orders.policies import Policies
from workflows.messages import Timer
from workflows.transitions import Move, Phase


def timers_of(order: Order, policies: Policies) -> list[Timer]:
    """For the actor's view. Keys hold the version, so that what is due again after a change is another step."""
    timers = []
    if order.phase == Phase.ACCEPTED and order.depart_by and not order.not_departed:
        due = order.depart_by + timedelta(seconds=policies.reassign.give_up_s)
        timers.append(_timer(order, Move.DID_NOT_DEPART, due))
    return timers


def _timer(order: Order, move: Move, due: datetime) -> Timer:
    return Timer(move.value, f"{move}:{order.worker_id}:{order.version}", due)
