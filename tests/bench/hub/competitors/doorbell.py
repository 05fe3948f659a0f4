"""Ours, the whole walk: PostgreSQL, Redis, sequencer, fan-out, on Daphne as `config/serve.py` has it.

A saturated publisher writes 20 events a transaction; at a lower rate a transaction has what came due since the last.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.bench.hub.audience import Entrance, greeting
from tests.bench.hub.pace import Control, Pace, event
from tests.bench.hub.stage import Served, Site, pid_of, publisher
from tests.hub.stack import DaphneServer

TOPIC = "open:bench"
# Below what a slow socket's queue holds.
WINDOW = 1_000
PATH = ("push", "pub", "data", "data")


@contextmanager
def serve(
    site: Site, *, topics: Sequence[str] = (TOPIC,), per_transaction: int = 20, env: dict[str, str] | None = None
) -> Iterator[Served]:
    """One hub process. Events go to one topic after the other, so many of them in a transaction at most."""
    control, server = Control(), DaphneServer(site.folder, name="doorbell", env=env)
    server.start()
    try:
        with publisher(publish, control, topics, per_transaction) as pid:
            yield Served(entrance(server.url, topics), control, {"server": pid_of(server), "publisher": pid})
    finally:
        server.end()


def entrance(url: str, topics: Sequence[str]) -> Entrance:
    import hub

    token = hub.tokens.issue("reader")
    return Entrance(url, PATH, tuple(greeting(topic, token=token) for topic in topics))


def publish(control: Control, topics: Sequence[str], per_transaction: int) -> None:
    import django

    django.setup()
    import hub

    names = itertools.cycle(topics)
    for due in Pace(control, window=WINDOW).turns(per_transaction):
        with hub.atomic():
            for _ in range(due):
                hub.publish(next(names), type="bench.happened", data=event())
