"""How an order leaves its worker, and how it ends before its time: by the worker, by staff."""

from typing import Annotated, Literal

from ninja import Router
from pydantic import Field

from web.accounts.auth import SignedRequest
from web.orders.api.booking import IdempotencyKey
from web.orders.api.commands import ANSWERS, CUSTOMER, REFUSALS, STAFF, WORKER, Answer
from web.orders.api.commands import give_command as give
from web.orders.command_schemas import Nothing
from web.orders.services.ending import CALL_OFF_REASONS
from web.orders.services.reassigning import TAKE_OFF_REASONS
from web.schemas import Id, Schema, listed
from workflows.transitions import Move

router = Router()

BasisPoints = Annotated[int, Field(ge=0, le=10_000)]


class HandBack(Schema):
    """Why."""

    reason: Literal["unwell", "vehicle", "busy", "too_far", "no_tools", "other"]


class TakeOff(Schema):
    """Why, and whether the worker let the customer down."""

    reason: Annotated[str, listed(TAKE_OFF_REASONS)]
    failed: bool = False


class CallOff(Schema):
    """Why, and who bears it: refund_bp/10000 of what was paid go back, worker_share_bp/10000 of the rest are the
    worker's (null: by policy); the compensations are the platform's own money. worker_id: whose they are where nobody
    has the order now: one of those who had it.
    """

    reason: Annotated[str, listed(CALL_OFF_REASONS)]
    refund_bp: BasisPoints = 10_000
    worker_share_bp: BasisPoints | None = None
    worker_id: Id | None = None
    customer_compensation_fen: Annotated[int, Field(ge=0)] = 0
    worker_compensation_fen: Annotated[int, Field(ge=0)] = 0


@router.post("/orders/{order_id}/hand-back", auth=WORKER, response=ANSWERS, openapi_extra=REFUSALS)
async def hand_back(request: SignedRequest, order_id: Id, payload: HandBack, key: IdempotencyKey = "") -> Answer:
    """I cannot come after all. In good time it costs nothing; see `GET /worker/points`."""
    return await give(request, order_id, Move.HAND_BACK, key, {"reason": payload.reason})


@router.post("/orders/{order_id}/report-absent", auth=WORKER, response=ANSWERS, openapi_extra=REFUSALS)
async def report_absent(request: SignedRequest, order_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """Nobody opens. Send your position first: it proves that I am there."""
    return await give(request, order_id, Move.REPORT_ABSENT, key, {})


@router.post("/orders/{order_id}/am-here", auth=CUSTOMER, response=ANSWERS, openapi_extra=REFUSALS)
async def am_here(request: SignedRequest, order_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """I am at home: the clock stops."""
    return await give(request, order_id, Move.AM_HERE, key, {})


@router.post("/orders/{order_id}/worker-absent", auth=CUSTOMER, response=ANSWERS, openapi_extra=REFUSALS)
async def worker_absent(request: SignedRequest, order_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """Nobody came. `not_late_yet` names from when it can be said."""
    return await give(request, order_id, Move.WORKER_ABSENT, key, {})


@router.post("/orders/{order_id}/take-off", auth=STAFF, response=ANSWERS, openapi_extra=REFUSALS)
async def take_off(request: SignedRequest, order_id: Id, payload: TakeOff, key: IdempotencyKey = "") -> Answer:
    """The worker no longer has the order; it looks for another one."""
    return await give(request, order_id, Move.TAKE_OFF, key, payload.model_dump())


@router.post("/orders/{order_id}/call-off", auth=STAFF, response=ANSWERS, openapi_extra=REFUSALS)
async def call_off(request: SignedRequest, order_id: Id, payload: CallOff, key: IdempotencyKey = "") -> Answer:
    """The platform ends the order."""
    return await give(request, order_id, Move.CALL_OFF, key, payload.model_dump(exclude_none=True))
