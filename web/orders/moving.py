"""What moving a visit means for its customer, by how things stood when he asked: the preview and the step ask here."""

from dataclasses import dataclass
from datetime import datetime

from web.orders import selectors
from web.orders.cancelling import stood_at, terms_at
from web.orders.models import Order
from workflows.transitions import Role


@dataclass(frozen=True)
class Outlook:
    """late: it is so short before the visit that a move counts as late. moves_left: how many he still has, as late as
    it is. kept_fee_fen: what cancelling costs now, and will cost at least after the move; kept_for: the worker who then
    has a part in it.
    """

    late: bool
    moves_left: int
    kept_fee_fen: int
    kept_for: int | None


def outlook_at(order: Order, *, asked_at: datetime) -> Outlook:
    """The outlook on a move at `asked_at`. While the worker is late a move is never a late one of the customer's."""
    policy, stood = selectors.policies_of(order).rescheduling, stood_at(order, asked_at)
    ahead_s = (stood.starts_at - asked_at).total_seconds()
    late = ahead_s < policy.free_before_s and not stood.late
    # Not those that he has granted to his worker.
    moves = order.events.filter(type="rescheduled", role=Role.CUSTOMER.value).exclude(data__has_key="proposal_id")
    left = policy.max_moves - moves.count()
    if late:
        left = min(left, policy.max_late_moves - moves.filter(data__late=True).count())
    terms = terms_at(order, asked_at=asked_at, paid=order.paid_at is not None)
    return Outlook(late, max(left, 0), terms.fee_fen, terms.worker_id if terms.fee_fen else None)
