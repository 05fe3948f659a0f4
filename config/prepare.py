"""Migrates, gathers the static files and seeds: in one process, because each start of Django costs a second.

    python -m config.prepare [--seed SPEED]

What the seed prints (the demo's people and their passwords) is also kept in `<home>/demo.txt`, for later starts.
"""

import argparse
import io
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# A migration may take longer than a request's statement.
os.environ["DOORBELL_STATEMENT_TIMEOUT_MS"] = "0"


HISTORY = 300
"""Closed orders that the demo begins with, for its lists and charts."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Migrate, gather static files, seed.")
    parser.add_argument("--seed", metavar="SPEED", help="seed the demo, its policies shortened by SPEED")
    speed = parser.parse_args().seed
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    if speed:
        told = io.StringIO()
        call_command("seed_demo", speed=float(speed), history=HISTORY, stdout=told)
        if told.getvalue().strip():
            notice = settings.ENVIRONMENT.home / "demo.txt"
            notice.touch(mode=0o600)  # it has passwords
            notice.write_text(told.getvalue(), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    # A process that used a Temporal client can crash while the interpreter ends (pitfalls.md): the code must not tell.
    os._exit(0)


if __name__ == "__main__":
    main()
