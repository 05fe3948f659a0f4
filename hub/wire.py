"""How bytes reach a socket: through ASGI's send, or, under Daphne, through its WebSocket protocol.

A message that goes to many sockets is the same bytes on each of them, frame header included. ASGI would have every
socket encode it anew; Daphne's own protocol object (autobahn) has `sendPreparedMessage` for just this. Where the
server is not Daphne, or something wrapped its send, ASGI is used.
"""

import asyncio
import functools
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from hub.outbox import Chunk, Wire

CLOSE_PATIENCE_S = 10

Send = Callable[[dict[str, Any]], Awaitable[None]]


def wire_for(send: Send) -> Wire:
    protocol = send.args[0] if isinstance(send, functools.partial) and send.args else None
    if hasattr(protocol, "sendPreparedMessage") and hasattr(protocol, "serverClose"):
        return DaphneWire(protocol)
    return AsgiWire(send)


class DaphneWire:
    """Writes to Daphne's protocol object, on the loop that it runs on."""

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol

    def write(self, chunk: Chunk) -> None:
        protocol = self._protocol
        if protocol.state != protocol.STATE_OPEN:
            return
        if chunk.prepared is None:
            chunk.prepared = protocol.factory.prepareMessage(chunk.payload, isBinary=False)
        protocol.sendPreparedMessage(chunk.prepared)

    def close(self, code: int) -> None:
        # By default the connection is cut a second later; a slow reader needs longer to come to the reason.
        self._protocol.closeHandshakeTimeout = CLOSE_PATIENCE_S
        self._protocol.serverClose(code=code)


class AsgiWire:
    """Any other server: one short-lived task per burst sends in order."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: deque[dict[str, Any]] = deque()
        self._sending: asyncio.Task[None] | None = None

    def write(self, chunk: Chunk) -> None:
        self._put({"type": "websocket.send", "text": chunk.payload.decode()})

    def close(self, code: int) -> None:
        self._put({"type": "websocket.close", "code": code})

    def _put(self, message: dict[str, Any]) -> None:
        self._messages.append(message)
        if self._sending is None:
            self._sending = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        try:
            while self._messages:
                await self._send(self._messages.popleft())
        finally:
            self._sending = None
