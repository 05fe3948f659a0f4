"""变更申请: one party proposes, another answers; and paying what was agreed."""

from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from ninja import Router

from web.accounts.auth import SignedRequest, require
from web.accounts.models import User
from web.openapi import refusals
from web.orders.api.booking import IdempotencyKey, opened, visible_order
from web.orders.api.commands import ANSWERS, CUSTOMER, REFUSALS, WORKER, Answer
from web.orders.api.commands import give_command as give
from web.orders.booking_schemas import PaymentOpened, PayRequest
from web.orders.command_schemas import Nothing
from web.orders.proposal_schemas import ProposeMove, ProposeSupplement
from web.orders.services.supplements import request_payment
from web.schemas import Id
from workflows.transitions import Move, Role

if TYPE_CHECKING:
    from web.payments.models import Payment

router = Router()


@router.post("/orders/{order_id}/proposals/move", auth=WORKER, response=ANSWERS, openapi_extra=REFUSALS)
async def propose_move(request: SignedRequest, order_id: Id, payload: ProposeMove, key: IdempotencyKey = "") -> Answer:
    """I ask for another time: the customer answers, or it lapses."""
    choice = {"starts_at": payload.starts_at.isoformat()}
    return await give(request, order_id, Move.PROPOSE_MOVE, key, choice, typed=payload.reason)


@router.post("/orders/{order_id}/proposals/supplement", auth=WORKER, response=ANSWERS, openapi_extra=REFUSALS)
async def propose_supplement(
    request: SignedRequest, order_id: Id, payload: ProposeSupplement, key: IdempotencyKey = ""
) -> Answer:
    """补差价 / 加钟: nothing is charged before the customer has agreed and paid."""
    return await give(request, order_id, Move.PROPOSE_SUPPLEMENT, key, {}, typed=payload.model_dump_json())


@router.post(
    "/orders/{order_id}/proposals/{proposal_id}/approve", auth=CUSTOMER, response=ANSWERS, openapi_extra=REFUSALS
)
async def approve(
    request: SignedRequest, order_id: Id, proposal_id: Id, payload: Nothing, key: IdempotencyKey = ""
) -> Answer:
    """I agree. What costs something waits for its payment now."""
    return await give(request, order_id, Move.APPROVE, key, {"proposal_id": proposal_id})


@router.post(
    "/orders/{order_id}/proposals/{proposal_id}/decline", auth=CUSTOMER, response=ANSWERS, openapi_extra=REFUSALS
)
async def decline(
    request: SignedRequest, order_id: Id, proposal_id: Id, payload: Nothing, key: IdempotencyKey = ""
) -> Answer:
    """I do not want it."""
    return await give(request, order_id, Move.DECLINE, key, {"proposal_id": proposal_id})


@router.post(
    "/orders/{order_id}/proposals/{proposal_id}/withdraw",
    auth=require(Role.WORKER, Role.CUSTOMER),
    response=ANSWERS,
    openapi_extra=REFUSALS,
)
async def withdraw(
    request: SignedRequest, order_id: Id, proposal_id: Id, payload: Nothing, key: IdempotencyKey = ""
) -> Answer:
    """I no longer ask for it: a worker for what was not answered, a customer for another address that is not paid."""
    return await give(request, order_id, Move.WITHDRAW, key, {"proposal_id": proposal_id})


@router.post(
    "/orders/{order_id}/proposals/{proposal_id}/pay",
    auth=CUSTOMER,
    response=PaymentOpened,
    openapi_extra=refusals("not_found", "not_payable"),
)
async def pay_proposal(request: SignedRequest, order_id: Id, proposal_id: Id, payload: PayRequest) -> PaymentOpened:
    """Open the payment of what I agreed to; asking again returns the same one."""
    return await opened(await sync_to_async(_open)(request.auth, order_id, proposal_id, payload.channel))


def _open(user: User, order_id: int, proposal_id: int, channel: str) -> "Payment":
    return request_payment(order=visible_order(user, order_id), proposal_id=proposal_id, channel=channel)
