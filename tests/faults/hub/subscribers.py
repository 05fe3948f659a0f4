"""Subscribers in a process of their own, which imports nothing of the hub. They follow their topics as the published
SDKs do: whatever ends a connection below 3500, they come back from their offset, at the next server.

    python -m tests.faults.hub.subscribers '{"urls": […], "database": …, "token": …, "topics": […], "count": 100}'

Each line on stdin is a command `{"do": name, …}`, each on stdout its answer (crowd.py has the other end).
"""

import asyncio
import json
import random
import socket
import sys
import time
from array import array
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.hub import checker
from tests.hub.lean_socket import LeanSocket

BACKOFF_S = 0.2
BACKOFF_MAX_S = 2.0
FOR_GOOD = range(3500, 4000)
RESUBSCRIBE = 2500
STOPPED_WINDOW = 4096


class Line(LeanSocket):
    """One connection of a subscriber."""

    def __init__(self, path: str, subscriber: "Subscriber") -> None:
        super().__init__(path)
        self.subscriber = subscriber
        self.over = asyncio.Event()

    def opened(self) -> None:
        self.subscriber.introduce(self)

    def heard(self, message: Any) -> None:
        self.subscriber.hear(self, message)

    def ended(self) -> None:
        self.over.set()


class Subscriber:
    def __init__(self, crowd: "Subscribers", topic: str, turn: int) -> None:
        self.crowd, self.topic, self.turn = crowd, topic, turn
        self.offset, self.epoch = 0, ""
        self.received: list[dict[str, Any]] = []
        self.live = False
        self.line: Line | None = None
        self.live_at = 0.0
        # Connects from now on with a window that holds little: what it does not read soon stays at the server.
        self.narrow = False

    async def follow(self) -> None:
        failures = 0
        while True:
            await self.crowd.released.wait()
            code = await self.once()
            failures = 0 if self.live else failures + 1
            self.live, self.line = False, None
            if code in FOR_GOOD:
                return
            self.turn += 1
            await asyncio.sleep(random.uniform(0, min(BACKOFF_MAX_S, BACKOFF_S * 2**failures)))

    async def once(self) -> int:
        """A connection until its end; the code it was closed with."""
        parts = urlsplit(self.crowd.urls[self.turn % len(self.crowd.urls)])
        channel = socket.socket()
        channel.setblocking(False)
        if self.narrow:
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STOPPED_WINDOW)
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(channel, (str(parts.hostname), int(parts.port or 80)))
            _, self.line = await loop.create_connection(lambda: Line(parts.path, self), sock=channel)
        except OSError as error:
            channel.close()
            self.crowd.codes[type(error).__name__] += 1
            return 0
        await self.line.over.wait()
        self.crowd.codes[str(self.line.code)] += 1
        return self.line.code

    def introduce(self, line: Line) -> None:
        connect = {"id": 1, "connect": {"token": self.crowd.token}}
        line.send(b"\n".join([json.dumps(connect).encode(), self._subscribe()]))

    def _subscribe(self) -> bytes:
        where = {"recover": True, "offset": self.offset, "epoch": self.epoch}
        return json.dumps({"id": 2, "subscribe": {"channel": self.topic, **where}}).encode()

    def hear(self, line: Line, message: Mapping[str, Any]) -> None:
        if "push" in message:
            self._push(line, message["push"])
        elif "error" in message:
            self.crowd.codes[f"error {message['error']['code']}"] += 1
            line.transport.abort()
        elif "subscribe" in message:
            self._resumed(message["subscribe"])

    def _push(self, line: Line, push: Mapping[str, Any]) -> None:
        if "pub" in push:
            self._take(push["pub"])
            self.crowd.heard(push["pub"])
        elif "disconnect" in push:
            self.crowd.left_at.append(time.time())
            # Daphne drops the reason of a close frame, and a line that was cut has no frame: the push says it all.
            self.crowd.codes[f"told {push['disconnect']['code']}"] += 1
        elif push.get("unsubscribe", {}).get("code") == RESUBSCRIBE:
            self.crowd.codes["resubscribed"] += 1
            line.send(self._subscribe())

    def _resumed(self, result: Mapping[str, Any]) -> None:
        self.epoch = result["epoch"]
        if result.get("recovered"):
            for publication in result.get("publications", []):
                self._take(publication)
        else:
            self.crowd.codes["not recovered"] += 1
            self.offset = result.get("offset", 0)
        self.live, self.live_at = True, time.time()

    def _take(self, publication: dict[str, Any]) -> None:
        self.received.append(publication)
        self.offset = publication["offset"]


