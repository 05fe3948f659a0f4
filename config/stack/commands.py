"""Commands that are run to their end and end with us, with all that they started. Standard library only."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.stack.processes import tied_to_us

GRACE_S = 2.0
Finished = subprocess.CompletedProcess[str]

_running: set["subprocess.Popen[str]"] = set()
_changing = threading.Lock()


def finished(
    command: Sequence[str],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
    together: bool = False,
    stop_signal: signal.Signals = signal.SIGKILL,
) -> Finished:
    """The finished command with what it printed; `together`: stderr is part of stdout. `environment` is added to ours.

    It gets `stop_signal` when we are killed; whatever else ends the wait ends it and what it started. Raises
    subprocess.TimeoutExpired.
    """
    process = subprocess.Popen(
        tied_to_us(command, stop_signal=stop_signal),
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if together else subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        _note(process, runs=True)
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
        except BaseException:
            _end([process])
            raise
        finally:
            _note(process, runs=False)
    return Finished(list(command), process.returncode, stdout, stderr or "")


def end_all() -> None:
    """Ends what runs in any thread, asking first: a package manager that is killed leaves a mess."""
    _end(list(_running))


def _note(process: "subprocess.Popen[str]", *, runs: bool) -> None:
    with _changing:
        (_running.add if runs else _running.discard)(process)


def _end(processes: "list[subprocess.Popen[str]]") -> None:
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
        # Also where it has ended itself: what it started may have not.
        _signal_group(process, signal.SIGKILL)


def _signal_group(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
