"""Requests at a steady rate, in a process of their own: the leanest HTTP client, over connections that stay open."""

import asyncio
import itertools
import re
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.bench.hub.pace import processes

# Requests a second, by kind: the last part of its path.
RATES = {"sync": 150, "async": 60, "heavy": 3}

ANSWERED_WITHIN_S = 20.0


@contextmanager
def requests(url: str, *, share: float) -> Iterator[Any]:
    """So much of RATES until the end; calling what this gives answers the latencies by kind since it was last called.
    Raises EOFError where a request failed."""
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_run, args=(url, share, theirs), daemon=True)
    process.start()
    theirs.close()

    def latencies() -> dict[str, "array[float]"]:
        ours.send("taken")
        found: dict[str, array[float]] = ours.recv()
        return found

    try:
        latencies()
        yield latencies
        # Not for the next round: what waits in the server is answered first.
        ours.send("end")
        ours.recv()
    finally:
        process.kill()
        process.join()


def _run(url: str, share: float, pipe: Any) -> None:
    async def run() -> None:
        load = Load(url)
        sending = asyncio.gather(*(load.send(kind, rate * share) for kind, rate in RATES.items()))
        while await asyncio.to_thread(pipe.recv) == "taken":
            assert not sending.done(), sending
            pipe.send(load.taken())
        sending.cancel()
        await load.answered()
        pipe.send(None)

    asyncio.run(run())


class Load:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname, parts.port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._latencies = {kind: array("f") for kind in RATES}
        self._running: set[asyncio.Task[None]] = set()
        self._failed: list[BaseException] = []

    def taken(self) -> dict[str, "array[float]"]:
        if self._failed:
            raise self._failed[0]
        found, self._latencies = self._latencies, {kind: array("f") for kind in RATES}
        return found

    async def answered(self) -> None:
        """Waits until no request is under way, if that is not too long."""
        if self._running:
            await asyncio.wait(self._running, timeout=ANSWERED_WITHIN_S)

    async def send(self, kind: str, rate: float) -> None:
        """Forever; whether or not the last one was answered."""
        began = time.monotonic()
        for number in itertools.count():
            await asyncio.sleep(began + number / rate - time.monotonic())
            task = asyncio.ensure_future(self._ask(kind))
            self._running.add(task)
            task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed.append(error)

    async def _ask(self, kind: str) -> None:
        began = time.monotonic()
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection(*self._address)
        writer.write(f"GET /{kind} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.splitlines()[0], head
        await reader.readexactly(int(re.findall(rb"(?i)content-length: (\d+)", head)[0]))
        self._latencies[kind].append(time.monotonic() - began)
        self._free.append((reader, writer))
