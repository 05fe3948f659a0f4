"""When an order's actor moves by itself, as far as its view says. Temporal's page shows it, and the row keeps it, so
that the sweep finds an actor that has not.
"""

from datetime import datetime

from workflows.messages import OrderView
from workflows.transitions import Phase

OWN: dict[Phase, str] = {
    Phase.AWAITING_PAYMENT: "payment_due",
    Phase.DISPATCHING: "offer_due",
    Phase.ACCEPTED: "depart_by",
    Phase.EN_ROUTE: "arrive_by",
    Phase.AWAITING_CONFIRMATION: "autoconfirm_at",
    Phase.COMPLETED: "review_until",
}
"""Which of the order's deadlines is its phase's own; the others are over, or are not waited for yet."""


def waits_until(view: OrderView) -> list[tuple[str, datetime]]:
    """What ends the actor's wait, by name (UTC): its phase's own deadline, while it counts, and the row's timers."""
    phase = Phase(view.phase)
    own = OWN.get(phase, "")
    due: datetime | None = getattr(view.deadlines, own) if own and not view.ended else None
    told = phase in (Phase.ACCEPTED, Phase.EN_ROUTE) and view.late_told
    kept = phase is Phase.COMPLETED and not (view.settled and view.closable)
    timers = [(timer.move, timer.due) for timer in view.timers]
    return [(own, due), *timers] if due and not told and not kept else timers


def moves_at(view: OrderView, *, now: datetime) -> datetime | None:
    """When the actor moves if nobody asks anything: never before `now`, when the row moved last; None where it is
    through, waits for people or for money's way back, or looks for a worker again and again.
    """
    at_once = {
        Phase.DISPATCHING: view.offer_id is None and not view.exhausted,
        Phase.COMPLETED: not view.settled,
        Phase.CANCELLED: not view.open_refunds,
    }
    if view.ended:
        return None
    if at_once.get(Phase(view.phase), False):
        return now
    due = min((due for _, due in waits_until(view)), default=None)
    return due and max(now, due)
