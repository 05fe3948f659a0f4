"""The Channels consumer: the ASGI side of one socket, and nothing else. Guarantees that what a socket holds is let go
with it, however it ends.

Its dispatch tells of a socket's beginning and end. Frames come and go past it, between wire and session: through a
consumer's dispatch every message to every socket would be a hop to the one thread-sensitive thread.
"""

import asyncio
import random
from typing import Any

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

from hub import node
from hub.protocol import Close
from hub.session import GONE, LEFT, Session
from hub.wire import Wire


class HubConsumer(AsyncConsumer):  # type: ignore[misc]
    # An alias that is not configured: no layer channel per socket is made. The process has one, in bus.py.
    channel_layer_alias = "hub-needs-no-layer-per-socket"
    session: Session | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            # Not raised on: Daphne stops at the first application that ends cancelled, and the others go unheard.
            await self._shut_down()
        finally:
            # disconnect() can be skipped after an error: what is held is let go here.
            if self.session is not None:
                self.session.detach()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels', without its `aclose_old_connections()`: no handler here touches the database."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        current = node.current()
        # Before it is accepted, so that no frame comes past it.
        self.session = Session(Wire(self.base_send, window=current.settings.window_bytes), current)
        # Always accepted: a rejection could only be a 403, the protocol's codes say more.
        await self.send({"type": "websocket.accept"})
        if current.draining:
            self.session.close(Close.SHUTDOWN)
        elif not self._origin_allowed(current.settings.allowed_origins):
            self.session.close(Close.PERMISSION_DENIED)

    def _origin_allowed(self, allowed: tuple[str, ...] | None) -> bool:
        origin = dict(self.scope["headers"]).get(b"origin")
        return allowed is None or origin is None or origin.decode("latin1") in allowed

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        if self.session is not None:
            code = message.get("code")
            self.session.detach(code if code in LEFT else GONE, "left")
        raise StopConsumer

    async def _shut_down(self) -> None:
        """Daphne ends applications by cancelling them and waits for them: time to say goodbye, not all at once."""
        if self.session is not None and not self.session.closed:
            await asyncio.sleep(random.uniform(0, self.session.node.settings.drain_s))  # noqa: S311
            self.session.close(Close.SHUTDOWN)
            # Until the others have been told, too.
            await asyncio.sleep(2 * node.PRESENCE_JOIN_S)
