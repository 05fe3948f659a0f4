"""What cancelling costs, by how things stood when it was asked: the preview and the step ask the same function."""

from dataclasses import dataclass
from datetime import datetime

from web.orders import selectors
from web.orders.models import Order
from web.orders.policies import cancellation_fee_fen
from workflows.transitions import Phase

LATE = frozenset({"late_to_depart", "late_to_arrive"})
"""Events that say that the worker is late in the phase they happen in."""


@dataclass(frozen=True)
class Terms:
    """fee_fen: what the customer owes. worker_id: who was on his way for it, None before anybody had accepted."""

    fee_fen: int
    worker_id: int | None


def terms_at(order: Order, *, asked_at: datetime, paid: bool) -> Terms:
    """The terms of cancelling at `asked_at`, read from the timeline: what was decided since then does not count.

    Free while the worker is late: a customer who waits for him pays nothing, and he gets no part of a fee.
    """
    phase, late = _how_it_stood(order, asked_at)
    fee = cancellation_fee_fen(
        selectors.policies_of(order),
        phase=phase,
        total_fen=order.total_fen,
        until_start_s=(order.starts_at - asked_at).total_seconds(),
        paid=paid,
        late=late,
    )
    nobody = phase in (Phase.AWAITING_PAYMENT, Phase.DISPATCHING)
    return Terms(fee_fen=fee, worker_id=None if nobody else order.worker_id)


def _how_it_stood(order: Order, at: datetime) -> tuple[Phase, bool]:
    """(the phase at that moment, whether its alarm for a late worker had been raised by then)."""
    phase, late = Phase(order.phase), False
    for event in order.events.filter(at__lte=at).order_by("version"):
        interrupted = Phase.EXCEPTION in (event.phase, event.phase_before)
        late = event.type in LATE or (late and (interrupted or event.phase == event.phase_before))
        phase = Phase(event.phase)
    return phase, late
