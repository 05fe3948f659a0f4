"""How fast is published: set by who measures, read by who publishes, told by who receives."""

import json
import math
import time
from collections.abc import Iterator
from multiprocessing import get_context
from typing import Any

SATURATED = math.inf
# Processes that receive.
RECEIVERS = 2
# Deliveries that a saturated publisher has under way at most: with many sockets they fill the kernel's memory.
UNDER_WAY_MAX = 300_000
# How long to wait when nothing is due. What a rate makes due within 4 ms is one transaction, as of those who publish
# hundreds of events a second.
IDLE_S, PACED_S, SATURATED_S = 0.02, 0.004, 0.001
# With the moment beside it an event is 200 bytes of JSON.
TEXT = "0123456789abcdef" * 10
# Children are forks of a process that has loaded these already: quick to start. It has nothing of the hub.
processes = get_context("forkserver")
processes.set_forkserver_preload(["tests.bench.hub.competitors", "django.db.models", "channels.layers", "psycopg"])


def event() -> dict[str, Any]:
    """200 bytes of JSON; `at` is the moment of publishing: before the commit, where there is one."""
    return {"at": time.monotonic(), "text": TEXT}


def encoded_event() -> str:
    return json.dumps(event())


class Control:
    """Memory that the processes of one measurement share."""

    def __init__(self) -> None:
        # Events a second; 0: nothing; SATURATED: as fast as the slowest socket receives.
        self.rate: Any = processes.Value("d", 0.0, lock=False)
        self.published: Any = processes.Value("q", 0, lock=False)
        self.ready: Any = processes.Event()
        # Of each process that receives: the deliveries of its slowest socket.
        self.slowest: Any = [processes.Value("q", 0, lock=False) for _ in range(RECEIVERS)]
        # How many of these there are, and their sockets.
        self.receiving: Any = processes.Value("i", 0, lock=False)
        self.sockets: Any = processes.Value("i", 0, lock=False)

    def received(self) -> int:
        """What every socket has received."""
        return min((value.value for value in self.slowest[: self.receiving.value]), default=0)


class Pace:
    """Of one publisher: how many events are due. Saturated means a closed loop: `window` events may be under way,
    fewer before very many sockets."""

    def __init__(self, control: Control, *, window: int) -> None:
        self._control, self._window = control, window
        self._rate, self._began, self._published, self._before = 0.0, 0.0, 0, 0
        control.ready.set()

    def due(self, most: int = 1) -> int:
        """How many to publish now, `most` at once; they count as published."""
        if self._control.rate.value != self._rate:
            self._rate = self._control.rate.value
            self._began, self._published, self._before = time.monotonic(), 0, self._control.received()
        if self._rate == SATURATED:
            under_way = self._published - (self._control.received() - self._before)
            window = min(self._window, UNDER_WAY_MAX // max(1, self._control.sockets.value))
            due = most if under_way + most <= window else 0
        else:
            due = min(most, int((time.monotonic() - self._began) * self._rate) - self._published)
        self._published += due
        self._control.published.value += due
        return due

    @property
    def pause_s(self) -> float:
        return IDLE_S if not self._rate else SATURATED_S if self._rate == SATURATED else PACED_S

    def turns(self, most: int) -> Iterator[int]:
        """Forever: what is due, with the pauses in between."""
        while True:
            if due := self.due(most):
                yield due
            else:
                time.sleep(self.pause_s)
