"""Peers that stop reading, that vanish without a word, and that flood: they harm themselves alone."""

import asyncio
import json
import re
import sys
import urllib.request
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

import hub
from hub.conf import HubSettings
from tests.faults.hub.crowd import crowd
from tests.faults.hub.figures import Case, Size
from tests.faults.hub.load import load
from tests.hub.client import opened
from tests.hub.proxy import proxied
from tests.hub.stack import ROOT, DaphneServer
from tests.hub.writing import in_thread, issued

pytestmark = pytest.mark.usefixtures("database")
TOKEN = "a-token-for-the-metrics"
# Events a second: what comes from when a reader is closed until it is back must be less than half of a recovery.
RATE = 25
# Others' p99 may move by so much: two cores do everything here.
MOVES_BY_S = 0.05


@pytest.mark.case(3, "readers that stop reading")
async def test_readers_that_stop(serve: Callable[..., DaphneServer], number: int, case: Case, size: Size) -> None:
    # With the default settings; nothing is set but who may read the metrics.
    servers, topics = [serve(HUB_METRICS_TOKEN=TOKEN), serve(HUB_METRICS_TOKEN=TOKEN)], [f"open:{number}"]
    stopped_count, settle_s, defaults = size(4, 10), size(1, 5), HubSettings()

    async def closed_as_slow(least: int) -> int:
        """How many have been, once so many have; waits no longer than until the bound is passed by far."""
        end = running.published + 2 * bound // len(text)
        while (closed := sum([await asyncio.to_thread(slow, server) for server in servers])) < least:
            if running.published > end:
                break
            await asyncio.sleep(0.05)
        return closed

    async with crowd(servers, topics, size(10, 30)) as others, crowd(servers, topics, stopped_count) as stopped:
        async with load(topics, RATE, text=(text := "x" * 800)) as running:
            await stopped.ask("narrow")
            await stopped.caught_up()
            await asyncio.sleep(settle_s)
            await others.pushes()
            await asyncio.sleep(settle_s)
            case.tell(p99_before_s=(before := await others.p99()), rate=running.rate)
            resident = [server.resident_kib for server in servers]

            # The kernel may double what it is asked for; the transport has 64 KB and a chunk, and what waits in time.
            bound = 2 * defaults.window_bytes + 2 * 65_536 + defaults.recovery_bytes
            await stopped.ask("stop_reading")
            closed, events = await closed_as_slow(stopped_count), running.published
        case.at_most(before + MOVES_BY_S, p99_while_they_stand_s=await others.p99())
        grown = max(server.resident_kib - then for server, then in zip(servers, resident, strict=True))
        async with load(topics, 10):
            await stopped.ask("read_on")
            await stopped.caught_up()
        await asyncio.gather(others.caught_up(), stopped.caught_up())
        report = await stopped.report()
        case.tell(stopped=stopped_count, closed=closed, events=events, bound_bytes=bound, codes=report["codes"])
        assert report["codes"]["told 3008"] == closed == stopped_count
        case.holds(report)
        case.holds(await others.report())
    # The events are shared; each socket has its transport's buffer, and the process the topic's newest events.
    case.at_most((defaults.recovery_bytes + stopped_count * 3 * 65_536) / 1024 + 1_000, memory_grown_kib=grown)


def slow(server: DaphneServer) -> int:
    """How many sockets it has closed as slow, by its metrics."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=10) as answer:
        found = re.search(r'hub_disconnects_total{code="3008"} (\d+)', answer.read().decode())
    return int(found[1]) if found else 0


@pytest.mark.case(15, "half-open peers behind a proxy that freezes")
async def test_half_open_peers(serve: Callable[..., DaphneServer], number: int, case: Case, size: Size) -> None:
    ping_s, peers = size(2, 25), size(5, 20)
    server = serve(HUB_PING_INTERVAL_S=ping_s, HUB_PONG_TIMEOUT_S=size(1, 8))
    users, loop = [f"half-open-{number}-{index}" for index in range(peers)], asyncio.get_running_loop()
    async with (
        crowd([server], [f"open:{number}"], 5) as others,
        proxied(lambda: asyncio.open_connection("127.0.0.1", server.port)) as (port, proxy),
        AsyncExitStack() as clients,
    ):
        alone = server.descriptors
        url = f"ws://127.0.0.1:{port}/connection/websocket"
        for user in users:
            # Leaving politely would wait for an answer that the frozen proxy never brings.
            client = await clients.enter_async_context(opened(url, await issued(user), close_timeout=0.1))
            await client.do("subscribe", channel=f"open:{number}")
        assert server.descriptors >= alone + peers
        while await in_thread(hub.presence.connected, users) != set(users):  # noqa: ASYNC110 - told by another process
            await asyncio.sleep(0.1)
        proxy.freeze()
        frozen, detected = loop.time(), 0.0
        async with load(others.topics, 20), asyncio.timeout(4 * ping_s + 20):
            while server.descriptors > alone + 2:
                if not detected and not await in_thread(hub.presence.connected, users):
                    detected = loop.time() - frozen
                await asyncio.sleep(0.1)
        freed = loop.time() - frozen
        await others.caught_up()
        case.holds(await others.report())
    case.tell(peers=peers, ping_s=ping_s)
    case.at_most(2 * ping_s, detected_s=detected or freed)
    case.at_most(2 * ping_s, freed_s=freed)


@pytest.mark.case(18, "position flood")
async def test_a_flood_of_positions(serve: Callable[..., DaphneServer], number: int, case: Case, size: Size) -> None:
    servers, workers, seconds = [serve(), serve()], size(50, 500), size(4, 30)
    async with crowd(servers, [f"open:{number}"], 10) as readers, load(readers.topics, 20):
        await asyncio.sleep(size(1, 3))
        await readers.pushes()
        await asyncio.sleep(size(2, 10))
        case.tell(p99_before_s=(before := await readers.p99()))
        resident, used = [server.resident_kib for server in servers], -sum(server.processor_s for server in servers)
        options: dict[str, Any] = {
            "urls": [server.url for server in servers],
            "tokens": [await issued(f"worker-{number}-{index}") for index in range(workers)],
            "topic": f"position:{number}",
            "per_second": 5,
            "seconds": seconds,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.hub.flood", stdin=-1, stdout=-1, cwd=ROOT
        )
        output, _ = await process.communicate(json.dumps(options).encode())
        found = json.loads(output)
        case.at_most(before + MOVES_BY_S, p99_in_the_flood_s=await readers.p99())
        grown = max(server.resident_kib - then for server, then in zip(servers, resident, strict=True))
        used += sum(server.processor_s for server in servers)
    # On a machine that is busy otherwise this says more than times do.
    case.tell(workers=workers, processor_us_per_call=used / (workers * options["per_second"] * seconds) * 1e6, **found)
    assert found["seen"]
    assert not any(found[fault] for fault in ("went_back", "not_the_newest", "cut_off"))
    # 64 KB of buffers a socket.
    case.at_most(workers * 100 + 10_000, memory_grown_kib=grown)
