"""补差价 / 加钟: lines that the worker proposes at the door. They are the order's when they are paid, no sooner."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import hub
from web.errors import DoorbellError
from web.orders.models import Order, Proposal
from web.orders.pricing import Chosen
from web.orders.services import aside, changing, proposals
from web.orders.services.change import Change, Refused, Step, refusing
from web.orders.services.commands import typed_with
from web.orders.services.repricing import add_lines
from web.orders.slots import lengthen_slot
from web.payments import services as payments
from workflows.transitions import Phase

if TYPE_CHECKING:
    from web.catalog.content import AddOn
    from web.payments.models import Payment

OTHER = "其他费用"
"""The name of a free line: why it is, the proposal's reason says, which is encrypted, and no line of a price is."""


@dataclass(frozen=True)
class Extra:
    """One line that is proposed: fen. item_id: of the price list, None for a free line."""

    item_id: int | None
    name: str
    quantity: int
    unit_price_fen: int
    amount_fen: int


def propose(step: Step) -> Change:
    """The worker proposes lines. Refused item_unknown, quantity_too_large, amount_too_large, slot_taken (加钟)."""
    asked = json.loads(typed_with(step.command))
    lines, extra_s = _priced(step, asked["items"])
    if asked["other_fen"]:
        lines.append(_free(step, asked["other_fen"]))
    amount_fen = sum(line.amount_fen for line in lines)
    _try_longer(step, extra_s)
    made = proposals.make(
        step,
        Proposal.SUPPLEMENT,
        terms={"lines": [asdict(line) for line in lines], "extra_s": extra_s},
        reason=asked["reason"],
        amount_fen=amount_fen,
        answer_s=step.policies.supplement.answer_s,
    )
    data = {"proposal_id": made.pk, "amount_fen": amount_fen, "extra_s": extra_s}
    return Change("supplement_proposed", columns={"proposal_id": made.pk}, data=data)


def approve(step: Step, proposal: Proposal) -> Change:
    """The customer agrees, and has so long to pay. Time that it takes is kept from now on. Refused slot_taken."""
    with refusing():
        lengthen_slot(step.order, by_s=proposal.terms["extra_s"])
    proposal.state, proposal.due_at = Proposal.APPROVED, step.after(step.policies.supplement.pay_s)
    proposal.save(update_fields=["state", "due_at"])
    return Change("supplement_approved", data={"proposal_id": proposal.pk, "amount_fen": proposal.amount_fen})


def paid(step: Step, proposal_id: int) -> Change:
    """Its money is there. Refused not_allowed where it had lapsed: that money is on its way back."""
    proposal = step.order.live_proposal
    if proposal is None or proposal.pk != proposal_id or not proposals.paid_for(step.order, proposal):
        raise Refused("not_allowed")
    return take_effect(step, proposal)


def lapse_unpaid(step: Step, proposal: Proposal) -> Change:
    """Its time to pay is over. Money that came just in time wins."""
    if proposals.paid_for(step.order, proposal):
        return take_effect(step, proposal)
    data, told = {"proposal_id": proposal.pk, "kind": proposal.kind}, proposals.lapsed_as(proposal)
    return Change("proposal_lapsed", columns=proposals.close(step, proposal, Proposal.LAPSED), data=data, told=told)


def left_behind(step: Step, phase: Phase) -> dict[str, Any]:
    """The order goes on to `phase`, and what can be answered or paid no more lapses, which is told; the columns of an
    order that ends with it.

    Money that is booked for it, and that the order's actor has not heard of yet, is counted where the work is done, and
    goes back where it is not.
    """
    proposal = step.order.live_proposal
    if proposal is None or proposal.lives_in(phase):
        return {}
    paid = proposals.paid_for(step.order, proposal)
    if paid and phase is Phase.COMPLETED:
        aside.happen(step, take_effect(step, proposal))
        return {}
    if phase is Phase.CANCELLED and not paid:
        # That the order is over says it.
        return proposals.close(step, proposal, Proposal.LAPSED)
    aside.happen(step, _give_back(step, proposal, paid))
    return {}


