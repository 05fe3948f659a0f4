"""What an operator sees of all processes at once, asked of two that really run."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import redis

import hub
from hub import hints, history, processes, top
from hub.errors import UnknownTopic
from hub.processes import Process
from tests.hub.client import opened
from tests.hub.stack import DaphneServer, RedisServer
from tests.hub.writing import HeldHints, in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database", "patience")


async def told(server: DaphneServer, wanted: Callable[[Process], bool] = lambda one: True) -> Process:
    """What that process says of itself, once it is what is wanted."""
    assert server.process is not None
    found: list[Process] = []
    for _ in range(100):
        found = [one for one in await in_thread(processes.snapshots) if one.process.endswith(f"/{server.process.pid}")]
        if found and wanted(found[0]):
            return found[0]
        await asyncio.sleep(0.2)
    raise AssertionError(found)


async def test_each_process_says_how_it_does(serve: Callable[..., DaphneServer], number: int) -> None:
    one, two, topic = serve(HUB_VERSION="1.2"), serve(HUB_VERSION="1.3"), f"open:{number}"
    async with opened(one.url, await issued(7)) as first, opened(two.url, await issued(8)) as second:
        for client in (first, second):
            await client.do("subscribe", channel=topic)
        await first.do("subscribe", channel=f"position:{number}")
        await published(topic, 1, 2, 3)
        for client in (first, second):
            await client.publications(3)
        here = await told(one, lambda said: said.subscriptions == 2 and said.p99_ms is not None)
        there = await told(two, lambda said: said.subscriptions == 1 and said.p99_ms is not None)
    assert (here.version, there.version) == ("1.2", "1.3")
    assert (here.connections, here.topics, there.topics) == (1, 3, 2)
    assert (here.queue_bytes, here.queue_sockets, here.gaps_open, here.behind) == (0, 0, 0, 0)
    assert here.silent_s < 3
    assert here.p50_ms is not None
    assert here.p99_ms is not None
    assert 0 < here.p50_ms <= here.p99_ms < 3000
    assert here.node != there.node


async def test_gaps_and_what_waits_are_told(
    serve: Callable[..., DaphneServer], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, topic = serve(HUB_QUEUE_BYTES=8_000_000, HUB_RECOVERY_BYTES=80_000_000), f"open:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        with monkeypatch.context() as patch:
            patch.setattr(hints, "send", HeldHints())
            await published(topic, 1, 2)
        await published(topic, 3)
        await client.publications(3)
        said = await told(server, lambda said: said.gaps_healed > 0)
        assert (said.gaps_found, said.gaps_open, said.places_lost) == (said.gaps_healed, 0, 0)
        client.socket.transport.pause_reading()
        for _ in range(5):
            await in_thread(large, topic)
        said = await told(server, lambda said: said.queue_sockets == 1)
        assert said.queue_bytes > 0
        client.socket.transport.abort()


def large(topic: str) -> None:
    with hub.atomic():
        for _ in range(20):
            hub.publish(topic, type="test.happened", data={"text": "x" * 60_000})


async def test_live_topics_are_counted_over_all_processes(serve: Callable[..., DaphneServer], number: int) -> None:
    one, two, topic, value = serve(), serve(), f"open:{number}-live", f"position:{number}"
    async with (
        opened(one.url, await issued(7)) as first,
        opened(two.url, await issued(8)) as second,
        opened(two.url, await issued(9)) as third,
    ):
        for client in (first, second, third):
            await client.do("subscribe", channel=topic)
        await first.do("subscribe", channel=value)
        await published(topic, 1, 2)
        await third.publications(2)
        here = {(await told(server)).process for server in (one, two)}
        found, silent = await in_thread(processes.live_topics, containing=str(number))
        one_alone, _ = await in_thread(processes.live_topics, containing=f"{number}-live", limit=1)
    assert not here & set(silent)
    lines = {line.topic: line for line in found}
    assert (lines[topic].subscribers, lines[topic].processes, lines[topic].offset) == (3, 2, 2)
    assert (lines[value].kind, lines[value].offset, lines[value].subscribers) == ("latest", None, 1)
    assert next(iter(lines)) == topic
    assert [line.topic for line in one_alone] == [topic]


async def test_somebodys_connections_are_found_at_every_process(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    one, two, user, topic = serve(), serve(), f"user-{number}", f"open:{number}"
    phone, tablet = [await in_thread(hub.tokens.issue, user, login=login) for login in ("phone", "tablet")]
    async with opened(one.url) as first, opened(two.url) as second, opened(two.url, await issued(8)) as other:
        await first.do("connect", token=phone, name="js", version="5")
        await second.do("connect", token=tablet)
        await second.do("subscribe", channel=topic)
        here = {(await told(server)).process for server in (one, two)}
        found, silent = await in_thread(processes.connections_of, user)
        assert not here & set(silent)
        assert sorted((one.login, one.agent, one.topics) for one in found) == [
            ("phone", "js 5", []),
            ("tablet", "", [topic]),
        ]
        assert {one.process for one in found} == here
        # One of them can be closed by what was told of it.
        await in_thread(hub.revoke.disconnect, user, login="tablet")
        assert await second.closed() == 3503
        assert await other.do("ping") == {}
        found, _ = await in_thread(processes.connections_of, user)
        assert [one.login for one in found] == ["phone"]
    assert (await in_thread(processes.connections_of, f"nobody-{number}"))[0] == []


async def test_a_process_that_does_not_answer_is_named(
    serve: Callable[..., DaphneServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It died a moment ago: what it said of itself still stands."""
    one, two = serve(), serve()
    async with opened(one.url, await issued(7)), opened(two.url, await issued(7)):
        dead, alive = await told(one), await told(two)
        one.kill()
        monkeypatch.setattr(processes, "ANSWERS_WITHIN_S", 0.5)
        found, silent = await in_thread(processes.connections_of, 7)
    assert dead.process in silent
    assert alive.process in {line.process for line in found}


