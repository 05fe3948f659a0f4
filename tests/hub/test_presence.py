"""Who has a socket open, anywhere."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

import hub
from tests.hub.client import opened
from tests.hub.stack import DaphneServer, wait_until
from tests.hub.writing import in_thread, issued

pytestmark = pytest.mark.usefixtures("database", "patience")


async def until(condition: Callable[[], bool]) -> None:
    await in_thread(wait_until, condition, "presence", seconds=5.0)


async def test_a_user_is_connected_while_any_of_his_sockets_is(server: DaphneServer, number: int) -> None:
    user, other = f"p{number}", f"q{number}"
    async with opened(server.url, await issued(user)):
        async with opened(server.url, await issued(user)):
            await until(lambda: hub.presence.connected([user, other]) == {user})
        assert await in_thread(hub.presence.connected, [user]) == {user}
    await until(lambda: hub.presence.connected([user]) == set())


async def test_users_of_a_process_that_died_are_forgotten(serve: Callable[..., DaphneServer], number: int) -> None:
    user, doomed = f"p{number}", serve(HUB_PRESENCE_TTL_S=2)
    async with opened(doomed.url, await issued(user)):
        await until(lambda: hub.presence.connected([user]) == {user})
        doomed.kill()
        await until(lambda: hub.presence.connected([user]) == set())


async def test_users_of_a_process_that_ends_are_gone_with_it(serve: Callable[..., DaphneServer], number: int) -> None:
    user, ending = f"p{number}", serve(HUB_DRAIN_S=0.5, HUB_PRESENCE_TTL_S=600)
    async with opened(ending.url, await issued(user)):
        await until(lambda: hub.presence.connected([user]) == {user})
        # Daphne (4.2.2) cancels nobody while it knows a connection that asked for nothing, as the probe of its port.
        await asyncio.sleep(1.5)
        await asyncio.to_thread(ending.end)
        assert await in_thread(hub.presence.connected, [user]) == set()


async def test_a_process_whose_clock_is_ahead_forgets_nobody(
    server: DaphneServer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, now = f"p{number}", time.time
    async with opened(server.url, await issued(user)):
        await until(lambda: hub.presence.connected([user]) == {user})
        with monkeypatch.context() as ahead:
            ahead.setattr(time, "time", lambda: now() + 300)
            await in_thread(hub.presence.write, f"ahead-{number}", {hub.presence.USERS: {"somebody": b""}})
        assert await in_thread(hub.presence.connected, [user, "somebody"]) == {user, "somebody"}


@pytest.mark.parametrize(("processes", "known"), [(redis.ConnectionError(), False), ([], False), (["one"], True)])
def test_who_cannot_tell_says_so_and_does_not_say_that_nobody_is_there(
    processes: Any, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> list[str]:
        if isinstance(processes, Exception):
            raise processes
        return [f"nobody-{name}" for name in processes]

    monkeypatch.setattr(hub.presence, "_processes", told)
    assert hub.presence.connected_if_known(["p1"]) == (set() if known else None)
    assert hub.presence.connected(["p1"]) == set()
