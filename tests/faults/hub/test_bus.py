"""The bus may be away, repeat, shuffle and drop: nobody misses anything, nobody gets anything twice."""

import asyncio
import random
import time
from typing import Any

import pytest

from tests.faults.hub.crowd import crowd
from tests.faults.hub.figures import Case, Size
from tests.faults.hub.load import load
from tests.hub.stack import DaphneServer, RedisServer
from tests.hub.writing import HeldHints, in_thread, publish

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.case(1, "Redis killed")
async def test_redis_killed_under_load(
    pair: list[DaphneServer], redis_server: RedisServer, number: int, case: Case, size: Size
) -> None:
    away_s, per_second = size(2.0, 10.0), size(100, 200)
    async with crowd(pair, [f"open:{number}"], size(20, 50)) as readers:
        async with load(readers.topics, per_second) as published:
            await asyncio.sleep(1.0)
            await readers.pushes()
            redis_server.kill()
            await asyncio.sleep(away_s)
            during, _ = await readers.pushes()
            redis_server.start()
            case.at_most(2.0, caught_up_s=await readers.caught_up())
            await asyncio.sleep(size(1.0, 4.0))
            case.tell(rate=published.rate, longest_while_away_s=max(during))
        await readers.caught_up()
        case.holds(await readers.report())


def scatter(topics: list[str], values: range) -> None:
    for value in values:
        publish(random.choice(topics), value)


def send_singly(held: HeldHints, repeated: list[Any]) -> None:
    for hint in repeated:
        held.send([hint])


@pytest.mark.case(7, "every hint three times, shuffled within 50")
async def test_hints_repeated_and_shuffled(
    pair: list[DaphneServer], number: int, case: Case, size: Size, held: HeldHints
) -> None:
    topics = [f"open:{number}:{index}" for index in range(5)]
    async with crowd(pair, topics, size(20, 100)) as readers:
        for start in range(0, size(500, 4_000), 50):
            await in_thread(scatter, topics, range(start, start + 50))
            repeated, held.hints = held.hints * 3, []
            random.shuffle(repeated)
            await in_thread(send_singly, held, repeated)
        await readers.caught_up()
        case.holds(await readers.report())


@pytest.mark.case(8, "the last hint dropped, then silence")
async def test_the_last_hint_dropped(
    pair: list[DaphneServer], number: int, case: Case, size: Size, held: HeldHints
) -> None:
    topic, delays = f"open:{number}", []
    async with crowd(pair, [topic], size(4, 20)) as readers:
        for value in range(size(3, 30)):
            await in_thread(publish, topic, value)
            committed = time.monotonic()
            assert held.hints
            await readers.caught_up()
            delays.append(time.monotonic() - committed)
            await asyncio.sleep(random.uniform(0, 1))
        case.at_most(2.0, longest_s=max(delays))
        case.holds(await readers.report())
