"""Each deadline against the command it races with: a second before, at the same moment, a second after."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime

import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.endings import books, together
from tests.faults.orders.enumerated import deadlines, timed_moves, timers, today
from tests.faults.orders.races import OF_PHASES, Both, Race
from tests.faults.orders.timer_races import OF_TIMERS
from tests.faults.town import FaultyTown, eventually
from tests.world.people import Person, Refused
from tests.world.town import Trade, in_database
from web.orders.models import OrderEvent

OFFSETS_S = (-1.0, 0.0, 1.0)

pytestmark = pytest.mark.case(7, "deadlines against the commands they race with")


RACES = OF_PHASES | OF_TIMERS
AT_ONCE = 12
"""So many are brought to their deadline at the same time: it must not be over before they are there."""


def test_every_deadline_and_every_timer_has_its_race() -> None:
    missing = sorted(set(deadlines()) - set(OF_PHASES))
    assert not missing, f"no command races with the deadline {missing}: add one to tests/faults/orders/races.py"
    raced = {name.split()[0] for name in OF_TIMERS}
    missing = sorted(timers() - raced)
    assert not missing, f"no command races with the timer {missing}: add one to tests/faults/orders/timer_races.py"
    assert (set(OF_PHASES), raced) == (set(deadlines()), timers())


def test_a_timer_is_found_however_it_is_written() -> None:
    planted = [
        "Timer(Move.SETTLE.value, key, due)",
        "[_timer(order, Move.PARK, due)]",
        "timers.append(Timer(move=M.X))",
    ]
    assert timed_moves("\n".join(planted)) == {"settle", "park"}
    assert "proposal_lapsed" in timers()


async def test_what_was_first_counts_and_both_never_do(town: FaultyTown, case: Case, size: Size) -> None:
    of_today = [(name, OFFSETS_S[(turn + today()) % len(OFFSETS_S)]) for turn, name in enumerate(RACES)]
    heats = size(of_today, [(name, offset) for _ in range(2) for name in RACES for offset in OFFSETS_S])
    ready = asyncio.Semaphore(AT_ONCE)
    results = await together(
        {
            f"{name} {offset:+} s #{heat}": _run(town, RACES[name], offset, ready)
            for heat, (name, offset) in enumerate(heats)
        }
    )
    seen = Counter(f"{name} {result}" for (name, _), result in zip(heats, results.values(), strict=True))
    case.tell(races=len(heats), **{key.replace(" ", "_"): number for key, number in sorted(seen.items())})
    # What was paid too late goes back by itself, and takes a moment to.
    with suppress(TimeoutError):
        await eventually(_agree)
    assert await in_database(books) == []


def _agree() -> bool:
    return books() == []


async def _run(town: FaultyTown, race: Race, offset_s: float, ready: asyncio.Semaphore) -> str:
    """Which of the two it was: "command", "deadline" or "both"."""
    async with AsyncExitStack() as stack:
        async with ready:
            staff = await stack.enter_async_context(town.dispatcher())
            trade = await stack.enter_async_context(town.trade(workers=race.workers, terms=race.terms))
            order_id = await race.bring(trade, staff)
            due = await eventually(race.due, order_id)
        await asyncio.sleep((due - datetime.now(UTC)).total_seconds() + offset_s)
        done = await _done(race, trade, order_id, staff)
        if race.money and done:
            await eventually(_has_either, order_id, race)
        elif not done or race.command is None or race.both is Both.ALWAYS:
            # Who was refused reads why: the deadline comes, or has come.
            await town.until(order_id, race.deadline[0])
        events = await in_database(_events, order_id)
        commands = [at for event, at in events if event == race.command]
        lapses = [at for event, at in events if event == race.deadline]
        assert all(at >= due for at in lapses[:1]), "a deadline before its time"
        if race.command is None:
            assert not done
            return "deadline"
        assert race.money or bool(commands) == done
        match race.both:
            case Both.NEVER:
                assert len(commands) + bool(lapses) == 1, events
            case Both.LATE:
                assert (len(commands), len(lapses) <= 1) == (1, True), events
                assert all(at <= commands[0] for at in lapses)
            case Both.ALWAYS:
                assert (len(commands), len(lapses)) == (1, 1), events
        return "both" if commands and lapses else "command" if commands else "deadline"


async def _done(race: Race, trade: Trade, order_id: int, staff: Person) -> bool:
    try:
        await race.act(trade, order_id, staff)
    except Refused as refused:
        # Whose it is no more does not find it.
        if refused.status not in (404, 409):
            raise
        return False
    return True


def _events(order_id: int) -> list[tuple[tuple[str, str], datetime]]:
    events = OrderEvent.objects.filter(order_id=order_id).order_by("version")
    return [((type, role), at) for type, role, at in events.values_list("type", "role", "at")]


def _has_either(order_id: int, race: Race) -> bool:
    return any(event in (race.command, race.deadline) for event, _ in _events(order_id))
