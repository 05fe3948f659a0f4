"""A worker process that dies at the worst moment: `FAULT_TRAPS=folder python -m tests.faults.trapped_worker`.

It is the product's worker, whose steps look for a file before and after their transaction; whoever finds it removes it
and is killed by SIGKILL, so that of several workers one dies, once, at exactly that point. The process that is started
only forks the worker, and forks the next one when it was killed: that takes a moment where a new start takes seconds.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

# Sets Django up: before the services are imported.
from workflows import worker

# ruff: isort: split
from temporalio import activity

from web.orders import services
from workflows.messages import StepRequest, StepResult

TRAPS = Path(os.environ.get("FAULT_TRAPS", "/nowhere"))
take_step = services.take_step


def trap(moment: str, move: str, *, local: bool = True) -> str:
    """The file's name. moment: "before" the transaction or "after" its commit."""
    return f"{'local' if local else 'regular'}-{moment}-{move}"


def take_step_over_traps(*, request: StepRequest) -> StepResult:
    """The step, between two chances to die."""
    local = activity.info().is_local
    _spring(trap("before", request.move, local=local))
    result = take_step(request=request)
    _spring(trap("after", request.move, local=local))
    return result


def main() -> None:
    """Keep a worker alive until we are told to stop."""
    services.take_step = take_step_over_traps
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


def _spring(name: str) -> None:
    try:
        (TRAPS / name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
