"""One's own topic over the WebSocket, with the published Centrifugo client: a snapshot, then every event after it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from centrifuge import CentrifugeError, Client, ClientEventHandler, StreamPosition, SubscriptionEventHandler

from web.demo.people.person import Person

log = logging.getLogger("people")

RETURN_AFTER_S = 5.0
Snapshot = Callable[[], Awaitable[dict[str, Any]]]
OnEvent = Callable[[str, dict[str, Any]], None]


class Live:
    """A socket with one subscription. `snapshot` reads the state and returns the position that was read before it.

    `on_event(type, data)` gets every event once, in order. It must not raise: the client would stop for good.
    """

    def __init__(self, person: Person, topic: str, *, snapshot: Snapshot, on_event: OnEvent) -> None:
        self._snapshot, self._on_event = snapshot, on_event
        self._wanted = True
        self._returning: asyncio.Task[None] | None = None
        address = person.api.base_url.replace("http", "ws", 1) + "/connection/websocket"
        ours = ClientEventHandler()
        ours.on_disconnected = self._disconnected
        self._client = Client(address, events=ours, get_token=person.hub_token, name="demo", proxy=None)
        theirs = SubscriptionEventHandler()
        theirs.on_publication = self._publication
        theirs.on_unsubscribed = self._unsubscribed
        self._subscription = self._client.new_subscription(
            topic, events=theirs, recoverable=True, positioned=True, get_state=self._state
        )

    async def __aenter__(self) -> "Live":
        await self._client.connect()
        await self._subscription.subscribe()
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._wanted = False
        if self._returning:
            self._returning.cancel()
        await self._client.disconnect()

    async def rpc(self, method: str, data: dict[str, Any]) -> bool:
        """Call a method over the socket; False when the socket is away or the call was refused."""
        try:
            await self._client.rpc(method, data, timeout=3)
        except CentrifugeError:
            return False
        return True

    async def _state(self, _topic: str) -> Any:
        position = await self._snapshot()
        return StreamPosition(offset=position["offset"], epoch=position["epoch"])

    async def _publication(self, context: Any) -> None:
        envelope = context.pub.data
        try:
            self._on_event(envelope["type"], envelope["data"])
        except Exception:
            log.exception("an event was not understood")

    async def _disconnected(self, context: Any) -> None:
        """The server said not to come back (a bad moment, an expired login): come back later, with a fresh token."""
        self._return_by(self._client.connect, context.code)

    async def _unsubscribed(self, context: Any) -> None:
        self._return_by(self._subscription.subscribe, context.code)

    def _return_by(self, step: Callable[[], Awaitable[None]], code: int) -> None:
        async def later() -> None:
            await asyncio.sleep(RETURN_AFTER_S)
            await step()

        if self._wanted:
            log.info("sent away with code %s, back in %g s", code, RETURN_AFTER_S)
            self._returning = asyncio.get_running_loop().create_task(later())
