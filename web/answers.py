"""How a refusal is answered: every exception becomes `{code, message, details}`, here and nowhere else.

Handlers are synchronous, because django-ninja does not await them. What was sent is never repeated in an answer.
"""

import math
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from redis.exceptions import RedisError

from web.errors import DoorbellError

log = structlog.get_logger("api")
RETRY_AFTER_S = 1
"""What `unavailable` advises: the database's pool gave up after as long."""


def answer(error: DoorbellError) -> HttpResponse:
    """The refusal as JSON, with the headers that its status asks for."""
    body = {"code": error.code, "message": error.message, "details": error.details}
    response = JsonResponse(body, status=error.status, json_dumps_params={"ensure_ascii": False})
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if error.status in (429, 503):
        response["Retry-After"] = str(math.ceil(error.details.get("retry_after_s", RETRY_AFTER_S)))
    return response


def refused(request: HttpRequest, error: Any) -> HttpResponse:
    """Our own refusals."""
    return answer(error)


def unauthenticated(request: HttpRequest, error: Any) -> HttpResponse:
    """Nobody of those who may was recognised."""
    return answer(DoorbellError("unauthenticated"))


def invalid(request: HttpRequest, error: Any) -> HttpResponse:
    """The fields that do not fit, by place and kind of problem."""
    fields = [
        {"field": _place(item["loc"]), "problem": item["type"], "message": item["msg"]} for item in error.errors[:50]
    ]
    return answer(DoorbellError("invalid_request", details={"fields": fields}))


def _place(loc: tuple[str | int, ...]) -> str:
    """("body", "payload", "phone") -> "phone": the name of the endpoint's parameter is nobody's business."""
    source, *rest = loc
    named = rest[1:] if source == "body" and len(rest) > 1 else rest
    return ".".join(str(part) for part in named)[:80]


def not_parsed(request: HttpRequest, error: Any) -> HttpResponse:
    """django-ninja wraps what a parser raised in an HttpError; ours is its cause."""
    cause = error.__cause__
    return answer(cause if isinstance(cause, DoorbellError) else DoorbellError("malformed_json"))


def too_big(request: HttpRequest, error: Any) -> HttpResponse:
    """More than Django reads (DATA_UPLOAD_MAX_MEMORY_SIZE)."""
    return answer(DoorbellError("invalid_request", details={"fields": [{"field": "", "problem": "too_big"}]}))


def not_found(request: HttpRequest, error: Any) -> HttpResponse:
    """It does not exist, or not for this person."""
    return answer(DoorbellError("not_found"))


def unavailable(request: HttpRequest, error: Any) -> HttpResponse:
    """PostgreSQL or Redis is away, out of connections, or slower than it may be: nothing happened, try again."""
    log.warning("unavailable", error=type(error).__name__, cause=type(error.__cause__).__name__)
    return answer(DoorbellError("unavailable"))


def broken(request: HttpRequest, error: Any) -> HttpResponse:
    """A fault of ours. The signal is Django's: error trackers and test clients wait for it."""
    log.error("failed", exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return answer(DoorbellError("internal"))


@csrf_exempt
async def nothing_here(request: HttpRequest, **captured: object) -> HttpResponse:
    """The view of every path under /api/ that has no other."""
    return answer(DoorbellError("not_found"))


def method_not_allowed(methods: set[str]) -> HttpResponse:
    """The path exists, the method does not."""
    response = answer(DoorbellError("method_not_allowed"))
    response["Allow"] = ", ".join(sorted(methods))
    return response


HANDLERS = {
    DoorbellError: refused,
    AuthenticationError: unauthenticated,
    ValidationError: invalid,
    HttpError: not_parsed,
    RequestDataTooBig: too_big,
    Http404: not_found,
    OperationalError: unavailable,
    InterfaceError: unavailable,
    RedisError: unavailable,
    Exception: broken,
}


def install(api: NinjaAPI) -> None:
    """Has `api` answer as this module says."""
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)
