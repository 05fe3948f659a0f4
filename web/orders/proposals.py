"""Reading proposals: what their order's actor and its parties see of them."""

from django.utils import timezone

from web.orders.models import Command, Order, Proposal
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
    answers = Command.objects.filter(
        order_id=proposal.order_id,
        state=Command.PENDING,
        move__in=ANSWERS,
        body__choice__proposal_id=proposal.pk,
        received_at__lte=proposal.due_at,
    )
    return any(command.valid_until > timezone.now() for command in answers)