class Subscribers:
    def __init__(
        self, *, urls: list[str], database: str, token: str, topics: list[str], count: int, first_turn: int = 0
    ) -> None:
        self.urls, self.database, self.token = urls, database, token
        self.codes = Counter[str]()
        self.latencies = array("d")
        self.left_at: list[float] = []
        self.released = asyncio.Event()
        self.released.set()
        self.released_at = time.time()
        self.all = [Subscriber(self, topics[index % len(topics)], first_turn + index) for index in range(count)]
        self._tasks = [asyncio.ensure_future(each.follow()) for each in self.all]

    def heard(self, publication: Mapping[str, Any]) -> None:
        if (at := publication["data"]["data"].get("at")) is not None:
            self.latencies.append(time.time() - at)

    # Commands

    async def do_wait(self, heads: dict[str, int], seconds: float) -> dict[str, Any]:
        """Until everybody is live and has all up to these offsets: how long it took, and who is still behind."""
        start = time.monotonic()
        while behind := sum(not each.live or each.offset < heads.get(each.topic, 0) for each in self.all):
            if time.monotonic() - start > seconds:
                break
            await asyncio.sleep(0.01)
        return {"seconds": time.monotonic() - start, "behind": behind, "codes": self.codes}

    async def do_kick(self, share: float) -> dict[str, Any]:
        """Cuts so many lines, chosen at random, without a word."""
        live = [each.line for each in self.all if each.line is not None and each.live]
        chosen = random.sample(live, round(share * len(live)))
        for line in chosen:
            line.transport.abort()
        return {"kicked": len(chosen)}

    async def do_hold(self) -> dict[str, Any]:
        """Whoever is cut off stays away until the release."""
        self.released.clear()
        return {}

    async def do_release(self) -> dict[str, Any]:
        self.released_at = time.time()
        self.released.set()
        return {}

    async def do_narrow(self) -> dict[str, Any]:
        """Everybody connects anew with a small window."""
        for each in self.all:
            each.narrow = True
        return await self.do_kick(1.0)

    async def do_stop_reading(self) -> dict[str, Any]:
        for each in self.all:
            if each.line is not None:
                each.line.transport.pause_reading()
        return {"offsets": [each.offset for each in self.all]}

    async def do_read_on(self) -> dict[str, Any]:
        """And whoever must connect anew does so with a window as others have it."""
        for each in self.all:
            each.narrow = False
            if each.line is not None:
                each.line.transport.resume_reading()
        return {}

    async def do_plant(self, fault: str) -> dict[str, Any]:
        """Spoils what one subscriber received: the comparison must find it."""
        received = self.all[0].received
        spoilt = {"drop": [], "duplicate": received[3:4] * 2, "swap": received[4:2:-1]}[fault]
        received[3 : 5 if fault == "swap" else 4] = spoilt
        return {}

    async def do_latencies(self) -> dict[str, Any]:
        """Of every push since the last time this was asked, in seconds, and the moments of disconnect pushes."""
        found, self.latencies = self.latencies, array("d")
        left, self.left_at = self.left_at, []
        return {"latencies": list(found), "left_at": left}

    async def do_report(self) -> dict[str, Any]:
        """Compares what everybody received with the log, and counts."""
        logs = {topic: checker.read_log(self.database, topic) for topic in {each.topic for each in self.all}}
        counts = Counter[str]()
        for each in self.all:
            report = checker.judge(logs[each.topic], each.received)
            counts.update(
                gaps=len(report.missing),
                duplicates=len(report.duplicates),
                out_of_order=len(report.out_of_order),
                unlike=len(report.unlike),
                deliveries=len(each.received),
            )
        resumed = [each.live_at - self.released_at for each in self.all]
        return {**counts, "codes": self.codes, "resumed": resumed}


async def main(options: dict[str, Any]) -> None:
    assert not [name for name in sys.modules if name.partition(".")[0] in ("hub", "django")]
    crowd = Subscribers(**options)
    commands = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        command = json.loads(line)
        answer = await getattr(crowd, f"do_{command.pop('do')}")(**command)
        print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
