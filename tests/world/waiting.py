"""Waiting for what others do."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

SOONEST_S, LATEST_S = 0.05, 1.0


async def until(ask: Callable[[], Awaitable[T | None]], *, within_s: float) -> T:
    """The first answer that is something. Raises TimeoutError.

    It is asked again after a fifth of the time that it has taken so far: dozens who ask as fast as they can take the
    machine from those they wait for.
    """
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        while not (answer := await ask()):  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(min(max((time.monotonic() - began) / 5, SOONEST_S), LATEST_S))
    return answer
