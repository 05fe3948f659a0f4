"""A customer's compensation that its payout did not bring to him: staff have it paid again, or by other means."""

from typing import Annotated, Literal

from asgiref.sync import sync_to_async
from ninja import Router

from web.accounts.auth import SignedRequest, require
from web.accounts.models import User
from web.ledger import withdrawals
from web.openapi import refusals
from web.orders import selectors
from web.orders.compensations import cards_of
from web.orders.schemas import CompensationCard
from web.orders.services import compensating
from web.schemas import Id, Schema, text
from workflows import client
from workflows.messages import PayoutStart
from workflows.transitions import Role

router = Router(auth=require(Role.STAFF))

REFUSED = refusals("not_found", "payout_open", "compensation_paid")


class PayOut(Schema):
    """Where to."""

    channel: Literal["sandbox"]


class PaidOtherwise(Schema):
    """How it was paid: by which means, and a number by which it can be found."""

    note: Annotated[str, text(500, minimum=1)]


@router.post("/compensations/{compensation_id}/pay-out", response=CompensationCard, openapi_extra=REFUSED)
async def pay_out(request: SignedRequest, compensation_id: Id, payload: PayOut) -> CompensationCard:
    """Have it paid out again: its payout failed, was not confirmed in time, or there was none."""
    card, start = await sync_to_async(_pay_out)(request.auth, compensation_id, payload.channel)
    # After the commit; what is missed here, the sweep starts.
    await client.move_payout(start)
    return card


@router.post("/compensations/{compensation_id}/paid-otherwise", response=CompensationCard, openapi_extra=REFUSED)
def paid_otherwise(request: SignedRequest, compensation_id: Id, payload: PaidOtherwise) -> CompensationCard:
    """I have paid it by other means. `payout_open` while its payout could still succeed."""
    compensating.record_paid_otherwise(staff=request.auth, compensation_id=compensation_id, note=payload.note)
    return _card(request.auth, compensation_id)


def _pay_out(staff: User, compensation_id: int, channel: str) -> tuple[CompensationCard, PayoutStart]:
    payout_id = compensating.pay_again(staff=staff, compensation_id=compensation_id, channel=channel)
    return _card(staff, compensation_id), withdrawals.start_of(withdrawals.withdrawal(payout_id))


def _card(staff: User, compensation_id: int) -> CompensationCard:
    order = selectors.visible_to(staff).get(compensations=compensation_id)
    return next(card for card in cards_of(staff, order) if card.id == compensation_id)
