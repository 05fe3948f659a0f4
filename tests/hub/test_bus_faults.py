"""Redis may lose, repeat and reorder, and may be gone: nobody misses anything, nobody gets anything twice."""

import asyncio
import signal
import time
from collections.abc import Callable

import pytest

from hub import bus, hints
from hub.publishing import publish_latest
from tests.hub.client import Client, opened
from tests.hub.proxy import proxied
from tests.hub.stack import DaphneServer, RedisServer
from tests.hub.writing import HeldHints, in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database", "patience")


async def test_a_dropped_hint_in_the_middle_is_healed_by_the_next(
    server: DaphneServer, number: int, held: HeldHints
) -> None:
    topic = f"open:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        await published(topic, 1, 2, 3)
        await in_thread(held.send, held.hints[2:])
        assert [each["offset"] for each in await client.publications(3)] == [1, 2, 3]


async def test_hints_of_another_log_are_not_believed(server: DaphneServer, number: int, held: HeldHints) -> None:
    topic = f"open:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        await published(topic, 1)
        forged = dict(held.hints[0])
        await in_thread(held.send, [forged | {"epoch": "other"}, forged | {"offset": 9}])
        await in_thread(held.send, held.hints)
        assert (await client.publication())["offset"] == 1
        await published(topic, 2)
        assert (await client.publication())["offset"] == 2
        # Nor when the log has come to where the forged one stands.
        await published(topic, *range(3, 10))
        await in_thread(held.send, held.hints[2:8])
        await in_thread(held.send, held.hints[8:])
        found = [(each["offset"], each["data"]["data"]["value"]) for each in await client.publications(7)]
        assert found == [(value, value) for value in range(3, 10)]


async def test_a_process_that_was_held_up_hears_what_came_meanwhile(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    server, position = serve(), f"position:{number}"
    assert server.process is not None
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=position)
        await in_thread(publish_latest, position, key="before", data={})
        assert (await client.publication())["data"]["subject"] == "before"
        server.process.send_signal(signal.SIGSTOP)
        await in_thread(publish_latest, position, key="meanwhile", data={})
        await asyncio.sleep((bus.SILENT_BEATS_MAX + 1) * bus.BEAT_S)
        server.process.send_signal(signal.SIGCONT)
        assert (await client.publication())["data"]["subject"] == "meanwhile"
    assert "hub bus away" not in server.log.read_text()


async def test_with_redis_killed_events_still_arrive_and_its_return_brings_back_speed(
    server: DaphneServer, number: int, redis_server: RedisServer
) -> None:
    topic, position = f"open:{number}", f"position:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        await published(topic, 0)
        await client.publication()

        redis_server.kill()
        before = time.monotonic()
        await published(topic, *range(1, 11))
        assert time.monotonic() - before < 5.0
        found = [await client.publication() for _ in range(10)]
        assert [each["offset"] for each in found] == list(range(2, 12))

        redis_server.start()
        await published(topic, 11)
        assert (await client.publication())["offset"] == 12

        # Latest values travel only over Redis: they tell when it is back.
        await client.do("subscribe", channel=position)
        arrived = asyncio.ensure_future(client.publication())
        while not arrived.done():
            await in_thread(publish_latest, position, key="1", data={})
            await asyncio.wait([arrived], timeout=0.1)
        assert (await arrived)["data"]["subject"] == "1"


async def test_a_hint_that_is_not_understood_takes_no_other_with_it(server: DaphneServer, number: int) -> None:
    topic = f"position:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        good = hints.of_latest(topic, "1", b"{}")
        await in_thread(hints.send, [{"nonsense": 1}, {"topic": topic, "key": 5}, good])
        assert (await client.publication())["data"] == {}


async def heard(client: Client, topic: str) -> None:
    """Values are sent until one arrives that was sent after this was called."""
    while not client.pushes.empty():
        client.pushes.get_nowait()
    arrived = asyncio.ensure_future(client.publication(seconds=12.0))
    while not arrived.done():
        await in_thread(publish_latest, topic, key="1", data={})
        await asyncio.wait([arrived], timeout=0.2)
    assert (await arrived)["data"]["subject"] == "1"


async def test_when_redis_vanished_without_a_word_latest_values_are_heard_again(
    serve: Callable[..., DaphneServer], number: int, redis_server: RedisServer
) -> None:
    topic = f"position:{number}"
    path = str(redis_server.path)
    async with proxied(lambda: asyncio.open_unix_connection(path)) as (port, proxy):
        server = await asyncio.to_thread(serve, f"redis://127.0.0.1:{port}/0")
        async with opened(server.url, await issued(7)) as client:
            await client.do("subscribe", channel=topic)
            await heard(client, topic)
            proxy.freeze()
            await asyncio.sleep(0.5)  # What was on its way has arrived.
            await heard(client, topic)
        await asyncio.to_thread(server.kill)
