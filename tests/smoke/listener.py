"""One person's socket: the Centrifugo client protocol in JSON, by hand, so that every delivery is seen as it came.

It keeps nothing back and repairs nothing: repetitions are recorded, and after a loss it asks from its last offset on.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.smoke.checker import Delivery, Following

RETURN_AFTER_S = (0.1, 0.5)
"""By chance within this, doubled with every failure in a row, up to eightfold: they must not all return at once."""

RESUBSCRIBE_FROM = 2500
"""Codes of an unsubscribe from here on mean: subscribe again."""
SILENT_S = 60.0
"""The server pings every 25 s: a socket that is silent for longer than this is dead."""

Hear = Callable[[str, dict[str, Any]], None]
"""Called with (type, data) of every event, the first time it comes."""


class Listener:
    """A socket that comes back, to the next server, until it is cancelled. Several topics."""

    def __init__(self, who: str, base_urls: Sequence[str], *, token: str, first: int = 0) -> None:
        self.who = who
        self.followings: list[Following] = []
        self.reconnects = -1
        self._addresses = [url.replace("http", "ws", 1) + "/connection/websocket" for url in base_urls]
        self._turn, self._token = first, token
        self._hear: dict[str, Hear] = {}
        self._socket: ClientConnection | None = None
        self._asked: dict[int, Following] = {}
        self._returning: set[asyncio.Task[None]] = set()
        self._number = self._failures = 0

    async def follow(self, stream: dict[str, Any], hear: Hear) -> None:
        """Follow `stream` ({topic, epoch, offset} of a snapshot) from there on."""
        following = Following(self.who, stream["topic"], stream["epoch"], stream["offset"])
        self.followings.append(following)
        self._hear[following.topic] = hear
        await self._subscribe(following)

    async def run(self) -> None:
        """Stay connected. Ends only by being cancelled."""
        while True:
            self._failures += 1
            address = self._addresses[self._turn % len(self._addresses)]
            with suppress(OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                async with connect(address, proxy=None, open_timeout=5, ping_interval=None, close_timeout=1) as socket:
                    self.reconnects += 1
                    await self._converse(socket)
            self._socket = None
            self._turn += 1
            await asyncio.sleep(self._pause_s())

    async def _converse(self, socket: ClientConnection) -> None:
        self._asked.clear()
        await socket.send(json.dumps({"id": self._next(), "connect": {"token": self._token, "name": "smoke"}}))
        while True:
            async with asyncio.timeout(SILENT_S):
                frame = await socket.recv()
            for line in str(frame).split("\n"):
                await self._read(socket, json.loads(line))

    async def _read(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        push = message.get("push", {})
        if not message:
            await socket.send("{}")
        elif "connect" in message:
            self._socket, self._failures = socket, 0
            for following in list(self.followings):
                await self._subscribe(following)
        elif "id" in message:
            self._answered(message)
        elif "pub" in push:
            self._deliver(self._following(push["channel"]), push["pub"])
        elif "unsubscribe" in push:
            self._unsubscribed(self._following(push["channel"]), push["unsubscribe"])
        # A push `disconnect` is followed by the end of the socket.

    async def _subscribe(self, following: Following) -> None:
        """At once where there is a connection; else the next one begins with it. Once per connection."""
        if self._socket is None or following in self._asked.values():
            return
        number = self._next()
        self._asked[number] = following
        wish = {
            "channel": following.topic,
            "recover": True,
            "epoch": following.epoch,
            "offset": following.position,
        }
        with suppress(ConnectionClosed):
            await self._socket.send(json.dumps({"id": number, "subscribe": wish}))

    def _answered(self, message: dict[str, Any]) -> None:
        following = self._asked.get(message["id"])
        if following is None:
            raise ConnectionResetError("the server has a bad moment")
        error = message.get("error")
        if error and error.get("temporary"):
            self._later(following)
            return
        if error:
            following.breaks.append(f"refused: {error}")
            return
        reply = message["subscribe"]
        following.epochs.append(reply.get("epoch", ""))
        if not reply.get("recovered"):
            following.breaks.append(f"not recovered from {following.position}")
        for publication in reply.get("publications", []):
            self._deliver(following, publication)

    def _unsubscribed(self, following: Following, reason: dict[str, Any]) -> None:
        if reason["code"] < RESUBSCRIBE_FROM:
            following.breaks.append(f"unsubscribed: {reason}")
        else:
            self._later(following)

    def _later(self, following: Following) -> None:
        """Subscribe again in a moment, on this connection; a new one does it anyway."""
        again = asyncio.get_running_loop().create_task(self._again(following, self._socket))
        self._returning.add(again)
        again.add_done_callback(self._returning.discard)

    async def _again(self, following: Following, socket: ClientConnection | None) -> None:
        await asyncio.sleep(self._pause_s())
        if self._socket is socket:
            self._asked = {number: each for number, each in self._asked.items() if each is not following}
            await self._subscribe(following)

    def _pause_s(self) -> float:
        return random.uniform(*RETURN_AFTER_S) * float(min(2**self._failures, 8))

    def _deliver(self, following: Following, publication: dict[str, Any]) -> None:
        envelope = publication["data"]
        known = any(delivery.id == envelope["id"] for delivery in following.deliveries)
        delivery = Delivery(publication["offset"], envelope["id"], envelope["type"], time.time())
        following.deliveries.append(delivery)
        if not known:
            self._hear[following.topic](delivery.type, envelope["data"])

    def _following(self, topic: str) -> Following:
        return next(each for each in self.followings if each.topic == topic)

    def _next(self) -> int:
        self._number += 1
        return self._number
