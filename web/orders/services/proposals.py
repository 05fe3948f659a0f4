"""The life of a proposal, whatever it is about: made, answered, closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from web.orders.models import Proposal
from web.orders.services.change import Refused, Step
from web.orders.slots import lengthen_slot
from web.payments import services as payments
from workflows.transitions import Role

if TYPE_CHECKING:
    from web.orders.models import Order
    from web.payments.models import Payment

Columns = dict[str, Any]


def make(step: Step, kind: str, *, terms: Mapping[str, Any], reason: str, amount_fen: int, answer_s: float) -> Proposal:
    """Propose to the customer. The caller's change has `proposal_id` among its columns."""
    return Proposal.objects.create(
        order=step.order,
        kind=kind,
        by=step.role.value,
        to=Role.CUSTOMER.value,
        made_by_id=step.command.actor_id,
        reason=reason,
        terms=dict(terms),
        amount_fen=amount_fen,
        phase=step.order.phase,
        made_at=step.now,
        due_at=step.after(answer_s),
    )


def close(step: Step, proposal: Proposal, state: str) -> Columns:
    """Bring a proposal to an end; the columns of its order. Time that was kept for it is free again."""
    if proposal.state == Proposal.APPROVED and state != Proposal.DONE and proposal.terms["extra_s"]:
        lengthen_slot(step.order, by_s=0)
    proposal.state, proposal.closed_at = state, step.now
    proposal.save(update_fields=["state", "closed_at"])
    return {"proposal_id": None}


def lapsed_as(proposal: Proposal) -> str:
    """By what its people are told that its time is over, asked before it closes: nobody answered, or nobody paid. Of
    the customer's own change its worker has never heard.
    """
    if proposal.kind == Proposal.ADDRESS:
        return "proposal_lapsed.address_unpaid"
    return "proposal_lapsed.unpaid" if proposal.state == Proposal.APPROVED else "proposal_lapsed"


def supersede(step: Step, kind: str) -> Columns:
    """Close the order's proposal of a kind, because what it asked for was decided otherwise."""
    proposal = step.order.live_proposal
    return close(step, proposal, Proposal.LAPSED) if proposal and proposal.kind == kind else {}


def paid_for(order: Order, proposal: Proposal) -> Payment | None:
    """Close the proposal's open payments; the one that paid it, if one did."""
    return payments.close_payments(order_id=order.pk, purpose=payments.SUPPLEMENT, subject_id=proposal.pk)


def answered(step: Step) -> Proposal:
    """The open proposal that a command is about. Refused proposal_closed: it is over, or the answer came too late."""
    proposal = _asked_about(step)
    if proposal.state != Proposal.OPEN:
        raise Refused("proposal_closed")
    return proposal


def withdrawable(step: Step) -> Proposal:
    """The proposal that its maker takes back: not answered yet, or, his own change, not paid.

    Refused proposal_closed: it is over, or its money is booked, and the order is about to hear of it.
    """
    proposal = _asked_about(step)
    if proposal.kind != Proposal.ADDRESS:
        return answered(step)
    if paid_for(step.order, proposal):
        raise Refused("proposal_closed")
    return proposal


def _asked_about(step: Step) -> Proposal:
    proposal = step.order.live_proposal
    is_it = proposal is not None and proposal.pk == step.command.choice.get("proposal_id")
    if proposal is None or not is_it or step.command.received_at > proposal.due_at:
        raise Refused("proposal_closed")
    return proposal
