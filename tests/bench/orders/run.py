"""How fast an order's actor is, beside a bare one: a table and, last, one JSON object.

    python -m tests.bench.orders [--orders 3] [--rounds 3] [--quick] [--write-docs]

C0: a workflow of six Updates whose steps do nothing. C1: the same with one empty transaction a step. C2: the product's
actor. On a stack of its own: Temporal's dev server, PostgreSQL, Redis, two worker processes of each. Interleaved: in
each round every number in flight is measured with each of the three, whoever went first goes last in the next.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from config.home import CLONE
from config.stack.embedded import Stack
from config.stack.processes import stopping_on_signals
from tests.bench.orders import paper
from tests.world.standalone import migrated_stack

WORKERS = 2


@dataclass(frozen=True)
class Sizes:
    """in_flight: how many orders at once. orders: of each of them, one after the other, in a round."""

    in_flight: tuple[int, ...] = (1, 5, 20)
    orders: int = 3
    rounds: int = 3
    writers: int = 50
    attempts: int = 40


QUICK = Sizes(in_flight=(1, 2), orders=1, rounds=1, writers=5, attempts=10)


def main() -> None:
    """Measure and print; never fails on time."""
    options = _arguments()
    sizes = QUICK if options.quick else Sizes(orders=options.orders, rounds=options.rounds)
    with stopping_on_signals(), migrated_stack() as stack:
        results = measure(stack, sizes)
    print(paper.table(results))
    if options.write_docs:
        paper.write(results)
    print(json.dumps(results), flush=True)
    # A process that used Temporal's client can die while the interpreter finalizes.
    os._exit(0)


def measure(stack: Stack, sizes: Sizes) -> dict[str, Any]:
    """All figures."""
    from tests.bench.orders import field

    began, load = time.monotonic(), round(os.getloadavg()[0], 2)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load_before": load}
    results = {"machine": machine, "rounds": sizes.rounds, "orders": sizes.orders, "workers": WORKERS}
    results |= field.run(stack, sizes)
    results |= _reservations(stack, sizes)
    return results | {"took_s": round(time.monotonic() - began)}


def _reservations(stack: Stack, sizes: Sizes) -> dict[str, Any]:
    pool = {"DOORBELL_DATABASE_POOL": str(sizes.writers + 1)}
    command = [sys.executable, "-m", "tests.bench.orders.reservations", str(sizes.writers), str(sizes.attempts)]
    environment = {**os.environ, **stack.environment, **pool}
    done = subprocess.run(command, cwd=CLONE, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["overlaps"] == 0, found
    return {"reservation_per_s": found.pop("reservation_per_s"), "reservation": found}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.orders", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--orders", type=int, default=Sizes.orders, help="of each in flight, in a round")
    parser.add_argument("--rounds", type=int, default=Sizes.rounds)
    parser.add_argument("--quick", action="store_true", help="tiny: whether it runs, not how fast")
    parser.add_argument("--write-docs", action="store_true", help=f"write {paper.PAPER.relative_to(CLONE)}")
    return parser.parse_args()
