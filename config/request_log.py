"""Gives each request an id, binds it to every log line below, and logs the request once when it is answered."""

import re
import time
import uuid
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import cast

import structlog
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9-]{8,64}")
_QUIET = frozenset({"/healthz", "/readyz"})

log = structlog.get_logger("request")
Respond = Callable[[HttpRequest], HttpResponseBase]
RespondAsync = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def request_log(get_response: Respond | RespondAsync) -> Respond | RespondAsync:
    """Middleware. The id is the caller's X-Request-ID when it is a plain one, else a new one; it is answered back."""
    if iscoroutinefunction(get_response):
        return _asynchronous(cast(RespondAsync, get_response))
    return _synchronous(cast(Respond, get_response))


def _asynchronous(get_response: RespondAsync) -> RespondAsync:
    async def middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=_request_id(request)):
            return _answered(request, await get_response(request), started)

    return middleware


def _synchronous(get_response: Respond) -> Respond:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=_request_id(request)):
            return _answered(request, get_response(request), started)

    return middleware


def _request_id(request: HttpRequest) -> str:
    given = request.headers.get(HEADER, "")
    return given if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex


def _answered(request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
    response.headers[HEADER] = structlog.contextvars.get_contextvars()["request_id"]
    if request.path not in _QUIET:
        # The path only: a query may carry what somebody typed.
        log.info(
            "answered",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )
    return response
