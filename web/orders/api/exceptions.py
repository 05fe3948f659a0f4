"""异常: reporting, answering and solving it on the order; searching all of them as staff."""

from datetime import timedelta
from typing import Any, Literal

from ninja import Query, Router
from ninja.params import functions as param_functions

from web.accounts.auth import SignedRequest, require
from web.openapi import refusals
from web.orders.api.booking import IdempotencyKey, day_of
from web.orders.api.commands import ANSWERS, REFUSALS, STAFF, Answer, give_command
from web.orders.api.reading import BEFORE, PAGE
from web.orders.command_schemas import Nothing
from web.orders.exception_schemas import ExceptionDecision, ExceptionPage, ExceptionReport, ExceptionType
from web.orders.exceptions import exception_card, exceptions_visible_to
from web.schemas import Id
from web.times import midnight
from workflows.transitions import Move, Role

router = Router()

EVERYBODY = require(Role.CUSTOMER, Role.WORKER, Role.STAFF)
PARTIES, DECIDERS = require(Role.CUSTOMER, Role.WORKER), require(Role.CUSTOMER, Role.STAFF)
ALREADY = refusals("not_found", "not_allowed", "expired", "order_ended", "idempotency_mismatch", "already_reported")
# As reading.BEFORE: and `from` is no name in Python.
FROM: Any = param_functions.Query("", alias="from", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
TO: Any = param_functions.Query("", alias="to", pattern=r"^(\d{4}-\d{2}-\d{2})?$")

Outcome = Literal[
    "",
    "open",
    "continue",
    "continue_with_supplement",
    "send_somebody_else",
    "reschedule",
    "end_early",
    "cancel_with_refund",
    "withdrawn",
]


@router.post("/orders/{order_id}/exceptions", auth=EVERYBODY, response=ANSWERS, openapi_extra=ALREADY)
async def report(request: SignedRequest, order_id: Id, payload: ExceptionReport, key: IdempotencyKey = "") -> Answer:
    """Something is wrong: the order stands still and the platform is called. Possible from payment to confirmation."""
    choice = {"type": payload.type, "photos": ",".join(map(str, payload.photos))}
    return await give_command(request, order_id, Move.REPORT_EXCEPTION, key, choice, typed=payload.text)


@router.post("/orders/{order_id}/exceptions/answer", auth=STAFF, response=ANSWERS, openapi_extra=REFUSALS)
async def answer(request: SignedRequest, order_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """I look after it. Until somebody does, it rings, and after a while at the manager's."""
    return await give_command(request, order_id, Move.ANSWER_EXCEPTION, key, {})


@router.post("/orders/{order_id}/exceptions/withdraw", auth=PARTIES, response=ANSWERS, openapi_extra=REFUSALS)
async def withdraw(request: SignedRequest, order_id: Id, payload: Nothing, key: IdempotencyKey = "") -> Answer:
    """It was nothing. Another one's report stays, and so does one of danger."""
    return await give_command(request, order_id, Move.WITHDRAW_EXCEPTION, key, {})


@router.post("/orders/{order_id}/exceptions/decide", auth=DECIDERS, response=ANSWERS, openapi_extra=REFUSALS)
async def decide(request: SignedRequest, order_id: Id, payload: ExceptionDecision, key: IdempotencyKey = "") -> Answer:
    """What becomes of it; `allowed_actions` names the outcomes that I may choose."""
    return await give_command(request, order_id, Move(payload.outcome), key, payload.choice())


@router.get("/exceptions", auth=STAFF, response=ExceptionPage)
def list_exceptions(
    request: SignedRequest,
    type: Query[ExceptionType | Literal[""]] = "",
    outcome: Query[Outcome] = "",
    since: str = FROM,
    until: str = TO,
    before: int = BEFORE,
) -> ExceptionPage:
    """Exceptions of my city, newest first. from, to: days in Asia/Shanghai, both included; outcome `open`: none yet."""
    exceptions = exceptions_visible_to(request.auth).order_by("-pk")
    if type:
        exceptions = exceptions.filter(type=type)
    if outcome:
        exceptions = exceptions.filter(outcome="" if outcome == "open" else outcome)
    if since:
        exceptions = exceptions.filter(raised_at__gte=midnight(day_of(since)))
    if until:
        exceptions = exceptions.filter(raised_at__lt=midnight(day_of(until) + timedelta(days=1)))
    if before:
        exceptions = exceptions.filter(pk__lt=before)
    page = list(exceptions[: PAGE + 1])
    return ExceptionPage(
        items=[exception_card(exception, request.auth, whole=False) for exception in page[:PAGE]],
        next_before=page[PAGE - 1].pk if len(page) > PAGE else None,
    )
