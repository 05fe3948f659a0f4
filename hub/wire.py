"""How bytes reach a socket and come from it: past ASGI, through what its `send` is bound to: Daphne's protocol object.

A message that goes to many sockets is the same bytes on each of them, frame header included; ASGI would have every
socket encode it anew. And ASGI's `send` returns at once and tells nothing, while the transport below tells its
producer when 64 KB wait in it and when they have left. A frame that comes in is taken where it was read: ASGI would
make it a message in a queue and two tasks. Guarantees that no call waits; not that the peer gets anything.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any

from twisted.internet.tcp import Connection

from hub.outbox import Chunk

# By default Daphne cuts a connection a second after it began to close; a slow reader needs longer to hear why.
CLOSE_PATIENCE_S = 10


class Wire:
    """The producer of a transport. No call waits."""

    def __init__(self, send: Any, *, window: int) -> None:
        """`send` as Daphne gave it to the application, which has not accepted yet: a partial of its protocol's."""
        try:
            self._protocol: Any = send.args[0]
            self._transport = self._protocol.transport
            self._is_plain = isinstance(self._transport, Connection) and not self._transport.TLS
            # What is not theirs to promise is looked for now: another version must not fail with every write.
            if self._is_plain:
                _ = self._transport.dataBuffer, self._transport._tempDataBuffer, self._transport.writeSomeData
            # Autobahn's own composes coloured text for a log that nobody reads, with every read.
            self._protocol.dataReceived = self._protocol._dataReceived
        except (AttributeError, IndexError) as error:
            raise RuntimeError(
                f"The hub must be served by Daphne 4.2, with no middleware that wraps `send`: {error}"
            ) from None
        # Since when the transport's buffer is full; None while it has room.
        self.full_since: float | None = None
        self.when_room: Callable[[], None] = lambda: None
        # A frame from the peer, and whether it was binary; else it is UTF-8.
        self.when_frame: Callable[[bytes, bool], None] = lambda payload, is_binary: None
        # Left to itself the kernel takes up to 4 MB for a peer that does not read.
        with contextlib.suppress(OSError, AttributeError):  # Under TLS there is no socket to be had.
            self._transport.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, window)
        # Until now Daphne's HTTP channel stood there.
        self._transport.unregisterProducer()
        self._transport.registerProducer(self, True)
        self._protocol.onMessage = self._take

    def _take(self, payload: bytes, is_binary: bool) -> None:
        self._protocol.last_ping = time.time()  # Daphne would ping who is silent.
        self.when_frame(payload, is_binary)

    def write(self, chunk: Chunk) -> None:
        if self._protocol.state != self._protocol.STATE_OPEN:
            return
        if chunk.prepared is None:
            chunk.prepared = _framed(chunk.payload)
        frame, transport = chunk.prepared, self._transport
        # Directly while nothing waits: the reactor would first have the kernel tell it of room, and then stop it.
        if self._is_plain and not (transport.dataBuffer or transport._tempDataBuffer):
            sent = transport.writeSomeData(frame)
            if sent == len(frame):
                return
            # Where the connection is lost it is no number; the transport finds out by itself.
            frame = frame[sent:] if isinstance(sent, int) else frame
        transport.write(frame)

    def close(self, code: int) -> None:
        # A transport that has a producer would wait for its end.
        self._transport.unregisterProducer()
        self._protocol.closeHandshakeTimeout = CLOSE_PATIENCE_S
        self._protocol.serverClose(code=code)

    # What the transport calls

    def pauseProducing(self) -> None:
        if self.full_since is None:
            self.full_since = asyncio.get_running_loop().time()

    def resumeProducing(self) -> None:
        self.full_since = None
        self.when_room()

    def stopProducing(self) -> None:
        """The connection is gone; the consumer hears of it."""


def _framed(payload: bytes) -> bytes:
    """The payload as one text frame of a server (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return b"\x81%c%b" % (size, payload)
    if size < 65536:
        return b"\x81\x7e%b%b" % (size.to_bytes(2, "big"), payload)
    return b"\x81\x7f%b%b" % (size.to_bytes(8, "big"), payload)
