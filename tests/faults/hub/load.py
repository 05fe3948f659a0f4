"""A steady load of events, each a transaction of its own, from a thread."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import hub
from tests.hub.writing import in_thread


class Load:
    def __init__(self, topics: Sequence[str], per_second: float, text: str) -> None:
        self.published = 0
        self.began = time.monotonic()
        self._topics, self._per_second, self._text = topics, per_second, text
        self._stop = threading.Event()

    def run(self) -> None:
        while not self._stop.wait(max(0.0, self.began + self.published / self._per_second - time.monotonic())):
            topic = self._topics[self.published % len(self._topics)]
            with hub.atomic():
                data = {"value": self.published, "at": time.time(), "text": self._text}
                hub.publish(topic, type="test.happened", data=data)
            self.published += 1

    @property
    def rate(self) -> float:
        """What was reached, in events a second."""
        return self.published / (time.monotonic() - self.began)

    def stop(self) -> None:
        self._stop.set()


@asynccontextmanager
async def load(topics: Sequence[str], per_second: float, *, text: str = "x" * 100) -> AsyncIterator[Load]:
    running = Load(topics, per_second, text)
    publishing = asyncio.ensure_future(in_thread(running.run))
    try:
        yield running
    finally:
        running.stop()
        await publishing
