"""Latest-value topics: a socket that cannot keep up, or comes back, gets the newest of each key, not the queue."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import websockets
from centrifuge import Client as Sdk
from websockets.asyncio.client import ClientConnection

from hub import conf, hints, latest
from hub.publishing import publish_latest
from hub.workers import Workers
from tests.hub.client import Client, opened
from tests.hub.stack import ROOT, DaphneServer, RedisServer
from tests.hub.test_sdk_python import Ears, leave, soon
from tests.hub.test_slow_reader import narrow_socket
from tests.hub.writing import in_thread, issued

pytestmark = pytest.mark.usefixtures("database", "patience")

KEYS = ("a", "b", "c")
ROUNDS = 200
PATIENCE_S = 30.0


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - told by threads
        await asyncio.sleep(0.01)


def send(topic: str, turn: int) -> None:
    for key in KEYS:
        publish_latest(topic, key=key, data={"turn": turn, "text": "x" * 4000})


def flood(topic: str) -> None:
    for turn in range(ROUNDS):
        send(topic, turn)


async def repeat_the_last(topic: str) -> None:
    """Latest values are best effort: on a busy machine Redis may not have taken the last ones in time."""
    while True:
        await in_thread(send, topic, ROUNDS)
        await asyncio.sleep(1.0)


class SlowReader:
    """Answers pings, and keeps the newest value of each key."""

    def __init__(self) -> None:
        self.newest: dict[str, int] = {}
        self.values = 0

    async def read_until(self, socket: ClientConnection, turn: int) -> None:
        while self.newest != dict.fromkeys(KEYS, turn):
            for line in str(await socket.recv()).split("\n"):
                message = json.loads(line)
                if not message:
                    await socket.send("{}")
                elif "push" in message:
                    envelope = message["push"]["pub"]["data"]
                    assert envelope["data"]["turn"] >= self.newest.get(envelope["subject"], 0)
                    self.newest[envelope["subject"]] = envelope["data"]["turn"]
                    self.values += 1


async def test_a_reader_that_stops_finds_the_newest_values_and_is_not_closed(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic, reader = f"position:{number}", SlowReader()
    server = serve(HUB_WINDOW_BYTES=16384, HUB_QUEUE_BYTES=65536, HUB_PONG_TIMEOUT_S=60)
    async with websockets.connect(
        server.url, sock=narrow_socket(server.url), max_queue=1, ping_interval=None
    ) as socket:
        await socket.send(json.dumps({"id": 1, "connect": {"token": await issued(7)}}))
        await socket.send(json.dumps({"id": 2, "subscribe": {"channel": topic}}))
        await in_thread(flood, topic)
        repeating = asyncio.ensure_future(repeat_the_last(topic))
        await asyncio.wait_for(reader.read_until(socket, ROUNDS), PATIENCE_S)
        repeating.cancel()
    assert reader.values < ROUNDS * len(KEYS) / 2


async def back(client: Client, topic: str) -> dict[str, Any]:
    return await client.do("subscribe", channel=topic, recover=True)


def by_key(result: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(each["data"]["subject"], each["data"]["data"]) for each in result.get("publications", [])]


def values(topic: str, *pairs: tuple[str, int]) -> None:
    for key, value in pairs:
        publish_latest(topic, key=key, data={"value": value})


async def test_who_comes_back_gets_the_newest_value_of_each_key_from_any_process(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic = f"position:{number}"
    await in_thread(values, topic, ("a", 1), ("b", 2), ("a", 3))
    server = serve()
    async with opened(server.url, await issued(7)) as client, opened(server.url, await issued(7)) as other:
        result = await back(client, topic)
        assert by_key(result) == [("b", {"value": 2}), ("a", {"value": 3})]
        assert {**result, "publications": []} == {
            "recoverable": True,
            "was_recovering": True,
            "recovered": True,
            "publications": [],
        }
        await in_thread(values, topic, ("b", 4))
        assert (await client.publication())["data"]["data"] == {"value": 4}
        # Only who asks, as in Centrifugo's cache recovery.
        assert await other.do("subscribe", channel=topic) == {"recoverable": True}


async def test_where_nothing_is_known_nothing_is_recovered(server: DaphneServer, number: int) -> None:
    async with opened(server.url, await issued(7)) as client:
        assert await back(client, f"position:{number}") == {"recoverable": True, "was_recovering": True}


async def test_a_value_is_forgotten_after_its_time(server: DaphneServer, number: int) -> None:
    topic = f"position:{number}"
    await in_thread(values, topic, ("old", 1))
    # As if its time to live were over.
    await in_thread(hints.client().delete, latest._value(topic, "old"))
    await in_thread(values, topic, ("new", 2))
    assert 0 < await in_thread(hints.client().ttl, latest._value(topic, "new")) <= 300
    assert 0 < await in_thread(hints.client().ttl, latest._index(topic)) <= 300
    async with opened(server.url, await issued(7)) as client:
        assert by_key(await back(client, topic)) == [("new", {"value": 2})]


async def test_nothing_is_kept_where_the_setting_says_so(
    server: DaphneServer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(conf.current(), latest_ttl_s=0)
    monkeypatch.setattr(conf, "current", lambda: settings)
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=f"position:{number}")
        await in_thread(values, f"position:{number}", ("a", 1))
        assert (await client.publication())["data"]["data"] == {"value": 1}
    assert not await in_thread(hints.client().exists, latest._index(f"position:{number}"))


async def test_keys_and_bytes_that_are_kept_are_bounded(server: DaphneServer, number: int) -> None:
    many, large = f"position:many{number}", f"position:large{number}"
    await in_thread(values, many, *((f"k{index}", index) for index in range(latest.KEYS_MAX + 20)))
    assert await in_thread(hints.client().zcard, latest._index(many)) == latest.KEYS_MAX

    def fill() -> None:
        for index in range(40):
            publish_latest(large, key=str(index), data={"text": "x" * 10_000})

    await in_thread(fill)
    async with opened(server.url, await issued(7)) as client:
        keys = [key for key, _ in by_key(await back(client, many))]
        assert keys == [f"k{index}" for index in range(520 - len(keys), 520)]
        keys = [key for key, _ in by_key(await back(client, large))]
        assert keys == [str(index) for index in range(40 - len(keys), 40)]
        assert 10 <= len(keys) <= 13


async def test_of_what_a_process_publishes_at_once_the_newest_of_each_key_goes_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[list[tuple[tuple[str, str], bytes]]] = []
    monkeypatch.setattr(latest, "_send", lambda values: sent.append(list(values.items())))
    collector = latest.Collector(Workers(app_threads=1))
    for turn in b"123":
        for key in "abcd"[: 5 - turn % 4]:
            collector.put(("t", key), b"%d" % turn)
    running = asyncio.ensure_future(collector.run())
    try:
        await asyncio.wait_for(until(lambda: bool(sent)), PATIENCE_S)
        assert sent == [[(("t", "d"), b"49"), (("t", "c"), b"50"), (("t", "a"), b"51"), (("t", "b"), b"51")]]
        for index in range(2 * latest.TOGETHER_MAX):
            collector.put(("t", str(index)), b"")
        await asyncio.wait_for(until(lambda: len(sent) == 3), PATIENCE_S)
        assert [len(each) for each in sent[1:]] == [latest.TOGETHER_MAX] * 2
    finally:
        running.cancel()
        monkeypatch.setattr(latest, "_collector", None)


ENDS_SOON = """
import asyncio, os, sys, django
django.setup()
import hub
from hub import node

