"""One topic to more and more sockets of one process: what is delivered when saturated, and how late at half of it."""

from typing import Any

from tests.bench.hub.competitors import doorbell
from tests.bench.hub.pace import SATURATED
from tests.bench.hub.stage import Site, Sizes, before, half, median_of


def run(site: Site, sizes: Sizes) -> dict[str, Any]:
    found = []
    with doorbell.serve(site) as served:
        for sockets in sizes.growth:
            with before(served, sockets, site.services) as measure:
                full, eased = [], []
                for _ in range(sizes.rounds):
                    full.append(measure(rate=SATURATED, seconds=sizes.seconds, timed=False))
                    rate = half(full[-1].deliveries_per_s, sockets)
                    eased.append(measure(rate=rate, seconds=sizes.seconds, timed=True))
            saturated, at_half = median_of(full), median_of(eased)
            found.append(
                {
                    "sockets": sockets,
                    "deliveries_per_s": saturated.deliveries_per_s,
                    **{f"{name}_ms": latency for name, latency in at_half.latency_ms.items()},
                    "server_cores": saturated.cores["server"],
                }
            )
    return {"growth": found}
