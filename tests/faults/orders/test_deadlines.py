"""Each deadline against the command it races with: a second before, at the same moment, a second after."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.endings import books, together
from tests.faults.orders.enumerated import deadlines, timed_moves, timers, today
from tests.faults.orders.races import OF_PHASES, Both, Race
from tests.faults.orders.timer_races import OF_TIMERS
from tests.faults.town import FaultyTown, eventually
from tests.world.people import Person, Refused
from tests.world.town import Trade, in_database
from web.orders.models import Command, OrderEvent
from web.payments.models import Payment

OFFSETS_S = (-1.0, 0.0, 1.0)
CLEARLY = timedelta(seconds=0.3)
"""Before its deadline: from the moment at which a command was heard it takes so long at most until its row is seen."""

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


@dataclass(frozen=True)
class Heat:
    """One race. asked_at: when the platform heard of the command; commands, lapses: when each of the two happened."""

    due: datetime
    offset_s: float
    asked_at: datetime | None
    commands: list[datetime]
    lapses: list[datetime]

    @property
    def first(self) -> str:
        """Which of the two clearly was; "" where that may be seen either way."""
        if self.offset_s > 0:
            return "deadline"
        return "command" if self.asked_at and self.asked_at <= self.due - CLEARLY else ""

    @property
    def happened(self) -> str:
        """Which of them did."""
        return "both" if self.commands and self.lapses else "command" if self.commands else "deadline"

    def judge(self, both: Both) -> None:
        """Raises AssertionError where not the first counted, or more or less happened than should."""
        assert all(at >= self.due for at in self.lapses[:1]), "a deadline before its time"
        assert (len(self.commands) <= 1, len(self.lapses) <= 1) == (True, True), self
        match both:
            case Both.NEVER:
                assert self.happened == (self.first or self.happened) != "both", self
            case Both.LATE:
                assert self.commands, self
                assert self.happened == {"command": "command", "deadline": "both"}.get(self.first, self.happened), self
                assert all(at <= self.commands[0] for at in self.lapses), self
            case Both.ALWAYS:
                assert self.happened == "both", self
                earlier = "command" if self.commands < self.lapses else "deadline"
                assert earlier == (self.first or earlier), self


NOW = datetime.now(UTC)
BEFORE, AFTER = ([NOW + timedelta(seconds=offset_s)] for offset_s in (-0.9, 1.1))


@pytest.mark.parametrize(
    ("both", "wrong"),
    [
        pytest.param(Both.NEVER, Heat(NOW, -1, BEFORE[0], [], AFTER), id="who was in time was refused"),
        pytest.param(Both.NEVER, Heat(NOW, 1, AFTER[0], AFTER, []), id="the deadline never came"),
        pytest.param(Both.NEVER, Heat(NOW, 0, NOW, AFTER, AFTER), id="both"),
        pytest.param(Both.NEVER, Heat(NOW, 0, NOW, [], BEFORE), id="before its time"),
        pytest.param(Both.LATE, Heat(NOW, -1, BEFORE[0], AFTER, [NOW]), id="said to be late, who was not"),
        pytest.param(Both.LATE, Heat(NOW, 1, AFTER[0], AFTER, []), id="nobody said that he was late"),
        pytest.param(Both.ALWAYS, Heat(NOW, -1, BEFORE[0], AFTER, [NOW]), id="overtaken"),
    ],
)
def test_a_wrong_end_is_seen(both: Both, wrong: Heat) -> None:
    with pytest.raises(AssertionError):
        wrong.judge(both)


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
    ends = [(name, heat) for (name, _), heat in zip(heats, results.values(), strict=True)]
    seen = Counter(f"{name} {heat.happened}" for name, heat in ends)
    clear = {first: {name for name, heat in ends if heat.first == first} for first in ("command", "deadline")}
    case.tell(
        races=len(heats),
        **{f"clearly_{first}": len(names) for first, names in clear.items()},
        **{key.replace(" ", "_"): number for key, number in sorted(seen.items())},
    )
    # On a busy machine a second is over before anybody has spoken.
    assert len(clear["command"]) >= size(1, len(RACES) // 2)
    assert clear["deadline"] == {name for name, offset_s in heats if offset_s > 0}
    # What was paid too late goes back by itself, and takes a moment to.
    with suppress(TimeoutError):
        await eventually(_agree)
    assert await in_database(books) == []


def _agree() -> bool:
    return books() == []


async def _run(town: FaultyTown, race: Race, offset_s: float, ready: asyncio.Semaphore) -> Heat:
    async with AsyncExitStack() as stack:
        async with ready:
            staff = await stack.enter_async_context(town.dispatcher())
            trade = await stack.enter_async_context(town.trade(workers=race.workers, terms=race.terms))
            order_id = await race.bring(trade, staff)
            due = await eventually(race.due, order_id)
        await asyncio.sleep((due - datetime.now(UTC)).total_seconds() + offset_s)
        if offset_s > 0:
            # By itself, whatever is asked then; and after it the command is too late.
            await town.until(order_id, race.deadline[0])
        began = datetime.now(UTC)
        done = await _done(race, trade, order_id, staff)
        if race.money and done:
            await eventually(_has_either, order_id, race)
        elif not done or race.both is Both.ALWAYS:
            # Who was refused reads why: the deadline comes, or has come.
            await town.until(order_id, race.deadline[0])
        asked_at = await in_database(_heard_at, order_id, race, began)
        heat = Heat(due, offset_s, asked_at, *await in_database(_moments, order_id, race))
        assert race.money or bool(heat.commands) == done
        heat.judge(race.both)
        return heat


async def _done(race: Race, trade: Trade, order_id: int, staff: Person) -> bool:
    try:
        await race.act(trade, order_id, staff)
    except Refused as refused:
        # Whose it is no more does not find it.
        if refused.status not in (404, 409):
            raise
        return False
    return True


def _moments(order_id: int, race: Race) -> tuple[list[datetime], list[datetime]]:
    """When the command and when the deadline had its event."""
    events = list(OrderEvent.objects.filter(order_id=order_id).order_by("version").values_list("type", "role", "at"))
    commands, lapses = ([at for *event, at in events if tuple(event) == of] for of in (race.command, race.deadline))
    return commands, lapses


def _heard_at(order_id: int, race: Race, began: datetime) -> datetime | None:
    """When the platform had the command, or the money; None where it took neither."""
    if race.money:
        payments = Payment.objects.filter(order_id=order_id, paid_at__gte=began)
        return payments.order_by("pk").values_list("paid_at", flat=True).last()
    commands = Command.objects.filter(order_id=order_id, received_at__gte=began)
    return commands.order_by("pk").values_list("received_at", flat=True).last()


def _has_either(order_id: int, race: Race) -> bool:
    return any(_moments(order_id, race))
