"""Many short connections, from several loopback addresses: one alone has too few ports.

python -m tests.faults.hub.churn '{"urls": […], "token": …, "topic": …, "count": 1000}'
"""

import asyncio
import json
import random
import sys
from typing import Any
from urllib.parse import urlsplit

from tests.hub.lean_socket import LeanSocket

AT_ONCE = 100
SOURCES = [f"127.0.0.{number}" for number in range(2, 12)]


class Visitor(LeanSocket):
    """Connects, subscribes, and goes: with a close frame, or without a word."""

    def __init__(self, path: str, first: bytes) -> None:
        super().__init__(path)
        self._first = first
        self.subscribed = False
        self.gone = asyncio.Event()

    def opened(self) -> None:
        self.send(self._first)

    def heard(self, message: Any) -> None:
        self.subscribed = "subscribe" in message or self.subscribed
        if self.subscribed:
            self.transport.abort() if random.random() < 0.5 else self.send((1000).to_bytes(2, "big"), 8)

    def ended(self) -> None:
        self.gone.set()


async def visit(url: str, first: bytes) -> bool:
    parts, source = urlsplit(url), random.choice(SOURCES)
    _, visitor = await asyncio.get_running_loop().create_connection(
        lambda: Visitor(parts.path, first),
        str(parts.hostname),
        int(parts.port or 80),
        local_addr=(source, 0),
    )
    await asyncio.wait_for(visitor.gone.wait(), 30)
    return visitor.subscribed


async def main(*, urls: list[str], token: str, topic: str, count: int) -> None:
    commands = [{"id": 1, "connect": {"token": token}}, {"id": 2, "subscribe": {"channel": topic}}]
    first = "\n".join(json.dumps(command) for command in commands).encode()
    left = iter(range(count))

    async def visitors() -> None:
        for turn in left:
            assert await visit(urls[turn % len(urls)], first)

    await asyncio.gather(*(visitors() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
