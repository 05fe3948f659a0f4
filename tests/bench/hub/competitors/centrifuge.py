"""A server on the centrifuge library, where CENTRIFUGE_BIN names one (a command, with its arguments).

It is told its port by PORT, and by Centrifugo's variables what Centrifugo needs to let anybody in; what it listens on
counts. It is spoken to by the client protocol, and published to by a client, or where it does not let clients publish
by Centrifugo's HTTP API with its key `test-api-key`.
"""

import asyncio
import http.client
import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.hub.audience import Entrance, greeting
from tests.bench.hub.pace import Control, Pace, event
from tests.bench.hub.stage import Served, Site, pid_of, publisher
from tests.hub.lean_socket import LeanSocket
from tests.hub.stack import Process, free_port

API_KEY = "test-api-key"
CHANNEL = "bench"
WINDOW = 1_000
BATCH = 20
ANSWER_WITHIN_S = 5.0
LISTENS = "0A"


class Server(Process):
    def __init__(self, site: Site) -> None:
        port = str(free_port())
        environment = {
            "PORT": port,
            "CENTRIFUGO_HTTP_SERVER_PORT": port,
            "CENTRIFUGO_HTTP_API_KEY": API_KEY,
            "CENTRIFUGO_CLIENT_INSECURE": "true",
            "CENTRIFUGO_CLIENT_ALLOWED_ORIGINS": "*",
        }
        command = shlex.split(os.environ["CENTRIFUGE_BIN"])
        super().__init__(command, log=site.folder / "centrifuge.log", env=environment)

    def is_ready(self) -> bool:
        if not self.runs:
            raise RuntimeError(f"{self.command[0]} ended: {self.log.read_text()[-500:]}")
        return self.port is not None

    @property
    def port(self) -> int | None:
        """What the process listens on, by the kernel's word."""
        handles = [os.readlink(handle) for handle in self._of_process("fd").iterdir()]
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                columns = line.split()
                if columns[3] == LISTENS and f"socket:[{columns[9]}]" in handles:
                    return int(columns[1].rpartition(":")[2], 16)
        return None


@contextmanager
def serve(site: Site) -> Iterator[Served]:
    control, server = Control(), Server(site)
    server.start()
    url = f"ws://127.0.0.1:{server.port}/connection/websocket"
    try:
        with publisher(publish, control, url) as pid:
            entrance = Entrance(url, ("push", "pub", "data"), (greeting(CHANNEL),))
            yield Served(entrance, control, {"server": pid_of(server), "publisher": pid})
    finally:
        server.end()


class Line(LeanSocket):
    """A client that publishes."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def opened(self) -> None:
        self.send(json.dumps({"id": 1, "connect": {}}).encode())

    def heard(self, message: Any) -> None:
        if "id" in message:
            self.answers.put_nowait(message)

    def ended(self) -> None:
        self.answers.put_nowait({"error": {"code": self.code}})


def publish(control: Control, url: str) -> None:
    if not asyncio.run(publish_as_client(control, url)):
        publish_by_http(control, url)


async def publish_as_client(control: Control, url: str) -> bool:
    """Forever; False where clients may not."""
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    address = str(parts.hostname), int(parts.port or 80)
    _, line = await loop.create_connection(lambda: Line(parts.path), *address)

    async def answered(events: int) -> bool:
        answers = [await asyncio.wait_for(line.answers.get(), ANSWER_WITHIN_S) for _ in range(events)]
        return not any("error" in answer for answer in answers)

    def send(events: int) -> None:
        command = json.dumps({"id": 2, "publish": {"channel": CHANNEL, "data": event()}}).encode()
        line.send(b"\n".join([command] * events))

    if not await answered(1):
        return False
    send(1)
    if not await answered(1):
        line.transport.abort()
        return False
    pace = Pace(control, window=WINDOW)
    while True:
        if due := pace.due(BATCH):
            send(due)
            assert await answered(due), "A publication was refused"
        else:
            await asyncio.sleep(pace.pause_s)


def publish_by_http(control: Control, url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    headers = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
    for due in Pace(control, window=WINDOW).turns(BATCH):
        for _ in range(due):
            body = json.dumps({"channel": CHANNEL, "data": event()})
            connection.request("POST", "/api/publish", body, headers)
            answer = connection.getresponse()
            assert answer.status == 200, answer.status
            assert "error" not in json.loads(answer.read())
