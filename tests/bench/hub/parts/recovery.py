"""Many clients come back at once to a process that has just begun, and each has missed a hundred events."""

import time
from statistics import median
from typing import Any

from tests.bench.hub.audience import Entrance, greeting, seated
from tests.bench.hub.competitors import doorbell
from tests.bench.hub.pace import Control, event
from tests.bench.hub.stage import Site, Sizes
from tests.hub.stack import DaphneServer, wait_until

TOPICS = [f"open:missed-{number}" for number in range(20)]
MISSED = 100


def run(site: Site, sizes: Sizes) -> dict[str, Any]:
    import hub

    token, since = hub.tokens.issue("reader"), hub.heads(TOPICS)
    for topic in TOPICS:
        with hub.atomic():
            for _ in range(MISSED):
                hub.publish(topic, type="bench.happened", data=event())
    greetings = tuple(greeting(topic, token=token, since={"recover": True, **since[topic]}) for topic in TOPICS)
    rounds = [_come_back(site, greetings, sizes.returning) for _ in range(sizes.rounds)]
    found = {
        "seconds": round(median(seconds for seconds, _ in rounds), 2),
        "queries": round(median(queries for _, queries in rounds)),
    }
    return {"recovery": found | {"clients": sizes.returning, "topics": len(TOPICS), "missed_each": MISSED}}


def _come_back(site: Site, greetings: tuple[tuple[bytes, ...], ...], clients: int) -> tuple[float, int]:
    """Seconds from the first connect to the last client's being live with all it missed, and the queries of the
    server's process from its start until then."""
    _settled()
    before = _transactions()
    server = DaphneServer(site.folder, name="recovery")
    server.start()
    try:
        time.sleep(1.0)
        entrance = Entrance(server.url, doorbell.PATH, greetings)
        with seated(entrance, Control(), clients, at_once=clients) as audience:
            assert audience.seated.recovered == MISSED, audience.seated
            seconds = audience.seated.seconds
    finally:
        server.kill()
    _settled()
    return seconds, _transactions() - before


def _settled() -> None:
    """PostgreSQL counts what a connection did when that ends."""
    wait_until(lambda: _number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") == 1, "end")


def _transactions() -> int:
    """All that were committed in the database but ours; a query of the hub is one."""
    return _number(
        "SELECT d.xact_commit FROM pg_stat_database d, pg_stat_clear_snapshot() WHERE d.datname = current_database()"
    )


def _number(query: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
