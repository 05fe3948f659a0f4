"""How many business transactions a second commit, each of which writes an order's row and publishes one event."""

import itertools
import random
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from tests.bench.hub.pace import event, processes
from tests.bench.hub.stage import Site, Sizes

TOPICS = {"one_topic": ["open:orders"], "hundred_topics": [f"open:orders-{number}" for number in range(100)]}
# Each writer begins somewhere else.
_ids = itertools.count(random.getrandbits(60))


def run(site: Site, sizes: Sizes) -> dict[str, Any]:
    with processes.Pool(sizes.writers, initializer=_begin) as pool:

        def per_s(topics: Sequence[str]) -> float:
            return sum(pool.starmap(_write, [(topics, sizes.seconds)] * sizes.writers, chunksize=1))

        for topics in TOPICS.values():
            pool.starmap(_write, [(topics, sizes.seconds / 10)] * sizes.writers, chunksize=1)
        rounds = [{name: per_s(topics) for name, topics in TOPICS.items()} for _ in range(sizes.rounds)]
    return {
        "publish_per_s": {name: round(median(each[name] for each in rounds)) for name in TOPICS},
        "publish_writers": sizes.writers,
    }


def _begin() -> None:
    import django

    django.setup()


def _write(topics: Sequence[str], seconds: float) -> float:
    """Transactions a second of one writer."""
    import hub
    from tests.hub.notes.models import Note

    names, began, written = itertools.cycle(topics), time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        with hub.atomic():
            Note.objects.create(id=next(_ids), value=written)
            hub.publish(next(names), type="order.placed", data=event())
        written += 1
    return written / (time.perf_counter() - began)
