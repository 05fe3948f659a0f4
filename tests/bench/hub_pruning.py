"""What pruning the hub's log costs those who publish meanwhile.

    .venv/bin/python tests/bench/hub_pruning.py [events]

Publishes are transactions of one event, one after the other, first alone and then beside `hub.retention.prune()` in a
process of its own. Prints one JSON object.
"""

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

ALONE = 1000
PRUNE = "import django; django.setup(); import hub; print(hub.retention.prune(limit=10**9))"


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
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with stack.bench():
        print(json.dumps(beside_pruning(events)))


if __name__ == "__main__":
    main()
