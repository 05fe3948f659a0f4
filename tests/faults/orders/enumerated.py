"""What an order is made of, as the code has it today: a test that goes through these cannot forget the newest."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio import activity
from temporalio.client import Client

from tests.faults.trapped_worker import MOMENTS
from workflows import worker
from workflows.messages import Deadlines
from workflows.transitions import TABLE, Rule

STEP = "take_step"


def activities() -> list[str]:
    """The names of all that the worker process registers."""
    names = [activity._Definition.must_from_callable(each).name for each in _registered("activities")]
    return [name for name in names if name]


def workflows() -> list[type]:
    """The classes of all that the worker process registers."""
    return _registered("workflows")


def _registered(kind: str) -> list[Any]:
    registered: list[Any] = []

    def note(*_: Any, **arguments: Any) -> None:
        registered.extend(arguments[kind])

    nobody = cast(Client, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "Worker", note)
        worker.order_worker(nobody, cast(Any, None), 4)
        worker.background_worker(nobody)
    return registered


def stepped() -> set[str]:
    """The activities that `step()` calls: local ones first, regular ones when these have failed."""
    sources = "".join(path.read_text() for path in Path(worker.__file__).parent.glob("*.py"))
    return {name for name in re.findall(r"\bstep\(\s*(\w+),", sources) if name in activities()}


def moves() -> list[str]:
    """Every move of the table."""
    return list(dict.fromkeys(rule.move.value for rule in TABLE))


def deadlines() -> list[str]:
    """The fields of Deadlines."""
    return [field.name for field in fields(Deadlines)]


def title(rule: Rule) -> str:
    """A line of the table, as a test names it."""
    return f"{rule.phase} {rule.move} by {rule.role}"


def places() -> list[tuple[str, str]]:
    """(moment, what) of every place where a worker may be killed: a step's move, or another activity's name."""
    whats = [*(name for name in activities() if name != STEP), *moves()]
    return [(moment, what) for what in whats for moment in MOMENTS]
