"""The board's snapshot of a city with 300 live orders.

    .venv/bin/python -m tests.bench.board_snapshot [requests]

On a stack of its own: one server, which answers one dispatcher after the other. Aim: < 100 ms. Prints one JSON object;
never fails on time. The orders are placed and moved by our own services: a minute or two.
"""

import sys

from tests.world.standalone import migrated_stack


def main() -> None:
    """Measure and print."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with migrated_stack() as stack:
        from tests.bench.busy_city import measure

        print(measure(stack, requests=requests))


if __name__ == "__main__":
    main()
