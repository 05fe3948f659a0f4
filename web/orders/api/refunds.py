"""Money back, decided by staff."""

from ninja import Router

from web.accounts.auth import SignedRequest
from web.openapi import refusals
from web.orders.api.booking import IdempotencyKey
from web.orders.api.commands import ANSWERS, STAFF, Answer
from web.orders.api.commands import give_command as give
from web.orders.case_schemas import RefundRequest
from web.schemas import Id
from workflows.transitions import Move

router = Router()

REFUSALS = refusals("not_found", "not_allowed", "order_ended", "refund_too_large", "line_unknown")


@router.post("/orders/{order_id}/refund", auth=STAFF, response=ANSWERS, openapi_extra=REFUSALS)
async def refund(request: SignedRequest, order_id: Id, payload: RefundRequest, key: IdempotencyKey = "") -> Answer:
    """Give money back, before the settlement or after it; the gateway's answer comes as the event `refunded`."""
    return await give(request, order_id, Move.REFUND, key, payload.model_dump())
