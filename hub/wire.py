"""How bytes reach a socket: straight through Daphne's WebSocket protocol object, which ASGI's `send` is bound to.

A message that goes to many sockets is the same bytes on each of them, frame header included; ASGI would have every
socket encode it anew. And ASGI's `send` returns at once and tells nothing, while the transport below tells its
producer when 64 KB wait in it and when they have left. Guarantees that no call waits; not that the peer gets anything.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

from hub.outbox import Chunk

# By default Daphne cuts a connection a second after it began to close; a slow reader needs longer to hear why.
CLOSE_PATIENCE_S = 10


class Wire:
    """The producer of a transport. No call waits."""

    def __init__(self, send: Any, *, window: int) -> None:
        """`send` as Daphne gave it to the application: a partial of its protocol's."""
        try:
            self._protocol: Any = send.args[0]
            self._transport = self._protocol.transport
        except (AttributeError, IndexError):
            raise RuntimeError("The hub must be served by Daphne, with no middleware that wraps `send`") from None
        # Since when the transport's buffer is full; None while it has room.
        self.full_since: float | None = None
        self.when_room: Callable[[], None] = lambda: None
        # Left to itself the kernel takes up to 4 MB for a peer that does not read.
        with contextlib.suppress(OSError, AttributeError):  # Under TLS there is no socket to be had.
            self._transport.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, window)
        # Until now Daphne's HTTP channel stood there.
        self._transport.unregisterProducer()
        self._transport.registerProducer(self, True)

    def write(self, chunk: Chunk) -> None:
        if self._protocol.state == self._protocol.STATE_OPEN:
            if chunk.prepared is None:
                chunk.prepared = self._protocol.factory.prepareMessage(chunk.payload, isBinary=False)
            self._protocol.sendPreparedMessage(chunk.prepared)

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
