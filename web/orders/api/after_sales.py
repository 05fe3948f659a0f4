"""售后 over HTTP: a customer claims, staff answer."""

from ninja import Router

from web.accounts.auth import SignedRequest
from web.openapi import refusals
from web.orders.api.booking import IdempotencyKey
from web.orders.api.commands import ANSWERS, CUSTOMER, STAFF, Answer, give_command
from web.orders.case_schemas import AnswerCaseRequest, ClaimRequest
from web.schemas import Id
from workflows.transitions import Move

router = Router()

COMMON = ("not_found", "not_allowed", "expired", "order_ended", "idempotency_mismatch")


@router.post(
    "/orders/{order_id}/claims",
    auth=CUSTOMER,
    response=ANSWERS,
    openapi_extra=refusals(*COMMON, "claim_too_late", "case_open", "photo_unknown"),
)
async def claim(request: SignedRequest, order_id: Id, payload: ClaimRequest, key: IdempotencyKey = "") -> Answer:
    """Something was not right: until the order's `review_until`, one case at a time."""
    choice = {"kind": payload.kind, "photos": ",".join(map(str, payload.photos))}
    return await give_command(request, order_id, Move.CLAIM, key, choice, typed=payload.text)


@router.post(
    "/orders/{order_id}/cases/{case_id}/answer",
    auth=STAFF,
    response=ANSWERS,
    openapi_extra=refusals(*COMMON, "case_closed"),
)
async def answer_case(
    request: SignedRequest, order_id: Id, case_id: Id, payload: AnswerCaseRequest, key: IdempotencyKey = ""
) -> Answer:
    """The platform's answer, which the customer reads."""
    choice = {"case_id": case_id, "outcome": payload.outcome}
    return await give_command(request, order_id, Move.ANSWER_CASE, key, choice, typed=payload.text)
