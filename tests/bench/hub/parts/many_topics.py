"""Each socket has a topic of its own, and events come at a given rate, to one topic after the other."""

from typing import Any

from tests.bench.hub.competitors import doorbell
from tests.bench.hub.stage import Site, Sizes, before, median_of

# One process publishes: with fewer it would be measured.
PER_TRANSACTION = 100


def run(site: Site, sizes: Sizes) -> dict[str, Any]:
    topics = [f"open:bench-{number}" for number in range(sizes.sockets)]
    with (
        doorbell.serve(site, topics=topics, per_transaction=PER_TRANSACTION) as served,
        before(served, sizes.sockets, site.services) as measure,
    ):
        rounds = [measure(rate=sizes.offered_per_s, seconds=sizes.seconds, timed=True) for _ in range(sizes.rounds)]
    found = median_of(rounds)
    return {
        "many_topics": {
            "topics": sizes.sockets,
            "offered_per_s": sizes.offered_per_s,
            "delivered_per_s": found.deliveries_per_s,
            **found.latency_ms,
            "cores": found.cores,
        }
    }
