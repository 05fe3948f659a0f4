"""What cancelling costs, by how things stood when it was asked: the preview and the step ask the same function."""

from dataclasses import dataclass
from datetime import datetime

from web.orders import selectors
from web.orders.fees import Cancellation, cancellation_fee_fen
from web.orders.models import Order
from workflows.transitions import Phase

LATE = frozenset({"late_to_depart", "late_to_arrive"})
"""Events that say that the worker is late in the phase they happen in."""

UNTIL_THE_DOOR = (Phase.DISPATCHING, Phase.ACCEPTED, Phase.EN_ROUTE)
MOVED = "rescheduled"
"""The event of a visit's move: another start, for which nobody is late yet."""


@dataclass(frozen=True)
class Terms:
    """fee_fen: what the customer owes. worker_id: who was on his way for it, None before anybody had accepted."""

    fee_fen: int
    worker_id: int | None


def terms_at(order: Order, *, asked_at: datetime, paid: bool, cancellation: Cancellation | None = None) -> Terms:
    """The terms of cancelling at `asked_at`, read from the timeline: what was decided since then does not count, but
    that the worker has left the order. cancellation: another table than the order's.

    Free while the worker is late: a customer who waits for him pays nothing, and he gets no part of a fee. Free too,
    until somebody is at the door, where a worker failed the order, or cannot be there as was promised. Else never less
    than it was when the customer himself last moved the visit: nobody moves it to cancel it for nothing.
    """
    stood = stood_at(order, asked_at)
    nobody = stood.phase in (Phase.AWAITING_PAYMENT, Phase.DISPATCHING)
    left_since = not nobody and order.worker_id is None
    free = stood.late or left_since
    fee = cancellation_fee_fen(
        cancellation or selectors.policies_of(order).cancellation,
        phase=stood.phase,
        total_fen=order.total_fen,
        until_start_s=(stood.starts_at - asked_at).total_seconds(),
        paid=paid,
        late=free,
    )
    if paid and not free and fee < stood.kept.fee_fen:
        return stood.kept
    return Terms(fee_fen=fee, worker_id=None if nobody else order.worker_id)


@dataclass
class Stood:
    """How an order stood at a moment. late: the alarm for its worker had been raised, or nobody is at the door yet and
    what was promised was broken before. kept: the terms of cancelling that its customer took along when he moved it.
    """

    phase: Phase
    starts_at: datetime
    late: bool = False
    kept: Terms = Terms(0, None)


def stood_at(order: Order, at: datetime) -> Stood:
    """Read from the timeline."""
    stood, let_down = Stood(Phase(order.phase), order.starts_at), False
    for event in order.events.order_by("version"):
        if event.at > at:
            if event.type == MOVED:
                stood.starts_at = datetime.fromisoformat(event.data["from"])
                break
            continue
        # A visit that was moved is promised anew.
        let_down = event.type != MOVED and (let_down or bool(event.data.get("failed")) or "expected_at" in event.data)
        interrupted = Phase.EXCEPTION in (event.phase, event.phase_before)
        same_leg = (interrupted or event.phase == event.phase_before) and event.type != MOVED
        stood.late = event.type in LATE or (stood.late and same_leg)
        stood.phase = Phase(event.phase)
        if event.data.get("kept_fee_fen", 0) > stood.kept.fee_fen:
            stood.kept = Terms(event.data["kept_fee_fen"], event.data["kept_for"])
    stood.late = stood.late or (let_down and stood.phase in UNTIL_THE_DOOR)
    return stood