async def main():
    node.current()
    await asyncio.sleep(0)
    hub.publish_latest(sys.argv[1], key="a", data={"value": 1})

asyncio.run(main())
"""
GOES_ON = """
hub.publish_latest(sys.argv[1], key="b", data={"value": 2})
os._exit(0)
"""


@pytest.mark.parametrize(("program", "values"), [(ENDS_SOON, {"a": 1}), (ENDS_SOON + GOES_ON, {"a": 1, "b": 2})])
async def test_a_process_whose_loop_ends_has_sent_everything(
    server: DaphneServer, number: int, program: str, values: dict[str, int]
) -> None:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.hub.notes.settings"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, f"position:{number}", env=env, cwd=ROOT
    )
    assert await process.wait() == 0
    async with opened(server.url, await issued(7)) as client:
        assert by_key(await back(client, f"position:{number}")) == [
            (key, {"value": value}) for key, value in values.items()
        ]


async def test_no_topic_reads_the_values_of_another(server: DaphneServer, number: int) -> None:
    topic = f"values:{number}"
    await in_thread(values, topic, ("a", 1), ("2:a", 2), ("", 3))
    await in_thread(values, f"{topic}:2", ("a", 4))
    async with opened(server.url, await issued(7)) as client:
        assert [value["value"] for _, value in by_key(await back(client, topic))] == [1, 2, 3]
        assert by_key(await back(client, f"{topic}:a")) == []


async def test_what_comes_while_the_kept_values_are_read_is_not_missed(server: DaphneServer, number: int) -> None:
    """Published and subscribed at once, again and again: the last value comes, either way, and no older one after."""
    topic, turns = f"values:{number}", 100
    async with opened(server.url, await issued(8)) as writer:
        for turn in range(turns):
            async with opened(server.url, await issued(7)) as client:
                writing = asyncio.ensure_future(writer.do("publish", channel=topic, data=turn))
                result = await back(client, topic)
                await writing
                seen = [each["data"] for each in result.get("publications", [])]
                assert len(seen) <= 1
                while not seen or seen[-1] != turn:
                    seen.append((await client.publication())["data"])
                assert seen == sorted(seen)


async def test_without_redis_who_comes_back_waits_for_nothing(
    serve: Callable[..., DaphneServer], redis_server: RedisServer, number: int
) -> None:
    server = serve()
    assert redis_server.process is not None
    async with opened(server.url, await issued(7)) as client:
        redis_server.process.send_signal(signal.SIGSTOP)
        try:
            start = time.monotonic()
            for index in range(20):
                assert "recovered" not in await back(client, f"position:{number}-{index}")
            assert time.monotonic() - start < 3.5
        finally:
            redis_server.process.send_signal(signal.SIGCONT)


async def test_the_python_sdk_finds_the_newest_values_after_the_process_was_killed(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic, server, ears = f"position:{number}", serve(), Ears()
    client = Sdk(server.url, token=await issued(7), min_reconnect_delay=0.05, max_reconnect_delay=0.3)
    await client.connect()
    await client.new_subscription(topic, events=ears).subscribe()
    assert (await soon(ears.subscribed)).was_recovering is False
    await asyncio.to_thread(server.kill)
    await in_thread(values, topic, ("a", 1), ("b", 2), ("a", 3))
    await asyncio.to_thread(server.start)
    again = await soon(ears.subscribed)
    assert (again.was_recovering, again.recovered) == (True, True)
    heard = [(await soon(ears.publications))["data"] for _ in range(2)]
    assert [(each["subject"], each["data"]["value"]) for each in heard] == [("b", 2), ("a", 3)]
    await leave(client)
