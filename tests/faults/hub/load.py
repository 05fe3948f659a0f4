"""A steady load of events, each a transaction of its own."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import hub
from tests.hub.writing import in_thread

# One waits for its commit while the other publishes.
THREADS = 2


class Load:
    def __init__(self, topics: Sequence[str], per_second: float, text: str) -> None:
        self.began = time.monotonic()
        self._published = [0] * THREADS
        self._topics, self._interval, self._text = topics, THREADS / per_second, text
        self._stop = threading.Event()

    def run(self, thread: int) -> None:
        while not self._stop.wait(max(0.0, self.began + self._published[thread] * self._interval - time.monotonic())):
            value = self._published[thread] * THREADS + thread
            with hub.atomic():
                data = {"value": value, "at": time.time(), "text": self._text}
                hub.publish(self._topics[value % len(self._topics)], type="test.happened", data=data)
            self._published[thread] += 1

    @property
    def published(self) -> int:
        return sum(self._published)

    @property
    def rate(self) -> float:
        """What was reached, in events a second."""
        return self.published / (time.monotonic() - self.began)

    async def more(self, events: int) -> None:
        """Waits until so many more are published."""
        until = self.published + events
        while self.published < until:  # noqa: ASYNC110 - told by threads
            await asyncio.sleep(0.05)

    def stop(self) -> None:
        self._stop.set()


@asynccontextmanager
async def load(topics: Sequence[str], per_second: float, *, text: str = "x" * 100) -> AsyncIterator[Load]:
    running = Load(topics, per_second, text)
    publishing = asyncio.gather(*(in_thread(running.run, thread) for thread in range(THREADS)))
    try:
        yield running
    finally:
        running.stop()
        await publishing
