"""Workers who send positions by rpc, and two who watch. Imports nothing of the hub.

python -m tests.faults.hub.flood < options.json     prints its figures as one JSON object
"""

import asyncio
import json
import random
import sys
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from tests.hub.lean_socket import LeanSocket

WATCHERS = 2


class Peer(LeanSocket):
    def __init__(self, path: str, token: str) -> None:
        super().__init__(path)
        self._token = token
        self.connected = asyncio.Event()

    def opened(self) -> None:
        self.do(1, connect={"token": self._token})

    def do(self, number: int, **command: Any) -> None:
        self.send(json.dumps({"id": number, **command}).encode())

    def heard(self, message: Any) -> None:
        if message.get("id") == 1:
            self.connected.set()


class Worker(Peer):
    """Sends positions, each newer than the last."""

    def __init__(self, path: str, token: str) -> None:
        super().__init__(path, token)
        self.turn = 0
        # The newest that was taken, and how many were, and were refused.
        self.taken_turn = 0
        self.answers = Counter[str]()

    async def work(self, topic: str, per_second: float, seconds: float) -> None:
        await asyncio.sleep(random.uniform(0, 1 / per_second))
        for _ in range(int(seconds * per_second)):
            self.report(topic)
            await asyncio.sleep(1 / per_second)
        # The last one is sent until it is taken.
        while self.taken_turn < self.turn and not self.transport.is_closing():
            await asyncio.sleep(random.uniform(0.5, 1.5))
            if self.answers.total() == self.turn and self.taken_turn < self.turn:
                self.report(topic)

    def report(self, topic: str) -> None:
        self.turn += 1
        data = {"topic": topic, "turn": self.turn}
        self.do(self.turn + 1, rpc={"method": "position", "data": data})

    def heard(self, message: Any) -> None:
        super().heard(message)
        if message.get("id", 0) > 1:
            self.answers["refused" if "error" in message else "taken"] += 1
            if "error" not in message:
                self.taken_turn = max(self.taken_turn, message["id"] - 1)


class Watcher(Peer):
    """Keeps the newest value of each worker."""

    def __init__(self, path: str, token: str) -> None:
        super().__init__(path, token)
        self.newest: dict[str, int] = {}
        self.seen = self.went_back = 0

    def heard(self, message: Any) -> None:
        super().heard(message)
        if "push" in message:
            envelope = message["push"]["pub"]["data"]
            turn, before = envelope["data"]["turn"], self.newest.get(envelope["subject"], 0)
            self.seen += 1
            self.went_back += turn < before
            self.newest[envelope["subject"]] = max(turn, before)


async def main(*, urls: list[str], tokens: list[str], topic: str, per_second: float, seconds: float) -> dict[str, Any]:
    async def join(kind: Any, place: int, token: str) -> Any:
        parts = urlsplit(urls[place % len(urls)])
        _, peer = await asyncio.get_running_loop().create_connection(
            lambda: kind(parts.path, token), str(parts.hostname), int(parts.port or 80)
        )
        await asyncio.wait_for(peer.connected.wait(), 60)
        return peer

    watchers: list[Watcher] = [await join(Watcher, place, tokens[place]) for place in range(WATCHERS)]
    for watcher in watchers:
        watcher.do(2, subscribe={"channel": topic})
    workers: list[Worker] = [await join(Worker, place, token) for place, token in enumerate(tokens)]
    start = asyncio.get_running_loop().time()
    await asyncio.gather(*(worker.work(topic, per_second, seconds) for worker in workers))
    took = asyncio.get_running_loop().time() - start
    await asyncio.sleep(2.0)
    answers = sum((worker.answers for worker in workers), Counter[str]())
    # Nobody can have seen more than was sent, and all that was sent last was taken: sums are equal only if all are.
    last = sum(worker.turn for worker in workers)
    return {
        "taken_per_s": round(answers["taken"] / took),
        "refused": answers["refused"],
        "unanswered": last - answers.total(),
        "seen": min(watcher.seen for watcher in watchers),
        "went_back": sum(watcher.went_back for watcher in watchers),
        "not_the_newest": sum(sum(watcher.newest.values()) != last for watcher in watchers),
        "cut_off": sum(peer.transport.is_closing() for peer in (*workers, *watchers)),
        "codes": sorted({peer.code for peer in (*workers, *watchers) if peer.transport.is_closing()}),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(**json.load(sys.stdin)))))  # noqa: T201
