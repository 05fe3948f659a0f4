"""Reading proposals: what their order's actor and its parties see of them."""

from web.orders.models import Order, Proposal
from web.orders.pending import is_pending
from workflows.messages import Timer
from workflows.transitions import Move

ANSWERS = (Move.APPROVE, Move.DECLINE, Move.WITHDRAW)


def timers_of(order: Order) -> list[Timer]:
    """When the order's proposal lapses, if one waits for its answer or its payment."""
    proposal = order.live_proposal
    if proposal is None:
        return []
    key = f"proposal:{proposal.pk}:{proposal.state}:lapsed"
    return [Timer(Move.PROPOSAL_LAPSED.value, key, proposal.due_at, proposal.pk)]


def is_being_answered(proposal: Proposal) -> bool:
    """Whether an answer was received in time, is still valid, and waits for the actor."""
    this = {"body__choice__proposal_id": proposal.pk}
    return is_pending(proposal.order_id, *ANSWERS, by=proposal.due_at, **this)
