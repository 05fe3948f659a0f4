"""Django's own middlewares, run in the event loop.

Django runs each hook of each of its middlewares in the request's thread, because a hook may ask the database: ten
changes of thread for a request, two thirds of what an empty one costs. These look at headers and cookies only; what
takes longer (a session to be stored, a form to be parsed) goes to the thread as before.
"""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware import clickjacking, common, csrf, security
from django.utils.deprecation import MiddlewareMixin


class _InLoop(MiddlewareMixin):
    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.process_request(request) if hasattr(self, "process_request") else None
        response = response or await cast("Awaitable[HttpResponseBase]", self.get_response(request))
        return await self._respond(request, response)

    async def _respond(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return self.process_response(request, response) if hasattr(self, "process_response") else response


class SecurityMiddleware(_InLoop, security.SecurityMiddleware):
    """Security headers."""


class SessionMiddleware(_InLoop, sessions.SessionMiddleware):
    """The session of the staff: read when it is asked for, stored where it was changed."""

    async def _respond(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.session.modified or settings.SESSION_SAVE_EVERY_REQUEST:
            return await sync_to_async(self.process_response)(request, cast("HttpResponse", response))
        return await super()._respond(request, response)


class CommonMiddleware(_InLoop, common.CommonMiddleware):
    """The host's check, and the length of the content."""


class CsrfViewMiddleware(_InLoop, csrf.CsrfViewMiddleware):
    """The token of forms."""

    async def process_view(  # type: ignore[override]
        self, request: HttpRequest, callback: Callable[..., Any], *captured: Any
    ) -> HttpResponseBase | None:
        """A coroutine: else Django would run it in a thread, whether there is a form or not."""
        if request.method == "POST" and not getattr(callback, "csrf_exempt", False):
            return await sync_to_async(super().process_view)(request, callback, *captured)
        return super().process_view(request, callback, *captured)


class AuthenticationMiddleware(_InLoop, auth.AuthenticationMiddleware):
    """`request.user`, read when it is asked for."""


class MessageMiddleware(_InLoop, messages.MessageMiddleware):
    """What a page of the back office says on the next one: read and kept in a cookie."""


class XFrameOptionsMiddleware(_InLoop, clickjacking.XFrameOptionsMiddleware):
    """No framing."""
