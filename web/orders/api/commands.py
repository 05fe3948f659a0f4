"""Commands to an order. Each is stored, brought to the order's actor, and answered as docs/protocol.md's table says."""

from collections.abc import Callable, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from ninja import Router, Status

from web.accounts.auth import SignedRequest, require
from web.accounts.models import User
from web.errors import DoorbellError
from web.openapi import refusals
from web.orders import selectors, services
from web.orders.api.booking import IdempotencyKey, required, visible_order
from web.orders.command_schemas import AssignRequest, CancelRequest, CommandAnswer, Nothing, RefuseRequest, StartRequest
from web.orders.details import timeline_of
from web.orders.models import Command, Offer, Order
from web.schemas import Id
from workflows import client
from workflows.messages import Outcome
from workflows.transitions import Move, Role

router = Router()

Answer = Status[CommandAnswer]

ANSWERS = {200: CommandAnswer, 202: CommandAnswer}
REFUSALS = refusals("not_found", "not_allowed", "expired", "order_ended", "idempotency_mismatch")
CUSTOMER, WORKER, STAFF = require(Role.CUSTOMER), require(Role.WORKER), require(Role.STAFF)

Choice = Mapping[str, int | str | bool]


@router.post("/orders/{order_id}/cancel", auth=CUSTOMER, response=ANSWERS, openapi_extra=REFUSALS)
async def cancel(request: SignedRequest, order_id: Id, payload: CancelRequest, key: IdempotencyKey = "") -> Answer:
    """Cancel. What it costs stands in the detail's `cancellation` before; judged by when this was received."""
    return await give_command(request, order_id, Move.CANCEL, key, {"reason": payload.reason})


