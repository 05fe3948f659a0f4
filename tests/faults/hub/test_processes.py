"""Hub processes that die, that are asked to go, and whose clocks are wrong."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.faults.hub.crowd import crowd
from tests.faults.hub.figures import Case, Size
from tests.faults.hub.load import load
from tests.hub.database import url as database_url
from tests.hub.stack import ROOT, DaphneServer
from tests.hub.writing import published

pytestmark = pytest.mark.usefixtures("database")
AHEAD_S = 300


def topics_of(number: int) -> list[str]:
    """Several: a recovery brings 300 events of a topic at most, and who comes back may need a second."""
    return [f"open:{number}:{index}" for index in range(10)]


@pytest.mark.case(2, "a Daphne killed with SIGKILL while fanning out")
async def test_a_process_killed_while_fanning_out(
    serve: Callable[..., DaphneServer], number: int, case: Case, size: Size
) -> None:
    servers, resumed = [serve(), serve()], []
    async with crowd(servers, topics_of(number), size(20, 200)) as readers:
        async with load(readers.topics, size(100, 200)) as published:
            for turn in range(size(1, 6)):
                await asyncio.sleep(1.0)
                await asyncio.to_thread(servers[turn % 2].kill)
                resumed.append(await readers.caught_up())
                await asyncio.to_thread(servers[turn % 2].start)
            case.tell(rate=published.rate, kills=len(resumed), resumed_s=max(resumed))
        await readers.caught_up()
        report = await readers.report()
    case.tell(codes=report["codes"])
    # Somebody was there to be cut off.
    assert report["codes"]["1006"] >= len(readers.topics)
    case.holds(report)


@pytest.mark.case(14, "rolling deploy of both Daphnes under load")
async def test_a_rolling_deploy(serve: Callable[..., DaphneServer], number: int, case: Case, size: Size) -> None:
    drain_s, count = size(1, 3), size(20, 200)
    servers, busiest = [serve(HUB_DRAIN_S=drain_s) for _ in range(2)], []
    async with crowd(servers, topics_of(number), count) as readers:
        async with load(readers.topics, size(100, 200)) as published:
            for server in servers:
                await asyncio.sleep(1.0)
                await asyncio.to_thread(server.end)
                case.tell(resumed_s=await readers.caught_up())
                _, left = await readers.pushes()
                busiest.append(busiest_tenth(left, drain_s))
                await asyncio.to_thread(server.start)
            case.tell(rate=published.rate)
        await readers.caught_up()
        report = await readers.report()
    case.tell(codes=report["codes"])
    case.at_most(0.3, share_told_within_a_tenth_of_the_drain=max(busiest))
    # At the first half of them, at the second all: each was told, and nobody was just cut off.
    assert report["codes"]["told 3001"] == count // 2 + count
    assert "1006" not in report["codes"]
    case.holds(report)


def busiest_tenth(moments: list[float], span_s: float) -> float:
    """The largest share of the moments that falls into one tenth of the span."""
    window = span_s / 10
    return max(sum(start <= each < start + window for each in moments) for start in moments) / len(moments)


@pytest.mark.case(6, "clocks of processes 5 min ahead and behind")
async def test_clocks_that_are_wrong(folder: Path, number: int, case: Case, size: Size) -> None:
    topic, application = f"open:{number}", "tests.faults.hub.skewed:application"
    clocks = [{"CLOCK_AHEAD_S": str(ahead)} for ahead in (AHEAD_S, -AHEAD_S)]
    servers = [
        DaphneServer(folder, name=f"skewed-{index}", env=clock, application=application)
        for index, clock in enumerate(clocks)
    ]
    events = size(100, 1000)
    command = [sys.executable, "-m", "tests.faults.hub.skewed", topic, str(events)]
    try:
        for server in servers:
            await asyncio.to_thread(server.start)
        async with crowd(servers, [topic], size(10, 50)) as readers:
            others = [
                await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=os.environ | clock) for clock in clocks
            ]
            for value in range(events):
                await published(topic, value)
            for other in others:
                assert await other.wait() == 0
            await readers.caught_up()
            case.tell(clocks_apart_s=clocks_apart(topic), publishers=3)
            case.holds(await readers.report())
    finally:
        for server in servers:
            server.kill()


def clocks_apart(topic: str) -> float:
    with psycopg.connect(database_url()) as connection:
        found = connection.execute(
            "SELECT extract(epoch FROM max(time) - min(time))::float FROM hub_event WHERE topic = %s", (topic,)
        ).fetchone()
    assert found is not None
    assert found[0] > 1.9 * AHEAD_S
    return float(found[0])
