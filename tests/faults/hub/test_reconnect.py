"""Everybody at once, anybody at any moment, and very many one after the other."""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable

import psycopg
import pytest

import hub
from tests.faults.hub.crowd import crowd, percentile
from tests.faults.hub.figures import Case, Size
from tests.faults.hub.load import load
from tests.hub.database import url as database_url
from tests.hub.stack import ROOT, DaphneServer
from tests.hub.writing import in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database")
# A connection tells what it read so much later, if it has nothing else to do.
LATE_S = 11.0


def log_scans() -> int:
    """How often the log's events were looked up, in all partitions."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        found = connection.execute(
            "SELECT sum(idx_scan + seq_scan)::int FROM pg_stat_user_tables WHERE relname LIKE 'hub_event%'"
        ).fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.case(4, "thousands of sockets reconnect at once")
async def test_everybody_reconnects_at_once(
    serve: Callable[..., DaphneServer], number: int, case: Case, size: Size
) -> None:
    """To processes that have just begun and know nothing: what everybody missed must come from the log."""
    sockets, missed = size(200, 2000), 30
    topics = [f"open:{number}:{index}" for index in range(20)]
    servers = [serve(), serve()]
    async with crowd(servers, topics, sockets, processes=2) as readers:
        await readers.ask("hold")
        for server in servers:
            await asyncio.to_thread(server.kill)
        for topic in topics:
            await published(topic, *range(missed))
        for server in servers:
            await asyncio.to_thread(server.start)
        before = await asyncio.to_thread(log_scans)
        await readers.ask("release")
        await readers.caught_up()
        await asyncio.sleep(LATE_S)
        scans = await asyncio.to_thread(log_scans) - before
        report = await readers.report()
    resumed = report["resumed"]
    case.at_most(10.0, all_resumed_s=max(resumed))
    case.tell(sockets=len(resumed), half_resumed_s=percentile(resumed, 0.5), log_scans=scans)
    case.tell(codes=report["codes"])
    # Single flight: one reading per topic and process, in each of the log's partitions; not one per socket.
    assert scans <= 4 * len(topics) * len(servers), scans
    assert report["deliveries"] == sockets * missed
    case.holds(report)


@pytest.mark.case(5, "random kicks")
async def test_random_kicks(pair: list[DaphneServer], number: int, case: Case, size: Size) -> None:
    kicked = 0
    async with crowd(pair, [f"open:{number}:{index}" for index in range(10)], size(40, 200)) as readers:
        async with load(readers.topics, size(50, 100)) as published:
            end = time.monotonic() + size(5, 60)
            while time.monotonic() < end:
                kicked += (await readers.ask("kick", share=random.uniform(0, 0.2)))[0]["kicked"]
                await asyncio.sleep(random.uniform(0, 0.5))
            case.tell(rate=published.rate, kicked=kicked)
        await readers.caught_up()
        case.holds(await readers.report())


@pytest.mark.case(16, "churn of connects")
async def test_churn(serve: Callable[..., DaphneServer], number: int, case: Case, size: Size) -> None:
    connects, servers, user = size(1_000, 20_000), [serve(), serve()], f"visitor-{number}"

    async def churn(count: int) -> float:
        options = {"urls": [server.url for server in servers], "token": await issued(user), "count": count}
        command = [sys.executable, "-m", "tests.faults.hub.churn", json.dumps(options | {"topic": f"open:{number}"})]
        start = time.monotonic()
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        assert await process.wait() == 0
        return count / (time.monotonic() - start)

    async def resident() -> list[int]:
        await asyncio.sleep(2.0)
        return [server.resident_kib for server in servers]

    # What a process takes once for all, and the peak of so many at once, come first.
    await churn(connects // 5)
    before = await resident()
    case.tell(connects=connects, connects_per_s=await churn(connects))
    after = await resident()
    growth = max(now / then for now, then in zip(after, before, strict=True))
    case.tell(before_kib=before, after_kib=after)
    case.at_most(1.1, memory_afterwards=growth)
    assert all(server.descriptors < 100 for server in servers)
    assert await in_thread(hub.presence.connected, [user]) == set()
