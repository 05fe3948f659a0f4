"""What an order is made of, as the code has it today: a test that goes through these cannot forget the newest."""

import ast
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from temporalio import activity
from temporalio.client import Client

import web.orders
from tests.faults.trapped_worker import MOMENTS
from tests.workflows.fates import FATES
from tests.workflows.made import HOW, STEP, activities_of, lines_of, recorded_events
from tests.workflows.recording import HISTORIES
from workflows import worker
from workflows.messages import Deadlines
from workflows.transitions import TABLE, Move

T = TypeVar("T")
Place = tuple[str, str]
"""(moment, what): a step's move, or another activity's name."""
OF_THEMSELVES = frozenset({"sweep", "send_messages"})
"""Activities that come with time, whatever happens to orders."""


@cache
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


@cache
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


def timers() -> set[str]:
    """The moves that an order's row may want made at a time, by all the `timers_of` there are."""
    found = set[str]()
    for path in Path(web.orders.__file__).parent.rglob("*.py"):
        source = path.read_text()
        if "def timers_of(" in source:
            moves = timed_moves(source)
            assert moves, f"{path.name} has a timers_of, and no Timer(Move.…) is seen in it"
            found |= moves
    return found


def timed_moves(source: str) -> set[str]:
    """The moves of the timers that are made in this source, by `Timer(…)` or a helper of that name."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    timed = [call for call in calls if ast.unparse(call.func).lower().endswith("timer")]
    names = {name for call in timed for name in re.findall(r"\bMove\.([A-Z_]+)", ast.unparse(call))}
    return {Move[name].value for name in names}


@cache
def places() -> list[Place]:
    """Every place where a worker may be killed: a step's move, or another activity's name."""
    whats = [*(name for name in activities() if name != STEP), *moves()]
    return [(moment, what) for what in whats for moment in MOMENTS]


def today() -> int:
    """The day of the year, by which what is not tried every day takes turns; FAULTS_DAY=n is another."""
    return int(os.environ.get("FAULTS_DAY") or datetime.now(UTC).timetuple().tm_yday)


def of_today(everything: Sequence[T], number: int, *, every: int = 1) -> list[T]:
    """About so many of them, others tomorrow (or in so many days): in a while each has had its turn."""
    turns = -(-len(everything) // number)
    return list(everything[today() // every % turns :: turns])


@dataclass
class Coming:
    """What a fate's recorded histories have: activities and moves, in so many events."""

    whats: set[str] = field(default_factory=set)
    events: int = 0


@cache
def comings() -> dict[str, Coming]:
    """By fate."""
    found = {name: Coming() for name in FATES}
    for path in HISTORIES.glob("*.json"):
        if coming := found.get(path.name.partition(".")[0]):
            events = recorded_events(path)
            coming.events += len(events)
            coming.whats |= activities_of(events)
            if ".order." in path.name:
                coming.whats |= {move for _, move, _ in lines_of(events)}
    return found


def fates_that_come_to(whats: Collection[str], among: Collection[str] = tuple(FATES)) -> list[str]:
    """A few short fates, of those named, that between them call all these activities and make all these moves."""
    left, chosen = set(whats) - OF_THEMSELVES, list[str]()
    known = {name: comings()[name] for name in among if comings()[name].events}
    while left:
        best = max(known, key=lambda name: len(left & known[name].whats) / known[name].events)
        assert left & known[best].whats, f"no recorded history comes to {sorted(left)}: {HOW}"
        left -= known[best].whats
        chosen.append(best)
    return chosen
