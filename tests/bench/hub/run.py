"""How fast the hub is, beside what a Python user would otherwise pick: a table and, last, one JSON object.

    python -m tests.bench.hub [PART…] [--seconds 2.5] [--rounds 5] [--sockets 300] [--write-docs]

Everything runs on this machine, in processes of its own; figures are medians of the rounds. CENTRIFUGE_BIN names a
server on the centrifuge library, to be measured as well.
"""

import argparse
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path
from typing import Any

from config.stack.processes import stopping_on_signals
from tests.bench.hub import paper
from tests.bench.hub.parts import PARTS
from tests.bench.hub.stage import Sizes, site

QUICK = Sizes(
    sockets=6,
    seconds=0.3,
    rounds=1,
    idle=20,
    returning=20,
    offered_per_s=200,
    requests=0.2,
    growth=(1, 4),
    writers=2,
    settles_s=0.1,
)
# Of one process: its sockets, and what else it has open.
FILES = 8_192


def main() -> None:
    options = arguments()
    sizes = Sizes(sockets=options.sockets, seconds=options.seconds, rounds=options.rounds)
    if options.results is not None:
        results = json.loads(options.results.read_text())
    else:
        with stopping_on_signals():
            results = measure(options.parts or list(PARTS), QUICK if options.quick else sizes)
    print(paper.table(results))
    if options.write_docs:
        paper.write(results)
    print(json.dumps(results), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hub", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], *PARTS], help=", ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=Sizes.seconds, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=Sizes.rounds)
    parser.add_argument("--sockets", type=int, default=Sizes.sockets)
    parser.add_argument("--quick", action="store_true", help="tiny: whether it runs, not how fast")
    parser.add_argument("--write-docs", action="store_true", help="write docs/hub-benchmarks.md and its plot")
    parser.add_argument("--results", type=Path, help="show what an earlier run printed last, measure nothing")
    return parser.parse_args()


def measure(parts: list[str], sizes: Sizes) -> dict[str, Any]:
    resource.setrlimit(resource.RLIMIT_NOFILE, _files())
    results: dict[str, Any] = {"sockets": sizes.sockets, "rounds": sizes.rounds, "seconds": sizes.seconds}
    results["machine"] = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }
    began = time.monotonic()
    with site() as place:
        for part in parts:
            print(f"{part} …", file=sys.stderr, flush=True)
            results |= PARTS[part](place, sizes)
    return results | {"took_s": round(time.monotonic() - began)}


def _files() -> tuple[int, int]:
    """Soft and hard limit of open files: as many as are needed, if they may be had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft, FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)), hard
