"""One topic to many sockets: how much each delivers, and how late at half of that. Everybody stays connected, and one
after the other is measured in each round."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from tests.bench.hub.competitors import CENTRIFUGE, UNCOMPRESSED, measured_if_it_can_be, present
from tests.bench.hub.pace import SATURATED
from tests.bench.hub.stage import Measured, Site, Sizes, before, half, median_of

ALWAYS_TOLD = ("doorbell", "channels", "websockets", UNCOMPRESSED, CENTRIFUGE)
WANTED = {
    "doorbell_to_channels": 40,
    "doorbell_to_websockets": 4,
    "doorbell_to_centrifuge": 0.5,
    "half_load_p99_ms": 50,
}


def run(site: Site, sizes: Sizes) -> dict[str, Any]:
    with ExitStack() as running:
        ready = {}
        for name, serve in present().items():
            with measured_if_it_can_be(name):
                served = running.enter_context(serve(site))
                ready[name] = running.enter_context(before(served, sizes.sockets, site.services))
        full = _rounds(ready, sizes, dict.fromkeys(ready, SATURATED), timed=False)
        rates = {name: half(found.deliveries_per_s, sizes.sockets) for name, found in full.items()}
        eased = _rounds(ready, sizes, rates, timed=True)
    saturation = {name: full[name].deliveries_per_s if name in full else None for name in ALWAYS_TOLD}
    half_load = {name: found.latency_ms for name, found in eased.items()}
    return {
        "saturation": saturation,
        "half_load_ms": dict.fromkeys(ALWAYS_TOLD) | half_load,
        "half_load_deliveries_per_s": {name: found.deliveries_per_s for name, found in eased.items()},
        "saturation_cores": {name: found.cores for name, found in full.items()},
        "saturation_per_server_core": {
            name: round(found.deliveries_per_s / used)
            for name, found in full.items()
            if (used := found.cores["server"])
        },
        "ratios": _ratios(saturation),
        "wanted": WANTED,
    }


def _rounds(
    ready: dict[str, Callable[..., Measured]], sizes: Sizes, rates: dict[str, float], *, timed: bool
) -> dict[str, Measured]:
    rounds = [
        {name: measure(rate=rates[name], seconds=sizes.seconds, timed=timed) for name, measure in ready.items()}
        for _ in range(sizes.rounds)
    ]
    return {name: median_of([each[name] for each in rounds]) for name in ready}


def _ratios(saturation: dict[str, float | None]) -> dict[str, float | None]:
    ours = saturation["doorbell"] or 0.0
    against = {name: rate for name, rate in saturation.items() if name != "doorbell"}
    return {f"doorbell_to_{name}": round(ours / theirs, 2) if theirs else None for name, theirs in against.items()}
