"""领取 under a rush: so many clients, each a customer of his own, grab one batch of coupons over HTTP at once.

    .venv/bin/python -m tests.bench.grab [--clients 1000] [--stock 100] [--servers 2] [--rounds 3]

On a stack of its own. Every client asks twice, at once, as people do who press again. Aim: exactly the stock is issued,
nobody has two, and nobody is answered anything but that he has one, has had his, or that they are gone. Prints one JSON
object: `grab` {stock, issued}, the times in ms, and grabs per second until the last one was gone.
"""

import argparse

from tests.world.standalone import migrated_stack


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("clients", 1_000), ("stock", 100), ("servers", 2), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    with migrated_stack() as stack:
        from tests.bench.grab_crowd import measure

        print(measure(stack, **vars(given)), flush=True)


if __name__ == "__main__":
    main()
