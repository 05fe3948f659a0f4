"""Latest-value topics: a socket that cannot keep up gets the newest of each key, not the queue."""

import json
from collections.abc import Callable

import pytest
import websockets

import hub
from hub.publishing import publish_latest
from tests.hub.stack import DaphneServer
from tests.hub.test_slow_reader import narrow_socket
from tests.hub.writing import in_thread

pytestmark = pytest.mark.usefixtures("database")

KEYS = ("a", "b", "c")
ROUNDS = 200


def flood(topic: str) -> None:
    for turn in range(ROUNDS):
        for key in KEYS:
            publish_latest(topic, key=key, data={"turn": turn, "text": "x" * 4000})


async def test_a_reader_that_stops_finds_the_newest_values_and_is_not_closed(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic = f"position:{number}"
    server = serve(HUB_WINDOW_BYTES=16384, HUB_QUEUE_BYTES=65536, HUB_PONG_TIMEOUT_S=30)
    async with websockets.connect(
        server.url, sock=narrow_socket(server.url), max_queue=1, ping_interval=None
    ) as socket:
        await socket.send(json.dumps({"id": 1, "connect": {"token": hub.tokens.issue(7)}}))
        await socket.send(json.dumps({"id": 2, "subscribe": {"channel": topic}}))
        await in_thread(flood, topic)

        newest: dict[str, int] = {}
        values = 0
        while set(newest.values()) != {ROUNDS - 1} or len(newest) < len(KEYS):
            for line in str(await socket.recv()).split("\n"):
                message = json.loads(line)
                if not message:
                    await socket.send("{}")
                elif "push" in message:
                    envelope = message["push"]["pub"]["data"]
                    assert envelope["data"]["turn"] >= newest.get(envelope["subject"], 0)
                    newest[envelope["subject"]] = envelope["data"]["turn"]
                    values += 1
    assert values < ROUNDS * len(KEYS) / 2
