"""How bytes reach a socket: through ASGI's send, or, under Daphne, through its WebSocket protocol object.

A message that goes to many sockets is the same bytes on each of them, frame header included. ASGI would have every
socket encode it anew; Daphne's protocol (autobahn) has `sendPreparedMessage` for just this.
"""

import functools
from collections.abc import Callable, Coroutine
from typing import Any

from hub.outbox import Chunk

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
# By default Daphne cuts a connection a second after it began to close; a slow reader needs longer to hear why.
CLOSE_PATIENCE_S = 10


class Wire:
    """Neither call waits."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def write(self, chunk: Chunk) -> None:
        _at_once(self._send({"type": "websocket.send", "text": chunk.payload.decode()}))

    def close(self, code: int) -> None:
        _at_once(self._send({"type": "websocket.close", "code": code}))


class DaphneWire(Wire):
    def __init__(self, send: Send, protocol: Any) -> None:
        super().__init__(send)
        self._protocol = protocol

    def write(self, chunk: Chunk) -> None:
        if self._protocol.state == self._protocol.STATE_OPEN:
            if chunk.prepared is None:
                chunk.prepared = self._protocol.factory.prepareMessage(chunk.payload, isBinary=False)
            self._protocol.sendPreparedMessage(chunk.prepared)

    def close(self, code: int) -> None:
        self._protocol.closeHandshakeTimeout = CLOSE_PATIENCE_S
        super().close(code)


def wire_for(send: Send) -> Wire:
    protocol = send.args[0] if isinstance(send, functools.partial) and send.args else None
    return DaphneWire(send, protocol) if hasattr(protocol, "sendPreparedMessage") else Wire(send)


def _at_once(sending: Coroutine[Any, Any, None]) -> None:
    """Runs a send that does not wait: Daphne's does not. A server whose send waits would need a queue here."""
    try:
        sending.send(None)
    except StopIteration:
        return
    sending.close()
    raise RuntimeError("The hub needs a server whose send() returns at once, as Daphne's does")
