"""What waits to be written to one socket, and how much of it may be under way.

ASGI's send returns at once and piles up bytes in the server, so the hub counts for itself: after half a window it
sends the protocol's ping, and while more than a window is unanswered it writes nothing. What comes meanwhile waits
here, bounded: too much of an ordered topic overflows (the socket is closed as slow and resumes from its offset), a
latest-value topic keeps the newest value of each key.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hub.protocol import PING, Close

if TYPE_CHECKING:
    from hub.wire import Wire

logger = logging.getLogger(__name__)


class Chunk:
    """Frames joined into one message that many sockets get; `prepared` is the server's own form of it, made once."""

    __slots__ = ("payload", "prepared")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.prepared: object = None


class Outbox:
    def __init__(self, wire: Wire, *, window: int, limit: int, fail: Callable[[Close], None]) -> None:
        self._wire = wire
        self._window = window
        self._limit = limit
        # Ends the connection: it must not go on after a frame that it did not get.
        self._fail = fail
        self._waiting: deque[Chunk] = deque()
        self._waiting_bytes = 0
        self._latest: dict[tuple[str, str], bytes] = {}
        self._written = 0
        self._answered = 0
        # Of each ping that has no pong yet: the bytes written before it, and when it was sent.
        self._pings: deque[tuple[int, float]] = deque()

    @property
    def blocked(self) -> bool:
        return self._written - self._answered > self._window

    def put(self, chunk: Chunk) -> None:
        """Adds frames that must not be lost, to go out at the next flush()."""
        if self._waiting_bytes > self._limit:
            # Judged before the addition: one large recovery must not close a socket that has read everything.
            self._fail(Close.SLOW)
            return
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk.payload)

    def put_latest(self, topic: str, frames: Mapping[str, bytes], chunk: Chunk) -> None:
        """Adds the newest values of some keys; they replace older ones that still wait."""
        if not self.blocked and not self._latest:
            self.put(chunk)
            return
        for key, frame in frames.items():
            self._latest[topic, key] = frame

    def forget_latest(self, topic: str) -> None:
        for waiting in [key for key in self._latest if key[0] == topic]:
            del self._latest[waiting]

    def flush(self) -> None:
        """Writes what waits, as far as the socket's answers allow."""
        while not self.blocked and (self._waiting or self._latest):
            chunk = self._take()
            if not self._write(chunk):
                return
            self._written += len(chunk.payload)
            mark = self._pings[-1][0] if self._pings else self._answered
            if self._written - mark > self._window // 2:
                self.ping()

    def _take(self) -> Chunk:
        """What may go now, as one message; at most about a window of it."""
        if len(self._waiting) == 1 and not self._latest:
            self._waiting_bytes = 0
            return self._waiting.popleft()
        taken, size = [], 0
        while self._waiting and size < self._window:
            payload = self._waiting.popleft().payload
            taken.append(payload)
            size += len(payload)
        self._waiting_bytes -= size
        if not self._waiting:
            taken += self._latest.values()
            self._latest.clear()
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
        self._write(Chunk(PING))
        self._pings.append((self._written, asyncio.get_running_loop().time()))

    def pong(self) -> bool:
        """The answer to the oldest ping; False where none is owed."""
        if not self._pings:
            return False
        self._answered = self._pings.popleft()[0]
        self.flush()
        return True

    @property
    def oldest_ping(self) -> float | None:
        """When the oldest unanswered ping was sent, or None."""
        return self._pings[0][1] if self._pings else None

    def last_words(self, payload: bytes, code: int) -> None:
        """Writes past the window and closes."""
        self._waiting.clear()
        self._latest.clear()
        with contextlib.suppress(Exception):
            self._wire.write(Chunk(payload))
            self._wire.close(code)
