"""From a worker's accept to the push at his customer, with ten orders in flight.

    .venv/bin/python -m tests.bench.accept_to_push [orders of each of the ten]

On a stack of its own as the demo's: one server, two workers. The time runs from sending the request to the arrival of
`order.accepted` on the customer's socket.
Aim: p50 < 50 ms, p99 < 250 ms. Prints a JSON object for each pace of the people; never fails on time.
"""

import sys

from tests.world.standalone import migrated_stack


def main() -> None:
    """Measure and print."""
    each = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with migrated_stack() as stack:
        from tests.bench.acceptances import measure

        print(measure(stack, each=each))


if __name__ == "__main__":
    main()
