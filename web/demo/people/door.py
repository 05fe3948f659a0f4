"""The demo's own channel between the two processes: a worker rings, the customer tells the start code.

On the platform the customer reads the code on his order and says it at the door. Datagrams over a socket pair: each is
one JSON object, {"ring": order id} one way and {"order": id, "code": "1234"} the other.
"""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

RECEIVE_MAX = 4096
Answer = Callable[[int], Awaitable[str | None]]


class Door:
    """One end of the channel. The workers' end asks; the customers' end is given an `answer`."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def ask(self, order_id: int, *, timeout_s: float) -> str | None:
        """The code of an order; None when nobody opens in time."""
        told = asyncio.get_running_loop().create_future()
        self._waiting[order_id] = told
        try:
            async with asyncio.timeout(timeout_s):
                await self._send({"ring": order_id})
                return str(await told)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(order_id, None)

    async def listen(self, answer: Answer | None = None) -> None:
        """Take what comes in, for ever."""
        while True:
            message = _read(await asyncio.get_running_loop().sock_recv(self._end, RECEIVE_MAX))
            if "ring" in message and answer:
                task = asyncio.get_running_loop().create_task(self._answer(message["ring"], answer))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
            waiting = self._waiting.get(message.get("order", 0))
            if waiting and not waiting.done():
                waiting.set_result(message["code"])

    async def _answer(self, order_id: int, answer: Answer) -> None:
        code = await answer(order_id)
        if code:
            await self._send({"order": order_id, "code": code})

    async def _send(self, message: dict[str, Any]) -> None:
        await asyncio.get_running_loop().sock_sendall(self._end, json.dumps(message).encode())


def _read(datagram: bytes) -> dict[str, Any]:
    """{} for what is none of ours: a process killed while writing must not take the other one with it."""
    try:
        message = json.loads(datagram)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
