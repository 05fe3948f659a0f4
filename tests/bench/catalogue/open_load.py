"""Requests that come at a steady rate, whether or not those before are answered."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 16
Times = list[float]


async def over_time(ask: Callable[[str], Awaitable[object]], asked: Sequence[str], rate: float) -> Times:
    """One begins every 1/rate s; seconds from when each should have begun."""
    began = time.perf_counter()

    async def one(place: int, word: str) -> float:
        due = began + place / rate
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        await ask(word)
        return time.perf_counter() - due

    return list(await asyncio.gather(*(one(place, word) for place, word in enumerate(asked))))


def in_threads(ask: Callable[[str], object], asked: Sequence[str], rate: float) -> Times:
    """Likewise, in threads, as a server's requests are."""

    async def run() -> Times:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return await over_time(lambda word: loop.run_in_executor(threads, ask, word), asked, rate)

    return asyncio.run(run())
