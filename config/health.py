"""/healthz: the process answers. /readyz: what it needs answers too, or it says what does not."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import cache
from typing import Any

import psycopg
import redis.asyncio
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from temporalio.client import Client

PATIENCE_S = 2.0
Check = Callable[[], Awaitable[None]]


class NotReady(Exception):
    """A part is reachable and yet not usable; the text says why, for people."""


async def healthz(request: HttpRequest) -> HttpResponse:
    """Touches nothing: restarting the process cures no lost database."""
    return HttpResponse("ok", content_type="text/plain")


async def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part answers within 2 s, else 503; the body names each part: `ok`, or what is wrong with it."""
    parts = await readiness()
    ready = all(state == "ok" for state in parts.values())
    return JsonResponse({"ready": ready, "parts": parts}, status=200 if ready else 503)


async def readiness() -> dict[str, str]:
    """Part → "ok" or the kind of failure. Error texts are left out: they may carry addresses."""
    checks: dict[str, Check] = {
        "postgresql": check_postgresql,
        "migrations": check_migrations,
        "redis": check_redis,
        "temporal": check_temporal,
    }
    if settings.SERVE != "http":
        checks["hub"] = check_hub
    return dict(zip(checks, await asyncio.gather(*map(_state, checks.values())), strict=True))


async def _state(check: Check) -> str:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await check()
    except NotReady as reason:
        return str(reason)
    except TimeoutError:
        return f"no answer within {PATIENCE_S:g} s"
    except Exception as error:
        return f"unreachable ({type(error).__name__})"
    return "ok"


async def check_postgresql() -> None:
    await one_query("SELECT 1")


async def check_migrations() -> None:
    expected = await asyncio.to_thread(_last_migrations)
    try:
        applied = set(await one_query("SELECT app, name FROM django_migrations"))
    except psycopg.errors.UndefinedTable:
        raise NotReady("none is applied") from None
    behind = sorted(app for app, name in expected if (app, name) not in applied)
    if behind:
        raise NotReady("behind in " + ", ".join(behind))


async def check_redis() -> None:
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        await client.ping()
    finally:
        await client.aclose()


async def check_temporal() -> None:
    if not settings.TEMPORAL_ADDRESS:
        raise NotReady("TEMPORAL_ADDRESS is not set")
    client = await temporal_client()
    if not await client.service_client.check_health(timeout=timedelta(seconds=1)):
        raise NotReady("its health check says no")


async def check_hub() -> None:
    """Not while it sends its sockets away, or hears nothing from the log."""
    from hub import asgi  # Not in a process that serves HTTP alone.

    if (state := asgi.state()) != "ok":
        raise NotReady(state)


async def one_query(sql: str) -> list[Any]:
    """The rows of one query on a connection of its own, which is closed again."""
    # A connection of its own: it can be abandoned when the server hangs, and it proves that a new one is possible.
    async with await psycopg.AsyncConnection.connect(**_connection_parameters(), autocommit=True) as own:
        return await (await own.execute(sql.encode())).fetchall()


def _connection_parameters() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    return {name: value for name, value in parameters.items() if name not in ("pool", "cursor_factory", "context")}


@cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


_clients: dict[asyncio.AbstractEventLoop, Client] = {}


async def temporal_client() -> Client:
    """This loop's client for looking at Temporal; it connects at its first call."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        # Lazy: the client is made without a connection, and reconnects by itself ever after.
        _clients[loop] = await Client.connect(
            settings.TEMPORAL_ADDRESS, namespace=settings.TEMPORAL_NAMESPACE, lazy=True
        )
    return _clients[loop]
