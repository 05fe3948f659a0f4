"""Latest-value topics: a socket that cannot keep up gets the newest of each key, not the queue."""

import asyncio
import json
from collections.abc import Callable

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from hub.publishing import publish_latest
from tests.hub.stack import DaphneServer
from tests.hub.test_slow_reader import narrow_socket
from tests.hub.writing import in_thread, issued

pytestmark = pytest.mark.usefixtures("database")

KEYS = ("a", "b", "c")
ROUNDS = 200
PATIENCE_S = 30.0


def send(topic: str, turn: int) -> None:
    for key in KEYS:
        publish_latest(topic, key=key, data={"turn": turn, "text": "x" * 4000})


def flood(topic: str) -> None:
    for turn in range(ROUNDS):
        send(topic, turn)


async def repeat_the_last(topic: str) -> None:
    """Latest values are best effort: on a busy machine Redis may not have taken the last ones in time."""
    while True:
        await in_thread(send, topic, ROUNDS)
        await asyncio.sleep(1.0)


class SlowReader:
    """Answers pings, and keeps the newest value of each key."""

    def __init__(self) -> None:
        self.newest: dict[str, int] = {}
        self.values = 0

    async def read_until(self, socket: ClientConnection, turn: int) -> None:
        while self.newest != dict.fromkeys(KEYS, turn):
            for line in str(await socket.recv()).split("\n"):
                message = json.loads(line)
                if not message:
                    await socket.send("{}")
                elif "push" in message:
                    envelope = message["push"]["pub"]["data"]
                    assert envelope["data"]["turn"] >= self.newest.get(envelope["subject"], 0)
                    self.newest[envelope["subject"]] = envelope["data"]["turn"]
                    self.values += 1


async def test_a_reader_that_stops_finds_the_newest_values_and_is_not_closed(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic, reader = f"position:{number}", SlowReader()
    server = serve(HUB_WINDOW_BYTES=16384, HUB_QUEUE_BYTES=65536, HUB_PONG_TIMEOUT_S=60)
    async with websockets.connect(
        server.url, sock=narrow_socket(server.url), max_queue=1, ping_interval=None
    ) as socket:
        await socket.send(json.dumps({"id": 1, "connect": {"token": await issued(7)}}))
        await socket.send(json.dumps({"id": 2, "subscribe": {"channel": topic}}))
        await in_thread(flood, topic)
        repeating = asyncio.ensure_future(repeat_the_last(topic))
        await asyncio.wait_for(reader.read_until(socket, ROUNDS), PATIENCE_S)
        repeating.cancel()
    assert reader.values < ROUNDS * len(KEYS) / 2
