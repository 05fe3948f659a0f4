"""How benches say what they measured."""

import os
from collections.abc import Sequence
from pathlib import Path

from config.stack.embedded import Stack
from tests.smoke.report import percentile


def percentiles_ms(seconds: Sequence[float]) -> dict[str, float | None]:
    """p50, p99 and the longest, in ms; None where nothing was measured."""
    return {name: percentile(seconds, part) for name, part in {"p50": 0.5, "p99": 0.99, "max": 1.0}.items()}


def cpu_s(stack: Stack) -> dict[str, float]:
    """What each process of a stack has used so far, its children with it, and "bench" for this one: on a machine that
    others use as well, the passing of time says little.
    """
    used = {name: tree_s(child.process.pid) for name, child in stack.processes.running().items()}
    return {**used, "bench": _own_s(os.getpid())}


def tree_s(pid: int) -> float:
    """Seconds of processor time that a process and its children have used."""
    try:
        tasks = [task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/children")]
        return _own_s(pid) + sum(tree_s(int(child)) for task in tasks for child in task.split())
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # It ended while we looked.


def _own_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:13]) / os.sysconf("SC_CLK_TCK")
