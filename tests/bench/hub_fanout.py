"""One topic to 300 sockets, saturated: deliveries a second, ours and stock Channels' on the same Daphne.

    .venv/bin/python tests/bench/hub_fanout.py [sockets] [seconds]

A delivery counts when the receiver has parsed its JSON. Events carry 200 bytes; ours go through the whole walk:
PostgreSQL, Redis, sequencer, fan-out. Stock Channels is `group_send` through channels_redis to an
AsyncWebsocketConsumer, as its documentation has it. Prints one JSON object.
"""

import asyncio
import contextlib
import json
import multiprocessing
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.hub import stack  # noqa: E402
from tests.hub.lean_socket import LeanSocket  # noqa: E402

TEXT = "x" * 170
EVENTS_PER_TRANSACTION = 20
IN_FLIGHT_MAX = 1000
STARTS_WITHIN_S = 60
RECEIVERS = 2


class Reader(LeanSocket):
    def __init__(self, path: str, first: list[bytes]) -> None:
        super().__init__(path)
        self.first = first
        self.deliveries = 0

    def opened(self) -> None:
        for message in self.first:
            self.send(message)

    def heard(self, message: Any) -> None:
        if "push" in message or "event" in message:
            self.deliveries += 1

    def ended(self) -> None:
        print(f"closed with {self.code}", file=sys.stderr)


def receive(url: str, sockets: int, first: list[bytes], gate: Any, results: Any, progress: Any, seconds: float) -> None:
    async def report(readers: list[Reader]) -> None:
        while True:
            progress.value = min(reader.deliveries for reader in readers)
            await asyncio.sleep(0.01)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        parts = urlsplit(url)
        host, port = str(parts.hostname), int(parts.port or 80)
        readers = []
        for _ in range(sockets):
            _, reader = await loop.create_connection(lambda: Reader(parts.path, first), host, port)
            readers.append(reader)
            # All at once is too much for stock Channels' pool of Redis connections.
            await asyncio.sleep(0.01)
        reporting = asyncio.ensure_future(report(readers))
        await asyncio.to_thread(gate.wait)
        # Until every socket has heard something: on a busy machine the publisher takes its time to start.
        for _ in range(STARTS_WITHIN_S * 10):
            if progress.value:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        before, start = sum(reader.deliveries for reader in readers), time.perf_counter()
        await asyncio.sleep(seconds)
        count, took = sum(reader.deliveries for reader in readers) - before, time.perf_counter() - start
        reporting.cancel()
        results.put(count / took)

    asyncio.run(run())


def publish_ours(stop: Any, progress: list[Any]) -> None:
    """As fast as the slowest socket takes it: what it has not got yet is bounded, as in any closed loop."""
    import django

    django.setup()
    import hub

    published = 0
    while not stop.is_set():
        if published - min(each.value for each in progress) > IN_FLIGHT_MAX:
            time.sleep(0.001)
            continue
        with hub.atomic():
            for _ in range(EVENTS_PER_TRANSACTION):
                hub.publish("open:bench", type="bench", data={"text": TEXT})
        published += EVENTS_PER_TRANSACTION


def publish_stock(stop: Any, progress: list[Any]) -> None:
    import django

    django.setup()
    from channels.layers import get_channel_layer

    async def run() -> None:
        layer = get_channel_layer()
        while not stop.is_set():
            await layer.group_send("bench", {"type": "bench.event", "text": TEXT})
            # Saturated, not drowned: its capacity drops what is above.
            await asyncio.sleep(0.01)

    asyncio.run(run())


def measure(url: str, publish: Any, first: list[bytes], sockets: int, seconds: float) -> float:
    context = multiprocessing.get_context("spawn")
    gate, results, stop = context.Barrier(RECEIVERS + 1), context.Queue(), context.Event()
    each, progress = sockets // RECEIVERS, [context.Value("q", 0) for _ in range(RECEIVERS)]
    receivers = [
        context.Process(target=receive, args=(url, each, first, gate, results, mine, seconds)) for mine in progress
    ]
    publisher = context.Process(target=publish, args=(stop, progress))
    for process in receivers:
        process.start()
    gate.wait(60)
    publisher.start()
    total: float = sum(results.get(timeout=seconds + STARTS_WITHIN_S + 30) for _ in receivers)
    stop.set()
    for process in (*receivers, publisher):
        process.join(10)
        process.kill()
    return total


def main() -> None:
    sockets = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 6.0
    with contextlib.ExitStack() as cleanup:
        folder = cleanup.enter_context(stack.bench())
        import hub

        server = stack.DaphneServer(folder, name="bench")
        server.start()
        cleanup.callback(server.end)
        first = [
            json.dumps({"id": 1, "connect": {"token": hub.tokens.issue(1)}}).encode(),
            json.dumps({"id": 2, "subscribe": {"channel": "open:bench"}}).encode(),
        ]
        ours = measure(server.url, publish_ours, first, sockets, seconds)
        stock_url = server.url.replace("/connection/websocket", "/stock")
        stock = measure(stock_url, publish_stock, [], sockets, seconds)
    result = {"sockets": sockets, "doorbell_per_s": round(ours), "channels_per_s": round(stock)}
    print(json.dumps(result | {"times": round(ours / stock, 1) if stock else None}))


if __name__ == "__main__":
    main()