@router.post("/orders/{order_id}/confirm", auth=CUSTOMER, response=ANSWERS, openapi_extra=REFUSALS)
async def confirm(request: SignedRequest, order_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """The work is done."""
    return await give_command(request, order_id, Move.CONFIRM, key, {})


@router.post("/orders/{order_id}/assign", auth=STAFF, response=ANSWERS, openapi_extra=REFUSALS)
async def assign(request: SignedRequest, order_id: Id, payload: AssignRequest, key: IdempotencyKey = "") -> Answer:
    """Give the order to a worker. `worker_unfit` names why he cannot do it."""
    return await give_command(request, order_id, Move.ASSIGN, key, {"worker_id": payload.worker_id})


@router.post("/orders/{order_id}/unlock", auth=STAFF, response=ANSWERS, openapi_extra=REFUSALS)
async def unlock(request: SignedRequest, order_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """Let a locked start code be tried again."""
    return await give_command(request, order_id, Move.UNLOCK, key, {})


@router.post("/orders/{order_id}/depart", auth=WORKER, response=ANSWERS, openapi_extra=REFUSALS)
async def depart(request: SignedRequest, order_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """I am on my way."""
    return await give_command(request, order_id, Move.DEPART, key, {})


@router.post("/orders/{order_id}/arrive", auth=WORKER, response=ANSWERS, openapi_extra=REFUSALS)
async def arrive(request: SignedRequest, order_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """I am there. Send your position first: how far it is off is stamped on the order."""
    return await give_command(request, order_id, Move.ARRIVE, key, {})


@router.post("/orders/{order_id}/start", auth=WORKER, response=ANSWERS, openapi_extra=REFUSALS)
async def start(request: SignedRequest, order_id: Id, payload: StartRequest, key: IdempotencyKey = "") -> Answer:
    """Start, with the code the customer tells me."""
    return await give_command(request, order_id, Move.START, key, {}, typed=payload.code)


@router.post("/orders/{order_id}/steps/{step}", auth=WORKER, response=ANSWERS, openapi_extra=REFUSALS)
async def tick(request: SignedRequest, order_id: Id, step: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """This step is done."""
    return await give_command(request, order_id, Move.TICK, key, {"step": step})


@router.post("/orders/{order_id}/finish", auth=WORKER, response=ANSWERS, openapi_extra=REFUSALS)
async def finish(request: SignedRequest, order_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """Everything is done; `steps_missing` when it is not."""
    return await give_command(request, order_id, Move.FINISH, key, {})


@router.post("/offers/{offer_id}/accept", auth=WORKER, response=ANSWERS, openapi_extra=refusals("offer_closed"))
async def accept(request: SignedRequest, offer_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """I take it."""
    return await _answer_offer(request, offer_id, Move.ACCEPT, key, {})


@router.post("/offers/{offer_id}/refuse", auth=WORKER, response=ANSWERS, openapi_extra=refusals("offer_closed"))
async def refuse(request: SignedRequest, offer_id: Id, payload: RefuseRequest, key: IdempotencyKey = "") -> Answer:
    """I cannot. It is never held against me."""
    return await _answer_offer(request, offer_id, Move.REFUSE, key, {"reason": payload.reason})


@router.get("/commands/{command_id}", auth=require(), response=CommandAnswer, openapi_extra=refusals("not_found"))
def get_command(request: SignedRequest, command_id: Id) -> CommandAnswer:
    """What became of a command of mine."""
    # Nobody need wait for the sweep to learn that it is over: Temporal itself may be away.
    services.expire_commands(only=command_id)
    command = selectors.commands_visible_to(request.auth).filter(pk=command_id).first()
    if command is None:
        raise DoorbellError("not_found")
    return _answer(command)


async def give_command(
    request: SignedRequest, order_id: int, move: Move, key: str, choice: Choice, *, typed: str = ""
) -> Answer:
    """Store the command, bring it to the order's actor, and answer as docs/protocol.md's table says."""

    def receive() -> tuple[Command, bool]:
        order = visible_order(request.auth, order_id)
        return services.receive_command(
            user=request.auth, order=order, move=move, key=required(key), choice=choice, typed=typed
        )

    return await _decide(request.auth, receive)


async def _answer_offer(request: SignedRequest, offer_id: int, move: Move, key: str, choice: Choice) -> Answer:
    def receive() -> tuple[Command, bool]:
        offer = selectors.offers_visible_to(request.auth).filter(pk=offer_id).first()
        if offer is None:
            raise DoorbellError("not_found")
        asked_before = selectors.commands_visible_to(request.auth).filter(key=required(key))
        if offer.state != Offer.OPEN and not asked_before.exists():
            # The row says no: nobody needs Temporal to know it.
            raise offer_closed(offer)
        choices = {**choice, "offer_id": offer_id}
        return services.receive_command(user=request.auth, order=offer.order, move=move, key=key, choice=choices)

    return await _decide(request.auth, receive)


async def _decide(actor: User, receive: Callable[[], tuple[Command, bool]]) -> Answer:
    def received() -> tuple[Command, bool]:
        try:
            return receive()
        finally:
            client.let_go_of_the_database()

    command, fresh = await sync_to_async(received)()
    if fresh:
        answer = await client.send_command(command, order=command.order)
        if isinstance(answer, Outcome):
            return await sync_to_async(_as_status)(actor, command, answer)
    elif command.outcome is None:
        # The server that took it first may be gone, and the relay comes only after seconds: the same Update again is
        # harmless. The row says what was decided, whoever got the answer.
        await client.send_command(command)
        await sync_to_async(command.refresh_from_db)()
    if command.outcome is not None:
        return await sync_to_async(_as_status)(actor, command, Outcome(**command.outcome))
    return Status(202, CommandAnswer(command=command.pk, status=Command.PENDING))


def _as_status(actor: User, command: Command, outcome: Outcome) -> Answer:
    if outcome.code == "offer_closed" and "offer_id" in command.body["choice"]:
        raise offer_closed(Offer.objects.get(pk=command.body["choice"]["offer_id"]))
    if not outcome.done:
        raise DoorbellError(outcome.code, details=outcome.details | _where_it_stands(actor, command.order_id))
    done = CommandAnswer(command=command.pk, status=Command.DONE, state=outcome.phase, version=outcome.version)
    return Status(200, done)


def offer_closed(offer: Offer) -> DoorbellError:
    """The refusal of a late answer, which says how the offer ended: 已被抢, 已撤回, …"""
    ended = "" if offer.state == Offer.OPEN else f"该派单{offer.get_state_display()}"
    return DoorbellError("offer_closed", message=ended, details={"state": offer.state})


def _where_it_stands(actor: User, order_id: int) -> dict[str, Any]:
    """For a refusal: the state now, what may be asked now, and what happened last and by whom."""
    order = Order.objects.select_related("worker").get(pk=order_id)
    if not selectors.visible_to(actor).filter(pk=order_id).exists():
        return {"state": order.phase}
    last = timeline_of(order, actor)[-1]
    return {
        "state": order.phase,
        "version": order.version,
        "allowed_actions": [move.value for move in selectors.allowed_actions(order, actor)],
        "last_event": last.model_dump(mode="json", include={"type", "label", "by", "at"}),
    }


def _answer(command: Command) -> CommandAnswer:
    outcome = command.outcome or {}
    return CommandAnswer(
        command=command.pk,
        status=command.state,
        state=outcome.get("phase"),
        version=outcome.get("version"),
        code=outcome.get("code", ""),
        details=outcome.get("details", {}),
    )
