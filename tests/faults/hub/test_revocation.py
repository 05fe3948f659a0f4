"""Access taken away: how soon it is felt at every process, with Redis and without."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

import hub
from tests.faults.hub.figures import Case, Size
from tests.hub.client import Client, opened
from tests.hub.stack import DaphneServer, RedisServer
from tests.hub.test_revoke import admit, take_off
from tests.hub.writing import in_thread, issued

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.case(13, "access revoked")
async def test_access_revoked(
    pair: list[DaphneServer], redis_server: RedisServer, number: int, case: Case, size: Size
) -> None:
    rounds = size(2, 15)
    with_redis = [await revoke(pair, f"{number}-{turn}", number) for turn in range(rounds)]
    redis_server.kill()
    without = [await revoke(pair, f"{number}-without-{turn}", number) for turn in range(rounds)]
    case.tell(revocations=4 * rounds)
    case.at_most(1.0, felt_s=max(with_redis))
    case.at_most(2.0, felt_without_redis_s=max(without))


async def revoke(servers: list[DaphneServer], user: str, number: int) -> float:
    """The user loses a topic, and then his connections, at every server: the longest that he went on."""
    topic = f"private:{number}"
    await in_thread(admit, user, number)
    async with AsyncExitStack() as connections:
        clients: list[Client] = []
        for server in servers:
            clients.append(await connections.enter_async_context(opened(server.url, await issued(user))))
            await clients[-1].do("subscribe", channel=topic)
        start = time.monotonic()
        await in_thread(take_off, user, number)
        for client in clients:
            assert (await client.push())["unsubscribe"]["code"] == 2000
        longest = time.monotonic() - start
        assert await asyncio.gather(*(client.refused("subscribe", channel=topic) for client in clients)) == [103, 103]
        start = time.monotonic()
        await in_thread(hub.revoke.disconnect, user)
        assert await asyncio.gather(*(client.closed() for client in clients)) == [3503, 3503]
        return max(longest, time.monotonic() - start)
