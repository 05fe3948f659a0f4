"""`python -m tests.bench.catalogue [--services 10000] [--rate 50] [--seconds 15] [--clients 500]`, or
`make bench-catalogue`: five minutes, on a stack of its own.

A city of invented services beside the demo's. Searches come at a steady rate, whether or not the ones before are
answered, and wait included in what is measured: by the selector (`search_ms`, `suggest_ms`), again while a service is
published and the index built anew (`rebuilding_ms`, of the searches from the commit until it is found,
`rebuilt_after_s`; `gaps`: how many found nothing meanwhile), and over HTTP (`search_http_ms`). `quote_ms` is the pure
function, `quote_http_ms` the endpoint. `slot_race`: so many clients book one of ten times over HTTP at two servers,
`grab`: a thousand, one of a hundred coupons. `slots_ms` is the selector of a day's calendar at an address, in a city of
2,000 workers with 20,000 visits, as tests/bench/slots.py has it. `search_recall` by class, `search_recall_held_out` of
the half that nobody tunes to: tests/search. `load`: the machine's average, before and after.

Aims: search_ms and rebuilding_ms p99 <= 20, suggest_ms p99 <= 10, slots_ms p99 <= 30, no gaps. Prints a table, then one
JSON object; never fails on time, but where more or less was booked than there is.
"""

import argparse

from tests.world.standalone import migrated_stack


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=50.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--clients", type=int, default=500)
    arguments = parser.parse_args()
    with migrated_stack() as stack:
        from tests.bench.catalogue.measuring import measure

        print(measure(stack, **vars(arguments)))


if __name__ == "__main__":
    main()