def take_effect(step: Step, proposal: Proposal) -> Change:
    """The lines are the order's: total, planned time and the worker's pay grow; of an address, the visit goes there."""
    order, terms = step.order, proposal.terms
    change = Change("supplement_paid", data={"proposal_id": proposal.pk, "amount_fen": proposal.amount_fen})
    if proposal.kind == Proposal.ADDRESS:
        moved = changing.take_effect(step, proposal)
        if moved is None:
            return _give_back(step, proposal, proposals.paid_for(order, proposal))
        change = moved
    columns = add_lines(step, terms["lines"], rule=f"proposal:{proposal.pk}")
    columns["duration_s"] = order.duration_s + terms["extra_s"]
    change.columns = {**change.columns, **columns, **proposals.close(step, proposal, Proposal.DONE)}
    change.data = {**change.data, "extra_s": terms["extra_s"]}
    return change


def _give_back(step: Step, proposal: Proposal, paid: Payment | None) -> Change:
    told = proposals.lapsed_as(proposal)
    if paid:
        payments.return_payment(payment_id=paid.pk)
        told = "proposal_lapsed.impossible" if proposal.kind == Proposal.ADDRESS else "proposal_lapsed.returned"
    data = {"proposal_id": proposal.pk, "kind": proposal.kind}
    return Change("proposal_lapsed", columns=proposals.close(step, proposal, Proposal.LAPSED), data=data, told=told)


def request_payment(*, order: Order, proposal_id: int, channel: str) -> Payment:
    """The payment the customer is about to make for what he has agreed to.

    Raises DoorbellError not_payable when nothing of that proposal waits for money.
    """
    with hub.atomic():
        # Locked, so that the payment cannot open while its time runs out.
        locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
        proposal = locked.live_proposal
        if proposal is None or proposal.pk != proposal_id or proposal.state != Proposal.APPROVED:
            raise DoorbellError("not_payable")
        return payments.open_payment(
            order_id=locked.pk,
            channel=channel,
            amount_fen=proposal.amount_fen,
            due_at=proposal.due_at,
            purpose=payments.SUPPLEMENT,
            subject_id=proposal.pk,
        )


def _priced(step: Step, asked: list[dict[str, int]]) -> tuple[list[Extra], int]:
    """(the lines of the price list, the seconds that they take)."""
    listed = {item.item_id: item for item in step.order.bought.add_ons}
    lines, extra_s = [], 0
    for one in asked:
        item = listed.get(one["item_id"])
        if item is None:
            raise Refused("item_unknown", details={"item_id": one["item_id"]})
        _check_quantity(step.order, item, one["quantity"])
        lines.append(Extra(item.item_id, item.name, one["quantity"], item.price_fen, item.price_fen * one["quantity"]))
        extra_s += item.extra_s * one["quantity"]
    return lines, extra_s


def _check_quantity(order: Order, item: AddOn, quantity: int) -> None:
    done = Proposal.objects.filter(order=order, kind=Proposal.SUPPLEMENT, state=Proposal.DONE)
    lines = [line for proposal in done for line in proposal.terms["lines"] if line["item_id"] == item.item_id]
    booked = Chosen.read(order.chosen).add_ons.get(item.item_id, 0)
    left = item.max_quantity - booked - sum(line["quantity"] for line in lines)
    if quantity > left:
        raise Refused("quantity_too_large", details={"item_id": item.item_id, "left": max(left, 0)})


def _free(step: Step, amount_fen: int) -> Extra:
    most = step.policies.supplement.max_free_fen
    if amount_fen > most:
        raise Refused("amount_too_large", details={"max_fen": most})
    return Extra(None, OTHER, 1, amount_fen, amount_fen)


def _try_longer(step: Step, extra_s: int) -> None:
    """Nobody is asked to pay for time that is not there: kept for a moment, and given back."""
    if extra_s:
        with refusing():
            lengthen_slot(step.order, by_s=extra_s)
        lengthen_slot(step.order, by_s=0)
