"""A server that publishes, and how it is measured before an audience."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.figures import percentiles_ms, tree_s
from tests.bench.hub.audience import Audience, Entrance, seated
from tests.bench.hub.pace import Control, processes
from tests.hub import stack

READY_WITHIN_S = 60.0
# Nothing more comes when nothing has come for so long.
WARM_S, QUIET_S, QUIET_WITHIN_S = 0.6, 1.0, 20.0


@dataclass(frozen=True)
class Sizes:
    """How much of everything."""

    sockets: int = 300
    seconds: float = 2.5
    rounds: int = 5
    idle: int = 3_000
    returning: int = 2_000
    offered_per_s: int = 5_000
    # Of the HTTP requests that are wanted, how many are made.
    requests: float = 1.0
    growth: Sequence[int] = (1, 10, 100, 1_000, 3_000)
    # Who publish at the same time: PostgreSQL writes the commits of several together.
    writers: int = 8
    settles_s: float = 2.0


@dataclass(frozen=True)
class Site:
    """PostgreSQL and Redis, on which this process' Django is as well, and a folder for what is written."""

    folder: Path
    services: dict[str, int]


@dataclass(frozen=True)
class Served:
    """A server with its publisher. `pids` of what works for it, by name; "server" has the sockets."""

    entrance: Entrance
    control: Control
    pids: dict[str, int]


@dataclass(frozen=True)
class Measured:
    """`latency_ms` has p50 and p99; `cores` the processor time of each process, in seconds per second."""

    deliveries_per_s: float
    latency_ms: dict[str, float | None]
    cores: dict[str, float]


def pid_of(server: stack.Process) -> int:
    assert server.process is not None
    return server.process.pid


@contextmanager
def site() -> Iterator[Site]:
    """The folder stays where something went wrong: the servers' logs are in it."""
    with stack.bench() as folder:
        from hub import hints

        postgres = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
        yield Site(folder, {"postgres": postgres, "redis": int(hints.client().info()["process_id"])})
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def publisher(target: Callable[..., None], control: Control, *arguments: Any) -> Iterator[int]:
    """A process that publishes as `control` says; its id. Ready when this is entered."""
    process = processes.Process(target=target, args=(control, *arguments), daemon=True)
    process.start()
    try:
        assert control.ready.wait(READY_WITHIN_S), "The publisher did not get ready"
        yield int(process.pid or 0)
    finally:
        process.kill()
        process.join()


def measure(
    served: Served, audience: Audience, *, rate: float, seconds: float, timed: bool, services: dict[str, int]
) -> Measured:
    """Publishes at that rate; nothing is under way before or after."""
    pids = {name: [pid] for name, pid in (served.pids | services).items()} | {"receivers": audience.pids}

    def used() -> dict[str, float]:
        return {name: sum(map(tree_s, each)) for name, each in pids.items()}

    control = served.control
    ahead, control.rate.value = control.published.value - control.received(), rate
    time.sleep(WARM_S if seconds >= 1 else seconds)
    audience.begin(timed=timed)
    before, began = used(), time.perf_counter()
    time.sleep(seconds)
    after, took = used(), time.perf_counter() - began
    heard = audience.end()
    control.rate.value = 0.0
    wait_until_quiet(control, ahead=ahead)
    times = percentiles_ms(heard.latencies_s)
    cores = {name: (after[name] - before[name]) / took for name in pids}
    return Measured(heard.deliveries_per_s, {name: times[name] for name in ("p50", "p99")}, cores)


def wait_until_quiet(control: Control, *, ahead: int) -> None:
    """Until the slowest socket has got what was published, which was `ahead` of it before; or nothing more comes."""
    last, changed, began = -1, 0.0, time.monotonic()
    while (now := control.received()) < control.published.value - ahead:
        if now != last:
            last, changed = now, time.monotonic()
        elif time.monotonic() - changed > QUIET_S or time.monotonic() - began > QUIET_WITHIN_S:
            return
        time.sleep(0.01)


@contextmanager
def before(served: Served, sockets: int, services: dict[str, int]) -> Iterator[Callable[..., Measured]]:
    """measure() of that server before so many sockets."""
    with seated(served.entrance, served.control, sockets) as audience:
        yield lambda **options: measure(served, audience, services=services, **options)


def median_of(rounds: Sequence[Measured]) -> Measured:
    """Of each figure by itself; None where nothing was timed."""

    def of(name: str) -> float | None:
        known = [value for each in rounds if (value := each.latency_ms[name]) is not None]
        return round(median(known), 1) if known else None

    cores = {name: round(median(each.cores[name] for each in rounds), 2) for name in rounds[0].cores}
    speed = round(median(each.deliveries_per_s for each in rounds))
    return Measured(speed, {name: of(name) for name in rounds[0].latency_ms}, cores)


def half(saturation: float, sockets: int) -> float:
    """Events a second that are half of so many deliveries a second."""
    return saturation / sockets / 2
