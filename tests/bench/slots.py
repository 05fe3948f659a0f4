"""A day's calendar at an address, in a city of 2,000 workers with 20,000 kept visits in 14 days, under an open load.

    .venv/bin/python -m tests.bench.slots [--workers 2000] [--visits 20000] [--rate 30] [--seconds 30]

On a stack of its own. Requests come when they come, whether the last one has been answered or not, at a Poisson
process's moments, and meanwhile visits are booked: each makes the city in memory read what has changed. A time is from
when the request came. Aim: p99 ≤ 30 ms. `page_ms`: the first times of twenty services, as a page of cards has them.
Prints one JSON object; never fails on time.
"""

import argparse

from tests.world.standalone import migrated_stack


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("workers", 2000), ("visits", 20_000), ("rate", 30), ("seconds", 30)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    with migrated_stack():
        from tests.bench.slots_city import measure

        print(measure(**vars(given)), flush=True)


if __name__ == "__main__":
    main()
