"""A city's home page, with 100,000 orders and 200,000 views of 90 days behind it.

    .venv/bin/python -m tests.bench.home [--orders 100000] [--views 200000] [--pages 200]

On a stack of its own, with the demo's catalogue and workers. What popularity is counted from is asked once in five
minutes, a shelf is read once in ten seconds, and a page is put together for each visitor: `popular_ms`, `together_ms`,
`shelf_ms`, `page_ms` of strangers and `own_page_ms` of customers, by Django's test client. Prints one JSON
object; never fails on time.
"""

import argparse

from tests.world.standalone import migrated_stack


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("orders", 100_000), ("views", 200_000), ("pages", 200)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    with migrated_stack():
        from tests.bench.home_city import measure

        print(measure(**vars(given)), flush=True)


if __name__ == "__main__":
    main()
