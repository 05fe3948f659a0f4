"""Who receives: sockets in processes of their own, which decode all they get. Imports nothing of the hub.

What a delivery costs here counts in every figure, as receivers share the machine: about 2 µs of one core where many
come in one message, as ours do (JSON takes most of it, by pydantic's parser; the standard library's takes half as much
again), and 6 µs where each comes alone, most of which is the kernel's and asyncio's way to one small read.
"""

import asyncio
import gc
import json
import random
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import from_json

from tests.bench.hub.pace import RECEIVERS, Control, processes
from tests.hub.lean_socket import LeanSocket

SEATED_WITHIN_S = 60
RETRY_S = 0.5
# All at once is too much for stock Channels' pool of Redis connections.
AT_ONCE = 20
TICK_S, IDLE_TICK_S = 0.01, 0.1


@dataclass(frozen=True)
class Entrance:
    """How a socket gets to its events: it sends one of the `greetings` (each some commands with ids 1, 2, …), in turn.
    `path` leads from a message to the event in it."""

    url: str
    path: tuple[str, ...] = ()
    greetings: tuple[tuple[bytes, ...], ...] = ((),)


@dataclass(frozen=True)
class Seated:
    """Of all sockets: seconds until they are live, and what the slowest recovered."""

    seconds: float
    recovered: int


@dataclass
class Heard:
    deliveries_per_s: float = 0.0
    latencies_s: "array[float]" = field(default_factory=lambda: array("f"))


def greeting(topic: str, *, token: str | None = None, since: dict[str, Any] | None = None) -> tuple[bytes, ...]:
    """Connect and subscribe, as the Centrifugo protocol has it."""
    commands = [
        {"id": 1, "connect": {"token": token} if token else {}},
        {"id": 2, "subscribe": {"channel": topic, **(since or {})}},
    ]
    return tuple(json.dumps(command).encode() for command in commands)


class Reader(LeanSocket):
    def __init__(self, hall: "Hall", greetings: Sequence[bytes]) -> None:
        super().__init__(hall.path, deflate=True)
        self._hall, self._greetings = hall, greetings
        self._mark, self._inner = hall.mark, hall.inner
        self.deliveries = self.recovered = 0
        self.seated: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def opened(self) -> None:
        if self._greetings:
            self.send(b"\n".join(self._greetings))
        else:
            self._seat()

    def _seat(self) -> None:
        self._hall.readers.append(self)
        self.seated.set_result(None)

    def received(self, lines: bytes) -> None:
        latencies, now = self._hall.latencies, time.monotonic()
        for message in from_json(b"[" + lines.replace(b"\n", b",") + b"]", cache_strings="keys"):
            if self._mark not in message:
                self._other(message)
                continue
            self.deliveries += 1
            if latencies is not None:
                for key in self._inner:
                    message = message[key]
                latencies.append(now - message["at"])

    def _other(self, message: dict[str, Any]) -> None:
        if not message:
            self.send(b"{}")
        elif "error" in message:
            self.seated.set_exception(RuntimeError(f"Refused: {message}"))
        elif message.get("id") == len(self._greetings):
            self.recovered = len(message.get("subscribe", {}).get("publications", []))
            self._seat()

    def ended(self) -> None:
        if not self.seated.done():
            self.seated.set_exception(ConnectionError(f"Closed with {self.code}"))
        elif self in self._hall.readers:
            self._hall.readers.remove(self)
            print(f"a socket was closed with {self.code}", file=sys.stderr)


