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
    late = given_up_at(order, policies)
    if late and not order.no_show:
        timers.append(_timer(order, Move.DID_NOT_ARRIVE, late))
    if order.phase == Phase.ARRIVED and order.absent_until and order.absence_proven:
        timers.append(_timer(order, Move.CUSTOMER_ABSENT, order.absent_until))
    return timers


def given_up_at(order: Order, policies: Policies) -> datetime | None:
    """When its worker is taken not to come; None where he is there, or nobody is."""
    if order.phase not in (Phase.ACCEPTED, Phase.EN_ROUTE) or order.arrive_by is None:
        return None
    return order.arrive_by + timedelta(seconds=policies.no_show.worker_grace_s)


def _timer(order: Order, move: Move, due: datetime) -> Timer:
    return Timer(move.value, f"{move}:{order.worker_id}:{order.version}", due)
