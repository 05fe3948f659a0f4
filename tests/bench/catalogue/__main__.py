"""`python -m tests.bench.catalogue [--services 10000] [--rate 50] [--seconds 20]`, or `make bench-catalogue`.

A city of invented services beside the demo's, in a private stack. Searches come at a steady rate, whether or not the
ones before are answered, and wait included in what is measured: first the selector in this process (`search_ms`,
`suggest_ms`), then over HTTP (`search_http_ms`), then again while a service is published and the index is built anew
(`rebuilding_ms`; `rebuilt_after_s` is from the commit to the first search that finds it). `quote_ms` is the pure
function, `quote_http_ms` the endpoint. `search_recall` by class, `held_out` those that nobody tunes to: tests/search.

Aims: search_ms p99 <= 20, suggest_ms p99 <= 10. Prints a table, then one JSON object; never fails on time.
"""

import argparse

from tests.world.standalone import migrated_stack


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=50.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    with migrated_stack() as stack:
        from tests.bench.catalogue.measuring import measure

        print(measure(stack, services=arguments.services, rate=arguments.rate, seconds=arguments.seconds))


if __name__ == "__main__":
    main()
