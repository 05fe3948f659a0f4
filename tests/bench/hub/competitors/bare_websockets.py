"""`websockets.broadcast` in the process that has the connections, as its documentation has it: no log, no recovery, no
other process. With the library's defaults each connection compresses; without compression it is faster."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.bench.hub.audience import Entrance
from tests.bench.hub.pace import Control, Pace, encoded_event
from tests.bench.hub.stage import Served, Site, publisher
from tests.hub.stack import free_port

WINDOW = 100


@contextmanager
def serve(site: Site, *, options: dict[str, Any]) -> Iterator[Served]:
    """`options` of `websockets.serve`."""
    control, port = Control(), free_port()
    with publisher(run, control, port, options) as pid:
        yield Served(Entrance(f"ws://127.0.0.1:{port}/"), control, {"server": pid})


def run(control: Control, port: int, options: dict[str, Any]) -> None:
    from websockets.asyncio.server import ServerConnection, broadcast
    from websockets.asyncio.server import serve as listen

    connections: set[ServerConnection] = set()

    async def keep(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connections.remove(connection)

    async def main() -> None:
        async with listen(keep, "127.0.0.1", port, **options):
            pace = Pace(control, window=WINDOW)
            while True:
                if pace.due():
                    broadcast(connections, encoded_event())
                    await asyncio.sleep(0)
                else:
                    await asyncio.sleep(pace.pause_s)

    asyncio.run(main())
