"""The hub as an ASGI application, and what a server may call around it: start() when its loop runs, drain() at its end.

Guarantees that what is no WebSocket at PATH is closed. Both calls are optional: the first socket starts the hub, and a
server that cancels its applications drains it. Not for every server: wire.py needs Daphne's `send`.
"""

from typing import Any

from hub import node
from hub.consumer import HubConsumer

PATH = "/connection/websocket"
_consumer = HubConsumer.as_asgi()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serves WebSocket connections at PATH and refuses others."""
    if scope["type"] == "websocket" and scope["path"].rstrip("/") == PATH:
        await _consumer(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.close", "code": 1000})


def state() -> str:
    """ "ok", or why new clients should not be sent to this process: it drains, or cannot read the log."""
    running = node.running()
    return "not started" if running is None else running.state


async def start() -> None:
    """Connects to the log and the bus before the first socket comes; raises TimeoutError while it cannot."""
    await node.current().ready()


async def drain() -> None:
    """Sends every client elsewhere (3001), spread over HUB_DRAIN_S."""
    await node.current().drain()
