"""Reading proposals: what their order's actor and its parties see of them."""

from web.orders.models import Order
from workflows.messages import Timer
from workflows.transitions import Move


def timers_of(order: Order) -> list[Timer]:
    """When the order's proposal lapses, if one waits for its answer or its payment."""
    proposal = order.live_proposal
    if proposal is None:
        return []
    key = f"proposal:{proposal.pk}:{proposal.state}:lapsed"
    return [Timer(Move.PROPOSAL_LAPSED.value, key, proposal.due_at, proposal.pk)]
