"""A worker process that dies at the worst moment: `FAULT_TRAPS=folder python -m tests.faults.trapped_worker`.

It is the product's worker, whose activities look for a file before, inside and after what they do; whoever finds it
removes it and is killed by SIGKILL, so that of several workers one dies, once, at exactly that point. The process that
is started only forks the worker, and forks the next one when it was killed: a moment, where a start takes seconds.
"""

import functools
import gc
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

# Sets Django up: before the services are imported.
from workflows import worker

# ruff: isort: split
from django.db import connection
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from tests.workflows.changed_story import STORIES
from workflows.activities.interceptor import PlainFailures
from workflows.messages import StepRequest

TRAPS = Path(os.environ.get("FAULT_TRAPS", "/nowhere"))
STORY = os.environ.get("FAULT_STORY", "")
"""Of tests/workflows/changed_story.py: the code of another deployment. "" is the product's."""

BEFORE, INSIDE, AFTER = "before", "inside", "after"
MOMENTS = (BEFORE, INSIDE, AFTER)
WRITES = ("INSERT", "UPDATE", "DELETE")

_springing = threading.Lock()


def trap(moment: str, what: str, *, local: bool = True) -> str:
    """The file's name. what: a step's move, or another activity's name. moment: "before" anything is done, "inside"
    (after its first write, which is lost with its transaction), "after" its end and before anybody hears of it. local:
    when it is run as a local activity; else as a regular one.
    """
    return f"{'local' if local else 'regular'}-{moment}-{what}"


def failing(what: str) -> str:
    """The file that makes it fail as a local activity, until it has been run as a regular one."""
    return f"failing-{what}"


class Traps(PlainFailures):
    """In the place of the product's own interceptor, with chances to die around each activity."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap the activity."""
        return super().intercept_activity(_Traps(next))


class _Traps(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        request = input.args[0] if input.args else None
        what = request.move if isinstance(request, StepRequest) else info.activity_type
        chances = _Chances(what, local=info.is_local)
        if inspect.iscoroutinefunction(input.fn):
            chances.at(BEFORE)
            result = await self.next.execute_activity(input)
            chances.at(INSIDE)
            chances.at(AFTER)
            return result
        input.fn = chances.around(input.fn)
        return await self.next.execute_activity(input)


class _Chances:
    def __init__(self, what: str, *, local: bool) -> None:
        self._what, self._local = what, local

    def at(self, moment: str) -> None:
        """Die here, if there is a trap."""
        _spring(trap(moment, self._what, local=self._local))

    def around(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(fn)
        def run(*args: Any) -> Any:
            if self._local and (TRAPS / failing(self._what)).exists():
                raise RuntimeError("asked to fail")
            if not self._local:
                (TRAPS / failing(self._what)).unlink(missing_ok=True)
            self.at(BEFORE)
            with connection.execute_wrapper(self._writing):
                result = fn(*args)
            # What writes nothing has no inside of its own.
            self.at(INSIDE)
            self.at(AFTER)
            return result

        return run

    def _writing(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.lstrip().startswith(WRITES):
            self.at(INSIDE)
        return result


def main() -> None:
    """Keep a worker alive until we are told to stop."""
    setattr(worker, "PlainFailures", Traps)  # noqa: B010 - a plain assignment is no type to mypy
    if STORY:
        setattr(worker, "OrderWorkflow", STORIES[STORY])  # noqa: B010 - the same
    # What the collector does not touch is not copied into each child.
    gc.freeze()
    while True:
        child = os.fork()
        if child == 0:
            worker.main()
        forwarded = signal.signal(signal.SIGTERM, _forward_to(child))
        _, status = os.waitpid(child, 0)
        signal.signal(signal.SIGTERM, forwarded)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            sys.exit(os.waitstatus_to_exitcode(status))


def _forward_to(child: int) -> "signal._HANDLER":
    def forward(number: int, frame: FrameType | None) -> None:
        os.kill(child, number)

    return forward


def _print(line: str) -> None:
    # In one write: two threads' lines must not mix.
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _spring(name: str) -> None:
    # Of two threads that stand before traps at once one springs its own: whoever reads the log finds every trap there.
    with _springing:
        try:
            (TRAPS / name).unlink()
        except FileNotFoundError:
            return
        _print(f"killing {os.getpid()} at {name}")
        os.kill(os.getpid(), signal.SIGKILL)
        signal.pause()


if __name__ == "__main__":
    main()
