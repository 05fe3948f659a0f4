"""`manage.py hub`: what an operator sees of processes that run, and does to the people on them."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

import hub
from hub import top
from tests.hub.client import opened
from tests.hub.stack import DaphneServer, RedisServer
from tests.hub.writing import in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database", "patience")


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("hub", *arguments, stdout=out)
    return out.getvalue()


async def shown(wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What `hub top --json` shows, once it shows what is wanted."""
    for _ in range(100):
        found: dict[str, Any] = json.loads(await in_thread(command, "top", "--json"))
        if wanted(found):
            return found
        await asyncio.sleep(0.2)
    raise AssertionError(found)


def of(found: dict[str, Any], server: DaphneServer) -> dict[str, Any]:
    assert server.process is not None
    mine: list[dict[str, Any]] = [
        each for each in found["processes"] if each["process"].endswith(f"/{server.process.pid}")
    ]
    return mine[0] if mine else {}


async def test_kinds_of_clients_are_counted_over_all_processes(serve: Callable[..., DaphneServer], number: int) -> None:
    one, two = serve(), serve()
    kind = f"js {number}.2"
    async with opened(one.url) as first, opened(two.url) as second, opened(two.url) as third:
        for client in (first, second):
            await client.do("connect", token=await issued(7), name="js\x1b\n", version=f"{number}.2")
        await third.do("connect", token=await issued(7), name="x" * 1000)
        found = await shown(lambda found: found["clients"].get(kind) == 2 and found["clients"].get("x" * 32) == 1)
        assert (of(found, one)["connections"], of(found, two)["connections"]) == (1, 2)
        assert kind in await in_thread(command, "top")


async def test_the_hottest_topics_come_first(serve: Callable[..., DaphneServer], number: int) -> None:
    hot, warm, value = f"open:{number}-hot", f"open:{number}-warm", f"position:{number}"
    server = serve()

    async def go_on() -> None:
        for step in range(10_000):
            await published(hot, step)
            if step % 5 == 0:
                await published(warm, step)
                await in_thread(hub.publish_latest, value, key="one", data={"step": step})

    async with opened(server.url, await issued(7)) as client:
        for topic in (hot, warm, value):
            await client.do("subscribe", channel=topic)
        publishing = asyncio.ensure_future(go_on())
        found = await shown(lambda found: {hot, warm, value} <= {line["topic"] for line in found["hottest"]})
        publishing.cancel()
    lines = {line["topic"]: line for line in found["hottest"]}
    assert lines[hot]["events_per_s"] > lines[warm]["events_per_s"] > 0
    assert lines[hot]["subscribers"] == 1
    rates = [line["events_per_s"] for line in found["hottest"]]
    assert rates == sorted(rates, reverse=True)


async def test_the_slowest_socket_is_named(serve: Callable[..., DaphneServer], number: int) -> None:
    patient = {"HUB_QUEUE_BYTES": 8_000_000, "HUB_RECOVERY_BYTES": 80_000_000, "HUB_RECOVERY_LIMIT": 1_000}
    server, topic, user = serve(**patient), f"open:{number}", f"user-{number}"

    def large() -> None:
        with hub.atomic():
            for _ in range(20):
                hub.publish(topic, type="test.happened", data={"text": "x" * 60_000})

    async with AsyncExitStack() as held:
        for _ in range(12):
            await held.enter_async_context(opened(server.url, await issued(7)))
        client = await held.enter_async_context(opened(server.url, await issued(user)))
        await client.do("subscribe", channel=topic)
        client.socket.transport.pause_reading()
        for _ in range(8):
            await in_thread(large)
        found = await shown(lambda found: bool(found["slowest"]))
        client.socket.transport.abort()
    assert found["slowest"][0]["user"] == user
    assert found["slowest"][0]["waiting_bytes"] > 60_000


async def test_a_users_connections_are_closed_and_the_last_disconnects_say_so(
    server: DaphneServer, number: int
) -> None:
    user, other = f"user-{number}", f"other-{number}"
    old = await issued(user)
    async with opened(server.url) as client, opened(server.url, await issued(other)) as bystander:
        await client.do("connect", token=old, name="js", version="5")
        await in_thread(command, "disconnect", user)
        assert await client.closed() == 3503
        assert await bystander.do("ping") == {}
    async with opened(server.url) as client:
        assert await client.refused("connect", token=old) == 109
    found = await shown(lambda found: {user, other} <= {line["user"] for line in found["disconnects"]})
    ended = {line["user"]: (line["client"], line["code"], line["reason"]) for line in found["disconnects"]}
    assert ended[user] == ("js 5", 3503, "force disconnect")
    assert ended[other] == ("", 1000, "left")
    times = [line["at"] for line in found["disconnects"]]
    assert times == sorted(times, reverse=True)


async def test_one_login_of_a_user_can_be_closed_alone(server: DaphneServer, number: int) -> None:
    lost, kept = [await in_thread(hub.tokens.issue, f"user-{number}", login=login) for login in ("lost", "kept")]
    async with opened(server.url, lost) as one, opened(server.url, kept) as two:
        await in_thread(command, "disconnect", f"user-{number}", "--login", "lost")
        assert await one.closed() == 3503
        assert await two.do("ping") == {}


async def test_a_process_that_died_is_soon_forgotten(
    serve: Callable[..., DaphneServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    async with opened(server.url, await issued(7)):
        await shown(lambda found: bool(of(found, server)))
        server.kill()
    assert await shown(lambda found: not of(found, server))


def test_without_redis_the_command_says_so(redis_server: RedisServer) -> None:
    redis_server.kill()
    with pytest.raises(CommandError, match="Redis does not answer"):
        command("top")


def test_nothing_is_shown_where_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(top, "read", list)
    assert command("top").split() == [
        "processes",
        "-",
        "clients",
        "-",
        "hottest",
        "-",
        "slowest",
        "-",
        "disconnects",
        "-",
    ]