class Hall:
    """The sockets of one process."""

    def __init__(self, entrance: Entrance, numbers: Sequence[int]) -> None:
        parts = urlsplit(entrance.url)
        self.path = parts.path
        # What tells an event from other messages, and where the event is inside.
        self.mark, self.inner = entrance.path[0] if entrance.path else "at", entrance.path
        self.readers: list[Reader] = []
        # Of the events since begin(); None while nobody measures.
        self.latencies: array[float] | None = None
        self._address = str(parts.hostname), int(parts.port or 80)
        self._greetings = [entrance.greetings[number % len(entrance.greetings)] for number in numbers]
        self._before, self._began = 0, 0.0

    async def connect(self, at_once: int) -> Seated:
        free, began = asyncio.Semaphore(at_once), time.perf_counter()

        async def one(greetings: Sequence[bytes]) -> None:
            async with free, asyncio.timeout(SEATED_WITHIN_S):
                while not await self._connected(greetings):  # noqa: ASYNC110 - it tries again, and does not just look
                    await asyncio.sleep(random.uniform(0, RETRY_S))

        ended = await asyncio.gather(*map(one, self._greetings), return_exceptions=True)
        for failure in filter(None, ended):
            raise failure
        return Seated(time.perf_counter() - began, min(reader.recovered for reader in self.readers))

    async def _connected(self, greetings: Sequence[bytes]) -> bool:
        """False where it was cut off before it was seated: of many who come at once Daphne drops whom it keeps waiting
        for 5 s, and who was dropped comes back."""
        reader = Reader(self, greetings)
        try:
            await asyncio.get_running_loop().create_connection(lambda: reader, *self._address)
            await reader.seated
        except ConnectionError:
            return False
        return True

    async def tell(self, control: Control, index: int) -> None:
        """Forever: how far the slowest socket is."""
        while True:
            if self.readers:
                control.slowest[index].value = min(reader.deliveries for reader in self.readers)
            await asyncio.sleep(TICK_S if control.rate.value else IDLE_TICK_S)

    @property
    def deliveries(self) -> int:
        return sum(reader.deliveries for reader in self.readers)

    def begin(self, *, timed: bool) -> None:
        self.latencies = array("f") if timed else None
        self._before, self._began = self.deliveries, time.perf_counter()

    def end(self) -> Heard:
        took, latencies = time.perf_counter() - self._began, self.latencies
        self.latencies = None
        return Heard((self.deliveries - self._before) / took, latencies or array("f"))


def receive(entrance: Entrance, control: Control, index: int, numbers: Sequence[int], at_once: int, pipe: Any) -> None:
    """A process: connects, then answers `begin` and `end` until the pipe is closed."""

    async def run() -> None:
        hall = Hall(entrance, numbers)
        pipe.send(await hall.connect(at_once))
        telling = asyncio.ensure_future(hall.tell(control, index))
        while True:
            command, options = await asyncio.to_thread(pipe.recv)
            pipe.send(getattr(hall, command)(**options))
            assert not telling.done()

    gc.disable()  # Nothing here is in a cycle, and what comes would have it look for some all the time.
    with suppress(EOFError, KeyboardInterrupt):
        asyncio.run(run())


class Audience:
    """So many sockets, all live."""

    def __init__(self, pipes: Sequence[Any], pids: Sequence[int]) -> None:
        self._pipes, self.pids = pipes, pids
        answers: list[Seated] = self._answers()
        self.seated = Seated(max(each.seconds for each in answers), min(each.recovered for each in answers))

    def _answers(self) -> list[Any]:
        return [pipe.recv() for pipe in self._pipes]

    def _ask(self, command: str, **options: Any) -> list[Any]:
        for pipe in self._pipes:
            pipe.send((command, options))
        return self._answers()

    def begin(self, *, timed: bool) -> None:
        """`timed`: with the latency of every delivery, which costs some of the speed."""
        self._ask("begin", timed=timed)

    def end(self) -> Heard:
        """What was heard since begin()."""
        total = Heard()
        for heard in self._ask("end"):
            total.deliveries_per_s += heard.deliveries_per_s
            total.latencies_s += heard.latencies_s
        return total


@contextmanager
def seated(entrance: Entrance, control: Control, sockets: int, *, at_once: int = AT_ONCE) -> Iterator[Audience]:
    """An audience in RECEIVERS processes. Raises EOFError where one of them could not seat its sockets."""
    count = min(RECEIVERS, sockets)
    control.receiving.value, control.sockets.value = count, sockets
    pipes, running = [], []
    try:
        for index in range(count):
            control.slowest[index].value = 0
            ours, theirs = processes.Pipe()
            numbers = range(index, sockets, count)
            process = processes.Process(
                target=receive, args=(entrance, control, index, numbers, at_once, theirs), daemon=True
            )
            process.start()
            theirs.close()
            pipes.append(ours)
            running.append(process)
        yield Audience(pipes, [int(process.pid or 0) for process in running])
    finally:
        control.receiving.value = control.sockets.value = 0
        for process in running:
            process.kill()
            process.join()
