"""A pytest plugin: tests run on a stack. `make test` names one; a pytest by hand starts its own, for its duration.

It acts before pytest-django reads the settings. The demo's stack is never used: its workers would take our orders.
"""

import os
import signal
import sys
from collections.abc import Generator
from contextlib import ExitStack
from types import FrameType

import pytest

from config.stack.embedded import DEMONSTRATION, SERVICES, embedded_stack

_LOOK_ONLY = frozenset({"--help", "-h", "--version", "--collect-only", "--co", "--fixtures", "--markers"})
_open = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(args: list[str]) -> Generator[None, None, None]:
    for name, value in DEMONSTRATION.items():
        os.environ.setdefault(name, value)
    # This process makes and drops the tests' database, which may take its time; processes under test keep the limit.
    os.environ.setdefault("DOORBELL_STATEMENT_TIMEOUT_MS", "0")
    if not _LOOK_ONLY.intersection(args) and not all(os.environ.get(name) for name in SERVICES):
        signal.signal(signal.SIGTERM, _interrupt)
        stack = _open.enter_context(embedded_stack(ephemeral=True, migrated=True, say=_say))
        os.environ.update(stack.environment)
    return (yield)


def pytest_unconfigure() -> None:
    _open.close()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """As Ctrl-C: pytest finishes, and the stack ends with it."""
    raise KeyboardInterrupt


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
