"""Pushes while the same machine serves HTTP: by the process that has the sockets, and by another one."""

import time
from array import array
from collections.abc import Callable
from typing import Any

from tests.bench.figures import percentiles_ms
from tests.bench.hub.competitors import doorbell
from tests.bench.hub.http_load import RATES, requests
from tests.bench.hub.project import ENVIRONMENT
from tests.bench.hub.stage import Measured, Site, Sizes, before, median_of
from tests.hub.stack import DaphneServer

# To all sockets: what a busy city has, and far from saturated.
EVENTS_PER_S = 50


def run(site: Site, sizes: Sizes) -> dict[str, Any]:
    other = DaphneServer(site.folder, name="http", env=ENVIRONMENT)
    other.start()
    try:
        with (
            doorbell.serve(site, env=ENVIRONMENT) as served,
            before(served, sizes.sockets, site.services) as measure,
        ):
            where = {"one_process": served.entrance.url, "apart": other.url}
            rounds = [
                {name: _beside(measure, url, sizes) for name, url in {"alone": None, **where}.items()}
                for _ in range(sizes.rounds)
            ]
    finally:
        other.end()
    found = {name: _summary([each[name] for each in rounds]) for name in rounds[0]}
    return {"http_beside_push": {**found, "requests_per_s": RATES, "events_per_s": EVENTS_PER_S}}


Round = tuple[Measured, dict[str, "array[float]"]]


def _beside(measure: Callable[..., Measured], url: str | None, sizes: Sizes) -> Round:
    options = {"rate": EVENTS_PER_S, "seconds": sizes.seconds, "timed": True}
    if url is None:
        return measure(**options), {}
    with requests(url, share=sizes.requests) as latencies:
        time.sleep(min(1.0, sizes.seconds))
        latencies()  # The first ones open connections, here and to the database.
        return measure(**options), latencies()


def _summary(rounds: list[Round]) -> dict[str, Any]:
    """Of pushes the median of the rounds, of requests what all rounds together saw."""
    push = median_of([measured for measured, _ in rounds])
    http = {kind: [each for _, latencies in rounds for each in latencies.get(kind, ())] for kind in RATES}
    p99 = {kind: percentiles_ms(times)["p99"] for kind, times in http.items() if times}
    answered = {kind: len(times) for kind, times in http.items() if times}
    return {**push.latency_ms, "http_p99_ms": p99, "answered": answered}
