"""The history of a topic, as clients ask for it."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any, cast

import pytest
from centrifuge import Client as Sdk
from centrifuge import ReplyError, StreamPosition

from hub import log
from hub.log import Page
from hub.models import Event
from hub.reader import LogReader
from hub.workers import Workers
from tests.hub.client import Client, opened
from tests.hub.stack import DaphneServer
from tests.hub.test_sdk_python import leave
from tests.hub.writing import in_thread, issued, publish, published

pytestmark = pytest.mark.usefixtures("database")


def values(result: dict[str, Any]) -> list[tuple[int, int]]:
    return [(each["offset"], each["data"]["data"]["value"]) for each in result.get("publications", [])]


async def ready(client: Client, topic: str, *numbers: int) -> str:
    """Publishes, subscribes, and answers the topic's epoch."""
    await published(topic, *numbers)
    return str((await client.do("subscribe", channel=topic))["epoch"])


async def test_without_a_limit_it_says_only_where_the_topic_stands(server: DaphneServer, number: int) -> None:
    topic = f"chat:{number}"
    async with opened(server.url, await issued(7)) as client:
        epoch = await ready(client, topic)
        assert await client.do("history", channel=topic) == {"epoch": epoch}
        await published(topic, 1, 2)
        assert await client.do("history", channel=topic, limit=0) == {"epoch": epoch, "offset": 2}


async def test_it_is_read_page_by_page_in_both_directions(server: DaphneServer, number: int) -> None:
    topic = f"chat:{number}"
    async with opened(server.url, await issued(7)) as client:
        epoch = await ready(client, topic, 10, 20, 30, 40, 50)

        async def page(since: int | None = None, **body: Any) -> list[tuple[int, int]]:
            position = {} if since is None else {"since": {"offset": since, "epoch": epoch}}
            result = await client.do("history", channel=topic, **body, **position)
            assert (result["epoch"], result["offset"]) == (epoch, 5)
            return values(result)

        assert await page(limit=2) == [(1, 10), (2, 20)]
        assert await page(limit=2, since=2) == [(3, 30), (4, 40)]
        assert await page(limit=2, since=5) == []
        assert await page(limit=-1, since=0) == [(1, 10), (2, 20), (3, 30), (4, 40), (5, 50)]
        assert await page(limit=2, reverse=True) == [(5, 50), (4, 40)]
        assert await page(limit=2, since=4, reverse=True) == [(3, 30), (2, 20)]
        assert await page(limit=-1, since=1, reverse=True) == []


async def test_a_page_has_the_limit_of_a_recovery_at_most(server: DaphneServer, number: int) -> None:
    topic = f"chat:{number}"
    async with opened(server.url, await issued(7)) as client:
        await ready(client, topic, *range(305))
        for limit in (-1, 304, 2**31):
            assert len(values(await client.do("history", channel=topic, limit=limit))) == 300
        last = await client.do("history", channel=topic, limit=-1, since={"offset": 300})
        assert [offset for offset, _ in values(last)] == [301, 302, 303, 304, 305]


async def test_what_retention_took_is_gone_and_the_offsets_tell(server: DaphneServer, number: int) -> None:
    topic = f"chat:{number}"
    async with opened(server.url, await issued(7)) as client:
        await ready(client, topic, 1, 2, 3, 4)
        await in_thread(Event.objects.filter(topic=topic, offset__lte=2).delete)
        for body in ({}, {"since": {"offset": 1}}):
            assert values(await client.do("history", channel=topic, limit=-1, **body)) == [(3, 3), (4, 4)]


