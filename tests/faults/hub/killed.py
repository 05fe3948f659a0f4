"""A publisher that is killed between its COMMIT and its hint.

python -m tests.faults.hub.killed TOPIC
"""

import os
import signal
import sys
from collections.abc import Sequence

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.hub.notes.settings")
django.setup()

from hub import hints  # noqa: E402
from tests.hub.writing import publish  # noqa: E402


def die(_: Sequence[hints.Hint]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    setattr(hints, "send", die)  # noqa: B010 - a plain assignment is no type to mypy
    publish(sys.argv[1], -1)
