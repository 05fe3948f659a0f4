"""What idle sockets cost a hub process, and what pruning the log costs those who publish meanwhile.

    .venv/bin/python tests/bench/hub_upkeep.py [sockets] [events]

Sockets are connected and subscribed to one topic each; memory is the process' resident set. Publishes are transactions
of one event, one after the other, first alone and then beside `hub.retention.prune()` in a process of its own. Prints
one JSON object.
"""

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.hub import stack  # noqa: E402
from tests.hub.client import opened  # noqa: E402

ALONE = 1000
PRUNE = "import django; django.setup(); import hub; print(hub.retention.prune(limit=10**9))"


def resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


async def kib_per_socket(server: stack.DaphneServer, sockets: int) -> float:
    assert server.process is not None
    async with contextlib.AsyncExitStack() as held:
        for number in range(sockets + 50):
            if number == 50:  # The first ones pay for what all share.
                before = resident_kib(server.process.pid)
            client = await held.enter_async_context(opened(server.url))
            await client.do("connect")
            await client.do("subscribe", channel=f"open:{number}")
        await asyncio.sleep(2)
        return (resident_kib(server.process.pid) - before) / sockets


def publish_ms() -> float:
    import hub

    start = time.perf_counter()
    with hub.atomic():
        hub.publish("kept:other", type="bench.happened", data={"text": "x" * 200})
    return (time.perf_counter() - start) * 1000


def figures(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {"p50": round(cuts[49], 2), "p99": round(cuts[98], 2), "max": round(max(times), 2)}


def beside_pruning(events: int) -> dict[str, object]:
    from django.db import connection

    import hub
    from hub.models import Event

    for topic in range(events // 100):
        with hub.atomic():
            for value in range(100):
                hub.publish(f"kept:{topic}", type="bench.happened", data={"value": value, "text": "x" * 200})
    Event.objects.update(time=datetime.now(UTC) - timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE hub_event")
    alone = [publish_ms() for _ in range(ALONE)]
    pruning = subprocess.Popen([sys.executable, "-c", PRUNE], cwd=ROOT, stdout=subprocess.PIPE)
    start, beside = time.perf_counter(), []
    while pruning.poll() is None:
        beside.append(publish_ms())
    took = time.perf_counter() - start
    pruned = int(pruning.communicate()[0])
    return {
        "publish_ms": {"alone": figures(alone), "while_pruning": figures(beside)},
        "pruned_per_s": round(pruned / took),
        "pruned": pruned,
    }


def main() -> None:
    sockets = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    events = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with contextlib.ExitStack() as cleanup:
        folder = cleanup.enter_context(stack.bench())
        server = stack.DaphneServer(
            folder, name="bench", env={"NOTES_SETTINGS": json.dumps({"HUB_ALLOW_ANONYMOUS": True})}
        )
        server.start()
        cleanup.callback(server.end)
        found: dict[str, object] = {"sockets": sockets}
        found["kib_per_socket"] = round(asyncio.run(kib_per_socket(server, sockets)), 1)
        server.end()
        print(json.dumps(found | beside_pruning(events)))


if __name__ == "__main__":
    main()
