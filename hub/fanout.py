"""From topics to sockets: frames that come within a few milliseconds leave as one message per socket.

Guarantees the order of each topic. The first event after a pause leaves at once; while events keep coming they are
joined. The work per event does not depend on the number of sockets, only the work per message does.
"""

import asyncio
from typing import Protocol

from hub.outbox import Chunk, Outbox
from hub.protocol import PUSH_TAIL, push_head


class Receiver(Protocol):
    """One socket's subscription to one topic."""

    def offer(self, chunk: Chunk) -> Outbox | None:
        """Takes frames of an ordered topic; answers the outbox that must be flushed, if any."""

    def offer_latest(self, frames: dict[str, bytes], chunk: Chunk) -> Outbox | None:
        """Takes the newest values of some keys of a latest-value topic."""


class Source(Protocol):
    """A topic with frames that wait to be fanned out."""

    def fan_out(self, touched: dict[Outbox, None]) -> None: ...


class Fanout:
    def __init__(self, *, join_s: float) -> None:
        self._join_s = join_s
        self._dirty: dict[Source, None] = {}
        self._scheduled = False
        self._next = 0.0

    def mark(self, source: Source) -> None:
        """The topic has something to fan out soon."""
        self._dirty[source] = None
        if not self._scheduled:
            self._scheduled = True
            loop = asyncio.get_running_loop()
            loop.call_at(max(self._next, loop.time()), self.tick)

    def tick(self) -> None:
        """Fans out everything that waits."""
        self._scheduled = False
        dirty, self._dirty = self._dirty, {}
        touched: dict[Outbox, None] = {}
        for source in dirty:
            source.fan_out(touched)
        for outbox in touched:
            outbox.flush()
        self._next = asyncio.get_running_loop().time() + self._join_s


class LatestTopic:
    """A latest-value topic in this process: between two ticks only the newest value of each key is kept."""

    def __init__(self, name: str, fanout: Fanout) -> None:
        self.name = name
        self.receivers: dict[Receiver, None] = {}
        self._head = push_head(name)
        self._fanout = fanout
        self._frames: dict[str, bytes] = {}

    def take(self, key: str, publication: bytes) -> None:
        if self.receivers:
            self._frames[key] = self._head + publication + PUSH_TAIL
            self._fanout.mark(self)

    def fan_out(self, touched: dict[Outbox, None]) -> None:
        frames, self._frames = self._frames, {}
        if frames:
            chunk = Chunk(b"\n".join(frames.values()))
            for receiver in self.receivers:
                if (outbox := receiver.offer_latest(frames, chunk)) is not None:
                    touched[outbox] = None
