"""What a customer changes of his order before the worker has set out: where, and what."""

from asgiref.sync import sync_to_async
from ninja import Router

from web.accounts.auth import SignedRequest
from web.orders.api.booking import IdempotencyKey, address_of
from web.orders.api.commands import ANSWERS, CUSTOMER, REFUSALS, Answer
from web.orders.api.commands import give_command as give
from web.orders.proposal_schemas import ChangeAddress, ChangeRequest
from web.schemas import Id
from workflows.transitions import Move

router = Router(auth=CUSTOMER)


@router.post("/orders/{order_id}/address", response=ANSWERS, openapi_extra=REFUSALS)
async def change_address(
    request: SignedRequest, order_id: Id, payload: ChangeAddress, key: IdempotencyKey = ""
) -> Answer:
    """Another address of mine. `POST /quotes` has the total for there; what is dearer waits for the
    difference, what is cheaper gives it back.
    """
    await sync_to_async(address_of)(request.auth, payload.address_id)
    return await give(request, order_id, Move.CHANGE_ADDRESS, key, payload.model_dump())


@router.post("/orders/{order_id}/request", response=ANSWERS, openapi_extra=REFUSALS)
async def change_request(
    request: SignedRequest, order_id: Id, payload: ChangeRequest, key: IdempotencyKey = ""
) -> Answer:
    """What I want done; the worker is told that it has changed."""
    return await give(request, order_id, Move.CHANGE_REQUEST, key, {}, typed=payload.request)
