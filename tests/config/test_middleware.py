"""Django's middlewares do what they did, and change no thread for it."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from asgiref.sync import SyncToAsync
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, RequestFactory
from pytest_django import Settings

from config.middleware import SessionMiddleware


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was run in another thread since."""
    seen: list[str] = []
    call: Callable[..., Any] = SyncToAsync.__call__

    async def counted(self: SyncToAsync[Any, Any], *args: Any, **kwargs: Any) -> Any:
        seen.append(getattr(self.func, "__qualname__", repr(self.func)))
        return await call(self, *args, **kwargs)

    monkeypatch.setattr(SyncToAsync, "__call__", counted)
    return seen


async def test_a_request_that_asks_nothing_of_a_session_changes_no_thread(
    async_client: AsyncClient, hops: list[str]
) -> None:
    answer = await async_client.get("/healthz")
    assert answer.status_code == 200
    assert [name for name in hops if "process_" in name] == []


async def test_the_headers_are_djangos(async_client: AsyncClient) -> None:
    headers = (await async_client.get("/healthz")).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Length"]


async def test_a_host_that_is_not_ours_is_refused(async_client: AsyncClient) -> None:
    assert (await async_client.get("/board/", headers={"Host": "evil.example"})).status_code == 400


async def test_a_session_that_was_changed_is_stored_in_another_thread(settings: Settings, hops: list[str]) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

    async def sign_in(request: HttpRequest) -> HttpResponse:
        request.session["who"] = "staff"
        return HttpResponse()

    answer = await cast("Awaitable[HttpResponse]", SessionMiddleware(sign_in)(RequestFactory().get("/")))
    assert answer.cookies[settings.SESSION_COOKIE_NAME].value
    assert [name for name in hops if "process_response" in name]


async def test_a_form_without_its_token_is_refused() -> None:
    client = AsyncClient(enforce_csrf_checks=True)
    assert (await client.post("/board/login", {"username": "x", "password": "y"})).status_code == 403
