"""One party proposes, another answers: the commands, and the deadline when nobody does."""

from datetime import datetime

from web.orders.models import Proposal
from web.orders.services import proposals, supplements
from web.orders.services.change import Change, Refused, Step, refusing
from web.orders.services.commands import typed_with
from web.orders.services.placing import check_time
from web.orders.services.rescheduling import move_visit
from web.times import iso


def propose_move(step: Step) -> Change:
    """The worker asks for another time. Who is free then is seen when the customer agrees. Refused as a booking is."""
    starts_at = datetime.fromisoformat(str(step.command.choice["starts_at"]))
    if starts_at == step.order.starts_at:
        raise Refused("same_time")
    with refusing():
        check_time(starts_at, step.policies)
    made = proposals.make(
        step,
        Proposal.RESCHEDULE,
        terms={"starts_at": starts_at.isoformat()},
        reason=typed_with(step.command),
        amount_fen=0,
        answer_s=step.policies.rescheduling.answer_s,
    )
    data = {"proposal_id": made.pk, "to": iso(starts_at)}
    return Change("move_proposed", columns={"proposal_id": made.pk}, data=data)


def approve(step: Step) -> Change:
    """The customer agrees, judged by when his answer was received."""
    proposal = proposals.answered(step)
    if proposal.kind == Proposal.SUPPLEMENT:
        return supplements.approve(step, proposal)
    closed = proposals.close(step, proposal, Proposal.DONE)
    starts_at = datetime.fromisoformat(proposal.terms["starts_at"])
    change = move_visit(step, starts_at=starts_at, data={"proposal_id": proposal.pk})
    change.columns = {**change.columns, **closed}
    return change


def decline(step: Step) -> Change:
    """The customer does not want it: the order stays as it is."""
    return _over(step, proposals.answered(step), Proposal.DECLINED)


def withdraw(step: Step) -> Change:
    """Who proposed it thinks better of it, before it was answered, or paid."""
    return _over(step, proposals.withdrawable(step), Proposal.WITHDRAWN)


def lapse(step: Step) -> Change:
    """Nobody answered, or paid, in time."""
    proposal = step.order.live_proposal
    if proposal is None or proposal.pk != step.request.reference:
        raise Refused("proposal_closed")
    if proposal.state == Proposal.APPROVED:
        return supplements.lapse_unpaid(step, proposal)
    return _over(step, proposal, Proposal.LAPSED)


def _over(step: Step, proposal: Proposal, state: str) -> Change:
    data = {"proposal_id": proposal.pk, "kind": proposal.kind}
    return Change(f"proposal_{state}", columns=proposals.close(step, proposal, state), data=data)
