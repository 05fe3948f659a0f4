"""Sockets that do not read, and peers that do not answer."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

import pytest
import websockets

import hub
from hub import conf
from hub.outbox import Outbox, chunks
from hub.protocol import Close
from hub.wire import Wire
from tests.hub import checker
from tests.hub.client import opened, read_to_end
from tests.hub.database import url as database_url
from tests.hub.stack import DaphneServer
from tests.hub.writing import in_thread, issued

pytestmark = pytest.mark.usefixtures("database")

RECOVERY = (conf.current().recovery_limit, conf.current().recovery_bytes)
HALF = RECOVERY[0] // 2
TEXT = "x" * 50_000
EVENTS = 40


def publish_large(topic: str, times: int = 1) -> None:
    with hub.atomic():
        for _ in range(times):
            hub.publish(topic, type="test.happened", data={"text": TEXT})


async def published_large(topic: str, times: int) -> None:
    for _ in range(times):
        await in_thread(publish_large, topic)


def narrow_socket(url: str) -> socket.socket:
    """A connection whose receiving buffer holds little: what is not read soon stays at the server."""
    parts = urlsplit(url)
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect((parts.hostname, parts.port))
    return narrow


async def test_a_reader_that_stops_is_closed_as_slow_resumes_and_holds_up_nobody(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic = f"open:{number}"
    server = serve(HUB_WINDOW_BYTES=65536, HUB_QUEUE_BYTES=262144, HUB_RECOVERY_BYTES=4_000_000)
    async with opened(server.url, await issued(8)) as other:
        await other.do("subscribe", channel=topic)
        stopped = await websockets.connect(server.url, sock=narrow_socket(server.url), max_queue=1, ping_interval=None)
        await stopped.send(json.dumps({"id": 1, "connect": {"token": await issued(7)}}))
        await stopped.send(json.dumps({"id": 2, "subscribe": {"channel": topic}}))
        epoch = json.loads([await stopped.recv() for _ in range(2)][1])["subscribe"]["epoch"]
        for _ in range(EVENTS):
            await in_thread(publish_large, topic)
        swift = await other.publications(EVENTS)

        lines = await read_to_end(stopped)
        received = [line["push"]["pub"] for line in lines if "pub" in line.get("push", {})]
        assert lines[-1] == {"push": {"disconnect": {"code": 3008, "reason": "slow"}}}
        assert len(received) < EVENTS
    async with opened(server.url, await issued(7)) as again:
        result = await again.do("subscribe", channel=topic, recover=True, offset=len(received), epoch=epoch)
        received += result["publications"]
    assert checker.compare(database_url(), topic, received).clean
    assert checker.compare(database_url(), topic, swift).clean


async def test_a_slow_link_that_reads_is_not_taken_for_dead(serve: Callable[..., DaphneServer], number: int) -> None:
    """Its pong comes behind what is under way, which takes seconds."""
    patient = {"HUB_QUEUE_BYTES": 4_000_000, "HUB_RECOVERY_BYTES": 4_000_000}
    topic, server = f"open:{number}", serve(HUB_PING_INTERVAL_S=1, HUB_PONG_TIMEOUT_S=3, **patient)
    slow = await websockets.connect(server.url, sock=narrow_socket(server.url), max_queue=1, ping_interval=None)
    await slow.send(json.dumps({"id": 1, "connect": {"token": await issued(7)}}))
    await slow.send(json.dumps({"id": 2, "subscribe": {"channel": topic}}))
    for _ in range(2):
        await slow.recv()
    received, publishing = 0, asyncio.ensure_future(published_large(topic, 20))
    while received < 20 and slow.close_code is None:
        for line in str(await asyncio.wait_for(slow.recv(), 10)).split("\n"):
            if line == "{}":
                await slow.send("{}")
            assert "disconnect" not in line
            received += '"pub"' in line
        await asyncio.sleep(0.3)
    await publishing
    await slow.close()


async def test_a_peer_that_never_reads_but_sends_pongs_costs_bounded_memory(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic, server = f"open:{number}", serve(HUB_PING_INTERVAL_S=1)
    liar = await websockets.connect(server.url, sock=narrow_socket(server.url), max_queue=1, ping_interval=None)
    await liar.send(json.dumps({"id": 1, "connect": {"token": await issued(7)}}))
    await liar.send(json.dumps({"id": 2, "subscribe": {"channel": topic}}))
    for _ in range(2):
        await liar.recv()
    before = server.resident_kib
    liar.transport.pause_reading()
    for _ in range(80):
        await in_thread(publish_large, topic, times=10)
        with contextlib.suppress(websockets.ConnectionClosed):
            await liar.send("{}")
            await liar.send("{}")
    grown = server.resident_kib - before
    liar.transport.abort()
    assert grown < 10_000


async def test_a_peer_that_owes_its_pong_is_closed(serve: Callable[..., DaphneServer]) -> None:
    server = serve(HUB_PING_INTERVAL_S=1, HUB_PONG_TIMEOUT_S=1)
    async with opened(server.url, await issued(7)) as good:
        silent = await websockets.connect(server.url, ping_interval=None)
        await silent.send(json.dumps({"id": 1, "connect": {"token": await issued(7)}}))
        assert {} in await read_to_end(silent)
        assert silent.close_code == 3012
        await good.pinged(4)
        assert await good.do("ping") == {}


class FullWire:
    """Takes nothing, for so many seconds already."""

    def __init__(self, full_for_s: float) -> None:
        self.full_since = asyncio.get_running_loop().time() - full_for_s
        self.when_room = lambda: None


@pytest.mark.parametrize(
    ("full_for_s", "recoverable", "taken"),
    [(10, True, HALF), (0, True, 2 * HALF), (10, False, 2 * HALF)],
)
async def test_only_a_reader_that_stands_is_closed_while_a_recovery_brings_what_waits(
    full_for_s: float, recoverable: bool, taken: int
) -> None:
    """Of ordered topics; a burst passes whoever reads, and latest values wait for nobody's recovery."""
    failed: list[Close] = []
    outbox = Outbox(cast(Wire, FullWire(full_for_s)), limit=1_000_000, fail=failed.append)
    for _ in range(2 * HALF):
        outbox.put(*chunks([b"x"], recovery=RECOVERY if recoverable else None))
    assert taken <= outbox.waiting_bytes <= taken + 1
    assert set(failed) == ({Close.SLOW} if taken < 2 * HALF else set())
