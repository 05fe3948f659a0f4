"""Each deadline against the command it races with: a second before, at the same moment, a second after."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.enumerated import deadlines
from tests.faults.orders.races import RACES, Race
from tests.faults.town import FaultyTown, eventually
from tests.world.people import Refused
from tests.world.town import in_database
from web.ledger.selectors import unbalanced_journals
from web.orders.models import OrderEvent

OFFSETS_S = (-1.0, 0.0, 1.0)

pytestmark = pytest.mark.case(7, "deadlines against the commands they race with")


def test_every_deadline_has_its_race() -> None:
    missing = sorted(set(deadlines()) - set(RACES))
    assert not missing, f"nothing races with {missing}: add it to tests/faults/orders/races.py"
    assert set(RACES) == set(deadlines())


async def test_what_was_first_counts_and_both_never_do(town: FaultyTown, case: Case, size: Size) -> None:
    heats = [(name, offset) for name in RACES for offset in OFFSETS_S for _ in range(size(1, 6))]
    results = await asyncio.gather(*(_run(town, RACES[name], offset) for name, offset in heats))
    seen = Counter(f"{name} {result}" for (name, _), result in zip(heats, results, strict=True))
    case.tell(races=len(heats), **{key.replace(" ", "_"): number for key, number in sorted(seen.items())})
    assert await in_database(unbalanced_journals) == []


async def _run(town: FaultyTown, race: Race, offset_s: float) -> str:
    """Which of the two it was: "command", "deadline" or "both"."""
    async with town.trade(terms=race.terms) as trade:
        order_id = await race.bring(trade)
        due = await eventually(race.due, order_id)
        await asyncio.sleep((due - datetime.now(UTC)).total_seconds() + offset_s)
        done = await _done(race, trade, order_id)
        if not done or race.command is None:
            # Who was refused reads why: the deadline comes, or has come.
            await town.until(order_id, race.deadline[0])
        elif race.command[0] == "paid":
            await eventually(_has_either, order_id, race)
        events = await in_database(_events, order_id)
        commands = [at for event, at in events if event == race.command]
        lapses = [at for event, at in events if event == race.deadline]
        assert len(commands) <= 1
        assert all(at >= due for at in lapses[:1]), "a deadline before its time"
        if race.command is None:
            assert not done
            return "deadline"
        if race.command[0] != "paid":
            assert bool(commands) == done
        if race.excludes:
            assert len(commands) + bool(lapses) == 1, events
        else:
            assert len(commands) == 1
            assert len(lapses) <= 1
            assert all(at <= commands[0] for at in lapses)
        return "both" if commands and lapses else "command" if commands else "deadline"


async def _done(race: Race, trade: Any, order_id: int) -> bool:
    try:
        await race.act(trade, order_id)
    except Refused as refused:
        if refused.status != 409:
            raise
        return False
    return True


def _events(order_id: int) -> list[tuple[tuple[str, str], datetime]]:
    events = OrderEvent.objects.filter(order_id=order_id).order_by("version")
    return [((type, role), at) for type, role, at in events.values_list("type", "role", "at")]


def _has_either(order_id: int, race: Race) -> bool:
    return any(event in (race.command, race.deadline) for event, _ in _events(order_id))
