"""What a step brings about beside its own move: a line of the timeline of its own, before the move's, heard by all whom
it concerns.
"""

from web.orders.models import OrderEvent
from web.orders.past import recorded
from web.orders.services import bookkeeping
from web.orders.services.change import Change, Step
from web.orders.services.publishing import publish_order
from workflows.transitions import Role


def happen(step: Step, change: Change) -> None:
    """Write it to the order, which stays in its phase, and tell it: it is the platform's doing, whoever moves."""
    order, columns = step.order, dict(change.columns)
    for name, value in (columns | {"version": order.version + 1}).items():
        setattr(order, name, value)
    event = OrderEvent(
        order=order,
        version=order.version,
        type=change.type,
        phase_before=order.phase,
        phase=order.phase,
        role=Role.SYSTEM.value,
        key=step.request.key,
        data=dict(change.data),
        changes=recorded(order, columns),
        at=step.now,
    )
    bookkeeping.note(order, event, columns)
    publish_order(order, type=change.type, by=Role.SYSTEM, told=change.told)
