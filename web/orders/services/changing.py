"""Another address, or another request, before the worker has set out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

import hub
from web.accounts import selectors as accounts
from web.ledger import services as ledger
from web.marketing import services as marketing
from web.marketing.points_selectors import paid_by_points
from web.orders.cancelling import terms_at
from web.orders.discounts import POINTS
from web.orders.models import Order, Proposal
from web.orders.quoting import price_today
from web.orders.services import proposals
from web.orders.services.change import Change, Refused, Step, refusing
from web.orders.services.commands import typed_with
from web.orders.services.refunding import left_fen, promise_back, return_points
from web.orders.services.repricing import add_lines, shrink_discounts
from web.orders.services.rescheduling import rebook
from web.scheduling.routing import Place

if TYPE_CHECKING:
    from web.accounts.models import Address
    from web.orders.pricing import Price

WHERE = ("contact_name", "contact_phone", "place", "door", "district", "lng", "lat")
"""Columns of an order that its address fills."""


class _OnlyAsked(Exception):
    """Takes back what was done to see whether it can be."""


def change_request(step: Step) -> Change:
    """What the customer wants done, in other words. Its worker is told, and reads it."""
    return Change("request_changed", columns={"request": typed_with(step.command)})


def change_address(step: Step) -> Change:
    """The visit goes elsewhere, at its time: with its worker where that still fits, else the order looks for another.

    At today's price of what was chosen: what is dearer waits for the difference, and the old address stands until it is
    paid; what is cheaper gives the difference back. Refused not_served_here, slot_taken, price_changed (details lines:
    it is not what was shown), and what `pricing.price` refuses.
    """
    address = _address(step)
    with refusing():
        priced = price_today(step.order, place=Place(address.lng, address.lat))
    more_fen = priced.total_fen - _visit_fen(step.order)
    if priced.total_fen != step.command.choice["quoted_fen"]:
        raise Refused("price_changed", details=priced.as_details())
    new = {name: getattr(address, name) for name in WHERE}
    kept = _fee_taken_along(step)
    if more_fen > 0:
        _see_whether_it_can_be(step, new)
        made = _keep(step, new, more_fen, state=Proposal.APPROVED, kept=kept)
        data = {"proposal_id": made.pk, "amount_fen": more_fen}
        return Change("address_asked", columns={"proposal_id": made.pk}, data=data)
    made = _keep(step, new, more_fen, state=Proposal.DONE)
    change = rebook(step, "address_changed", new)
    change.data = {**change.data, **kept}
    return _give_difference(step, change, made, priced)


def _visit_fen(order: Order) -> int:
    """What the visit itself costs: the order's lines without what was agreed to on top, which stays."""
    rules = [f"proposal:{pk}" for pk in order.proposals.filter(kind=Proposal.SUPPLEMENT).values_list("pk", flat=True)]
    return int(order.lines.exclude(rule__in=rules).aggregate(fen=Sum("amount_fen"))["fen"] or 0)


def take_effect(step: Step, proposal: Proposal) -> Change | None:
    """The difference is paid: the visit goes to the new address. Where that has become impossible the money goes back,
    and None says so.
    """
    try:
        with hub.atomic():
            change = rebook(step, "address_changed", json.loads(proposal.places)["new"])
    except Refused:
        step.order.__dict__.pop("open_offers", None)
        return None
    kept = proposal.terms.get("kept", {})
    change.data = {**change.data, "proposal_id": proposal.pk, "amount_fen": proposal.amount_fen, **kept}
    return change


def _give_difference(step: Step, change: Change, made: Proposal, priced: Price) -> Change:
    """The visit costs less at its new address: its lines say so, and so much goes back. A discount that does not fit
    any more is as small as it has to be; points that pay no part of it any more are the customer's again.
    """
    order, less_fen, rule = step.order, -made.amount_fen, f"proposal:{made.pk}"
    shrunk = shrink_discounts(order, priced.lines)
    # A discount may shrink and there be no less to pay: of every price something is left.
    if not less_fen + shrunk.fen:
        return change
    price = add_lines(step, [_adjustment(-less_fen - shrunk.fen)], rule=rule, shrunk=shrunk)
    change.columns = {**change.columns, **price}
    if less_fen:
        ledger.post_price_fallen(order_id=order.pk, cause=rule, amount_fen=less_fen)
        back = promise_back(order, amount_fen=less_fen, key=f"order:{order.pk}:{rule}")
        change.columns = {**change.columns, **back}
        change.data = {**change.data, "proposal_id": made.pk, "amount_fen": made.amount_fen}
    if POINTS in shrunk.less:
        points_fen = paid_by_points(order.pk) - shrunk.less[POINTS]
        return_points(order, kept_fen=left_fen(order), fallen_fen=less_fen, points_fen=points_fen)
    # Behind the points: a customer's account is locked before a campaign's row.
    marketing.lessen(order_id=order.pk, less=shrunk.less)
    return change


def _adjustment(fen: int) -> dict[str, Any]:
    return {"item_id": None, "name": "价格调整", "quantity": 1, "unit_price_fen": fen, "amount_fen": fen}


def _fee_taken_along(step: Step) -> dict[str, Any]:
    """As for a move: who has sent the visit elsewhere does not cancel it for less."""
    terms = terms_at(step.order, asked_at=step.command.received_at, paid=True)
    return {"kept_fee_fen": terms.fee_fen, "kept_for": terms.worker_id} if terms.fee_fen else {}


def _see_whether_it_can_be(step: Step, new: dict[str, Any]) -> None:
    with suppress(_OnlyAsked), hub.atomic():
        rebook(step, "address_changed", new)
        raise _OnlyAsked
    step.order.__dict__.pop("open_offers", None)


def _address(step: Step) -> Address:
    mine = accounts.addresses_visible_to(step.order.customer)
    address = mine.filter(pk=int(step.command.choice["address_id"])).first()
    if address is None or address.city != step.order.city:
        raise Refused("not_served_here")
    return address


def _keep(
    step: Step, new: dict[str, Any], more_fen: int, *, state: str, kept: Mapping[str, Any] | None = None
) -> Proposal:
    """The old place and the new one, encrypted, beside the timeline: no event has them."""
    old = {name: getattr(step.order, name) for name in WHERE}
    made = proposals.make(
        step,
        Proposal.ADDRESS,
        terms={"lines": [_adjustment(more_fen)] if more_fen else [], "extra_s": 0, "kept": dict(kept or {})},
        reason="",
        amount_fen=more_fen,
        answer_s=step.policies.supplement.pay_s,
    )
    made.state, made.places = state, json.dumps({"old": old, "new": new}, ensure_ascii=False)
    made.closed_at = step.now if state == Proposal.DONE else None
    made.save(update_fields=["state", "places", "closed_at"])
    return made
