"""The notes project in a process whose clock is wrong by CLOCK_AHEAD_S seconds.

As an application for Daphne (`tests.faults.hub.skewed:application`), or as a publisher:

    python -m tests.faults.hub.skewed TOPIC COUNT
"""

import os
import sys
import time
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(os.environ["CLOCK_AHEAD_S"])), tick=True).start()

from tests.hub.notes.asgi import application  # noqa: E402

__all__ = ["application"]


def publish_slowly(topic: str, count: int) -> None:
    from tests.hub.writing import publish

    for value in range(count):
        publish(topic, value)
        time.sleep(0.01)


if __name__ == "__main__":
    publish_slowly(sys.argv[1], int(sys.argv[2]))