async def test_what_a_later_release_asks_is_let_pass(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        for question in ({"topic": "", "answer_to": "x", "what": "weather"}, {"topic": "", "strange": 1}):
            await in_thread(hints.send, [question])
        await published(topic, 1)
        await client.publication()


def test_without_redis_asking_fails(redis_server: RedisServer) -> None:
    redis_server.kill()
    for ask in (processes.snapshots, processes.live_topics, lambda: processes.connections_of(7)):
        with pytest.raises((redis.RedisError, OSError)):
            ask()


def test_a_snapshot_of_another_release_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(top, "read", lambda: [{"process": "old/1", "hottest": [], "weather": 7}])
    assert processes.snapshots() == [Process(node="old/1", process="old/1")]


def values(page: history.LoggedPage) -> list[Any]:
    return [event["publication"]["data"]["data"]["value"] for event in page.events]


async def test_a_topics_log_is_read_page_by_page_in_both_directions(number: int) -> None:
    topic = f"open:{number}"
    await published(topic, *range(1, 8))
    newest = await in_thread(history.read_page, topic, limit=3)
    assert (newest.kind, newest.head, values(newest)) == ("ordered", 7, [7, 6, 5])
    before = await in_thread(history.read_page, topic, since=newest.events[-1]["offset"], limit=3)
    assert values(before) == [4, 3, 2]
    oldest = await in_thread(history.read_page, topic, newest_first=False, limit=3)
    assert values(oldest) == [1, 2, 3]
    after = await in_thread(history.read_page, topic, newest_first=False, since=6)
    assert values(after) == [7]
    assert newest.events[0]["publication"]["data"]["type"] == "test.happened"


async def test_the_newest_values_are_what_a_latest_value_topic_has(number: int) -> None:
    topic = f"position:{number}"
    for key, step in (("one", 1), ("two", 2), ("one", 3)):
        await in_thread(hub.publish_latest, topic, key=key, data={"step": step})
    page = await in_thread(history.read_page, topic)
    steps = [event["publication"]["data"]["data"]["step"] for event in page.events]
    assert (page.kind, page.head, steps) == ("latest", 0, [3, 2])


async def test_a_topic_that_was_never_written_to_is_empty_and_an_unknown_one_refused(number: int) -> None:
    assert (await in_thread(history.read_page, f"open:{number}")).events == []
    for name in (f"nothing-{number}", "$revocations"):
        with pytest.raises(UnknownTopic):
            await in_thread(history.read_page, name)
