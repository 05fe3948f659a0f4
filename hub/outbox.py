"""What waits to be written to one socket. Guarantees its order, and a bound; not that it arrives.

The wire says when the server's own buffer is full: then nothing is written, and what comes meanwhile waits here,
bounded: of a latest-value topic the newest value of each key, and of ordered topics what a recovery can bring: a reader
who stands while half of that waits is closed as slow, in time to resume from his offset, and one who reads slowly at
the limit in bytes. What a socket can cost the process is thereby bounded whatever its peer does: the wire's buffer, one
chunk, and the limit here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from hub import metrics
from hub.protocol import PING, ApplicationClose, Close, disconnect_push

if TYPE_CHECKING:
    from hub.wire import Wire

logger = logging.getLogger(__name__)

# A message is about so large at most; a single frame may be larger.
CHUNK_BYTES = 64 * 1024
# A pong comes behind what is under way: on the slowest link that we serve, so many bytes a second, up to so many bytes.
SLOWEST_BYTES_PER_S = 32 * 1024
UNDER_WAY_MAX = 512 * 1024
# Of a recovery may wait so much; the rest is for what comes until the client is back. A transport that has been full
# for so long stands: on a link of a megabit a burst leaves it sooner.
WAITING_PART_MAX = 0.5
STANDS_S = 0.5


class Chunk:
    """Frames joined into one message that many sockets get; `prepared` is the wire's form of it, made once."""

    __slots__ = ("part", "payload", "prepared")

    def __init__(self, payload: bytes, part: float = 0.0) -> None:
        self.payload = payload
        # How much of a recovery it would take to bring it again.
        self.part = part
        self.prepared: bytes | None = None


def chunks(frames: Iterable[bytes], *, recovery: tuple[int, int] | None = None) -> list[Chunk]:
    """The frames in order, joined into as few messages as their size allows. `recovery`: of an ordered topic, how many
    events and bytes one can bring."""
    joined: list[Chunk] = []
    waiting: list[bytes] = []
    size = 0

    def join() -> None:
        part = 0.0 if recovery is None else max(len(waiting) / recovery[0], size / recovery[1])
        joined.append(Chunk(b"\n".join(waiting), part))

    for frame in frames:
        if waiting and size + len(frame) > CHUNK_BYTES:
            join()
            waiting, size = [], 0
        waiting.append(frame)
        size += len(frame)
    if waiting:
        join()
    return joined


class Outbox:
    def __init__(self, wire: Wire, *, limit: int, fail: Callable[[Close], None]) -> None:
        self._wire = wire
        self._limit = limit
        # Ends the connection: it must not go on after a frame that it did not get.
        self._fail = fail
        self._waiting: deque[Chunk] = deque()
        self._waiting_bytes, self._waiting_part = 0, 0.0
        self._latest: dict[tuple[str, str], bytes] = {}
        # Bytes written until now, until the last ping, and until the last ping that was answered.
        self._written = self._written_pinged = self._written_answered = 0
        # When the ping was sent whose pong is owed.
        self._pinged_at: float | None = None
        wire.when_room = self.flush

    def put(self, *chunks: Chunk) -> None:
        """Adds frames that must not be lost, to go out at the next flush()."""
        if self._waiting_bytes > self._limit or (self._waiting_part > WAITING_PART_MAX and self._stands):
            # Judged before the addition: one large recovery must not close a socket that has read everything.
            self._fail(Close.SLOW)
            return
        for chunk in chunks:
            self._waiting.append(chunk)
            self._waiting_bytes += len(chunk.payload)
            self._waiting_part += chunk.part

    @property
    def _stands(self) -> bool:
        full_since = self._wire.full_since
        return full_since is not None and asyncio.get_running_loop().time() - full_since > STANDS_S

    def put_latest(self, topic: str, frames: Mapping[str, bytes], joined: Sequence[Chunk]) -> None:
        """Adds the newest values of some keys; they replace older ones that still wait."""
        if self._wire.full_since is None and not self._latest:
            self.put(*joined)
            return
        before = len(self._latest)
        for key, frame in frames.items():
            self._latest[topic, key] = frame
        metrics.REPLACED.inc(before + len(frames) - len(self._latest))

    def forget_latest(self, topic: str) -> None:
        for waiting in [key for key in self._latest if key[0] == topic]:
            del self._latest[waiting]

    def flush(self) -> None:
        """Writes what waits, as far as the wire has room."""
        while self._wire.full_since is None and (self._waiting or self._latest):
            chunk = self._take()
            if not self._write(chunk):
                return
            self._written += len(chunk.payload)

    def _take(self) -> Chunk:
        """What may go now, as one message."""
        if len(self._waiting) == 1 and not self._latest:
            self._waiting_bytes, self._waiting_part = 0, 0.0
            return self._waiting.popleft()
        taken, size = [], 0
        while size < CHUNK_BYTES and (self._waiting or self._latest):
            if self._waiting:
                chunk = self._waiting.popleft()
                payload = chunk.payload
                self._waiting_bytes -= len(payload)
                self._waiting_part -= chunk.part
            else:
                payload = self._latest.pop(next(iter(self._latest)))
            taken.append(payload)
            size += len(payload)
        return Chunk(b"\n".join(taken))

    def _write(self, chunk: Chunk) -> bool:
        try:
            self._wire.write(chunk)
        except Exception:  # One broken socket must not keep a round of the fan-out from the others.
            logger.exception("hub socket failed")
            self._fail(Close.SERVER_ERROR)
            return False
        return True

    def ping(self) -> None:
        """Sends a ping, unless the pong of the last one is still owed."""
        if self._pinged_at is None:
            self._pinged_at = asyncio.get_running_loop().time()
            self._written_pinged = self._written
            self._write(Chunk(PING))

    def pong(self) -> bool:
        """The answer to the ping; False where none is owed."""
        if self._pinged_at is None:
            return False
        self._pinged_at, self._written_answered = None, self._written_pinged
        return True

    def overdue(self, now: float, *, pong_s: float, stuck_s: float) -> Close | None:
        """Why the socket should be given up, if it should."""
        if (full_since := self._wire.full_since) is not None and now - full_since > stuck_s:
            return Close.SLOW
        under_way = min(self._written_pinged - self._written_answered, UNDER_WAY_MAX)
        if self._pinged_at is not None and now - self._pinged_at > pong_s + under_way / SLOWEST_BYTES_PER_S:
            return Close.NO_PONG if full_since is None else Close.SLOW
        return None

    def last_words(self, close: Close | ApplicationClose) -> None:
        """Says why past what waits, and closes; Daphne drops the reason of a close frame, so a push carries it."""
        metrics.DROPS.labels(close.cause).inc(len(self._waiting) + len(self._latest))
        self._waiting.clear()
        self._latest.clear()
        with contextlib.suppress(Exception):
            self._wire.write(Chunk(disconnect_push(close)))
            self._wire.close(close.code)

    @property
    def full_since(self) -> float | None:
        """Since when the transport takes nothing more."""
        return self._wire.full_since

    @property
    def waiting_bytes(self) -> int:
        return self._waiting_bytes + sum(map(len, self._latest.values()))
