"""A TCP proxy that can freeze."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Reach = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Proxy:
    """Stands before a server; frozen, it neither forwards nor closes, as a host that vanished."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._tasks: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, away = await self._reach()
        self._writers += [writer, away]
        self._tasks += [
            asyncio.ensure_future(self._copy(reader, away)),
            asyncio.ensure_future(self._copy(there, writer)),
        ]

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    def freeze(self) -> None:
        """What is connected now hears nothing any more; who connects anew is served."""
        for task in self._tasks:
            task.cancel()

    def close(self) -> None:
        self.freeze()
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def proxied(reach: Reach) -> AsyncIterator[tuple[int, Proxy]]:
    """The port of a proxy before whom `reach` connects to."""
    proxy = Proxy(reach)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1], proxy
    finally:
        listening.close()
        proxy.close()
