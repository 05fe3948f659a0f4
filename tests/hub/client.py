"""A client of the protocol written from its description, which imports nothing of the hub."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

PATIENCE_S = 10.0


class Client:
    """One socket. Replies go to who asked; pushes wait in `pushes`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        # Its id at the server, once connected.
        self.id = ""
        self.pushes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._pings: asyncio.Queue[None] = asyncio.Queue()
        self._ids = itertools.count(1)
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        try:
            async for frame in self.socket:
                for line in str(frame).split("\n"):
                    await self._take(json.loads(line))
        except websockets.ConnectionClosed:
            pass
        finally:
            for reply in self._replies.values():
                if not reply.done():
                    reply.cancel()

    async def _take(self, message: dict[str, Any]) -> None:
        if not message:
            self._pings.put_nowait(None)
            await self.socket.send("{}")
        elif "id" in message:
            self._replies.pop(message["id"]).set_result(message)
        else:
            self.pushes.put_nowait(message["push"])

    def expect(self, *numbers: int) -> list[asyncio.Future[dict[str, Any]]]:
        """The replies to commands that the test sends itself."""
        for number in numbers:
            self._replies[number] = asyncio.get_running_loop().create_future()
        return [self._replies[number] for number in numbers]

    async def ask(self, command: str, /, **body: Any) -> dict[str, Any]:
        """The whole reply to a command."""
        number = next(self._ids)
        [reply] = self.expect(number)
        await self.socket.send(json.dumps({"id": number, command: body}))
        return await asyncio.wait_for(reply, PATIENCE_S)

    async def do(self, command: str, /, **body: Any) -> dict[str, Any]:
        """The result of a command that must succeed."""
        reply = await self.ask(command, **body)
        assert "error" not in reply, reply
        result: dict[str, Any] = reply[command]
        return result

    async def refused(self, command: str, /, **body: Any) -> int:
        """The error code of a command that must fail."""
        return int((await self.ask(command, **body))["error"]["code"])

    async def push(self, seconds: float = PATIENCE_S) -> dict[str, Any]:
        return await asyncio.wait_for(self.pushes.get(), seconds)

    async def publication(self, seconds: float = PATIENCE_S) -> dict[str, Any]:
        """The next push, which must be a publication: {"data": envelope, "offset": …}."""
        found: dict[str, Any] = (await self.push(seconds))["pub"]
        return found

    async def publications(self, count: int) -> list[dict[str, Any]]:
        return [await self.publication() for _ in range(count)]

    async def pinged(self, times: int) -> None:
        """Waits for so many pings; each is answered by itself."""
        for _ in range(times):
            await asyncio.wait_for(self._pings.get(), PATIENCE_S)

    async def closed(self, seconds: float = PATIENCE_S) -> int:
        """The code the server closed with."""
        await asyncio.wait_for(self.socket.wait_closed(), seconds)
        assert self.socket.close_code is not None
        return self.socket.close_code


async def read_to_end(socket: ClientConnection) -> list[dict[str, Any]]:
    """All messages until the server closes."""
    messages: list[dict[str, Any]] = []
    try:
        while True:
            frame = await asyncio.wait_for(socket.recv(), 3 * PATIENCE_S)
            messages += [json.loads(line) for line in str(frame).split("\n")]
    except websockets.ConnectionClosed:
        return messages


@asynccontextmanager
async def opened(url: str, token: str | None = None, **options: Any) -> AsyncIterator[Client]:
    """A socket; with a token it is connected by the protocol as well."""
    async with websockets.connect(url, ping_interval=None, max_size=None, **options) as socket:
        client = Client(socket)
        if token is not None:
            client.id = (await client.do("connect", token=token))["client"]
        yield client