async def test_what_may_not_be_asked_is_refused(server: DaphneServer, number: int) -> None:
    topic = f"chat:{number}"
    async with opened(server.url, await issued(7)) as client:
        assert await client.refused("history", channel=topic, limit=1) == 103
        await ready(client, topic, 1)
        old = {"offset": 1, "epoch": "of-a-restored-log"}
        assert await client.refused("history", channel=topic, limit=1, since=old) == 112
        assert await client.refused("history", channel=topic, since=old) == 112
        assert await client.refused("history", channel=topic, since={}, reverse=True) == 107
        await client.do("unsubscribe", channel=topic)
        assert await client.refused("history", channel=topic) == 103
        assert await client.refused("history", channel="nobody:1") == 102
        for without in (f"open:{number}", f"values:{number}"):
            await client.do("subscribe", channel=without)
            assert await client.refused("history", channel=without) == 108


@pytest.mark.parametrize(
    "body", [{}, {"channel": 5}, {"limit": "1"}, {"limit": -(2**40)}, {"since": 5}, {"since": {"offset": -1}}]
)
async def test_what_is_not_the_protocol_ends_the_connection(
    server: DaphneServer, number: int, body: dict[str, Any]
) -> None:
    topic = f"chat:{number}"
    async with opened(server.url, await issued(7)) as client:
        await ready(client, topic)
        asked = asyncio.ensure_future(client.ask("history", **({"channel": topic} if body else {}) | body))
        assert await client.closed() == 3501
        asked.cancel()


def test_a_topic_that_is_born_while_it_is_read_is_read_as_unborn(
    database: None, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def positions(names: Sequence[str]) -> dict[str, log.Position]:
        publish(topics.pop(), 1)
        return original(names)

    original, topics = log.positions, [f"chat:a{number}", f"chat:b{number}"]
    page, opened = topics[1], topics[0]
    monkeypatch.setattr(log, "positions", positions)
    position, events = log.page(Page(page, None, False, 9), bytes_max=999)
    assert (position["offset"], events) == (0, [])
    position, events = log.newest([opened], limit=9, bytes_max=999)[opened]
    assert (position["offset"], events) == (0, [])


class Threads:
    """In place of a process' Workers: leaves no connection behind."""

    log = staticmethod(in_thread)


async def test_many_who_ask_at_once_are_answered_by_one_reading_that_no_event_precedes(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic, reader = f"chat:{number}", LogReader(cast(Workers, Threads()), events_max=1, bytes_max=1)
    read, committed = threading.Semaphore(0), threading.Event()
    readings = 0

    def page(asked: Page, **rest: Any) -> log.Reading:
        nonlocal readings
        readings += 1
        found = original(asked, **rest)
        read.release()
        committed.wait(10)
        return found

    original = log.page
    monkeypatch.setattr(log, "page", page)
    asked = [asyncio.ensure_future(reader.page(Page(topic, None, False, 9))) for _ in range(200)]
    await asyncio.to_thread(read.acquire)
    await published(topic, 1)
    late = [asyncio.ensure_future(reader.page(Page(topic, None, False, 9))) for _ in range(200)]
    await asyncio.sleep(0)
    committed.set()
    assert {len(found.events) for found in await asyncio.gather(*asked)} == {0}
    assert {len(found.events) for found in await asyncio.gather(*late)} == {1}
    assert readings == 2


async def test_the_python_sdk_reads_it(server: DaphneServer, number: int) -> None:
    topic = f"chat:{number}"
    await published(topic, 1, 2, 3)
    client = Sdk(server.url, token=await issued(7))
    await client.connect()
    subscription = client.new_subscription(topic)
    await subscription.subscribe()
    found = await subscription.history(limit=-1)
    assert [(each.offset, each.data["data"]["value"]) for each in found.publications] == [(1, 1), (2, 2), (3, 3)]
    back = await subscription.history(limit=2, since=StreamPosition(3, found.epoch), reverse=True)
    assert ([each.offset for each in back.publications], back.offset) == ([2, 1], 3)
    with pytest.raises(ReplyError) as refused:
        await subscription.history(limit=1, since=StreamPosition(1, "of-a-restored-log"))
    assert refused.value.code == 112
    await leave(client)
