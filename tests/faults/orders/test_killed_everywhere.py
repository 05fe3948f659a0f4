"""The worker is killed before, inside and after everything it does for an order: every order ends as without that."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.endings import KILLED_SLACK_S, Ending, endings_of, whole_endings
from tests.faults.orders.enumerated import (
    OF_THEMSELVES,
    Place,
    activities,
    comings,
    fates_that_come_to,
    moves,
    of_today,
    places,
    stepped,
)
from tests.faults.town import WORKERS, FaultyTown
from tests.faults.trapped_worker import MOMENTS, failing, trap
from tests.workflows.fates import FATES
from tests.workflows.made import STEP

ROUNDS = 6
FATES_A_DAY, PLACES_A_DAY, REGULAR_A_DAY = 5, 12, 3
"""Of the short run."""


@pytest.mark.usefixtures("patient_people")
@pytest.mark.case(1, "SIGKILL around every activity and every step, local and regular")
async def test_every_order_ends_as_without_the_kill(town: FaultyTown, case: Case, size: Size) -> None:
    names, chosen, chosen_again = size(_of_today(), (list(FATES), places(), _again()))
    armed = _armed(town, chosen) | _armed(town, chosen_again, again=True)
    case.say(f"{len(names)} orders whose worker nobody kills")
    whole = await whole_endings(town, names)
    before = town.logged()
    for path in armed:
        path.touch()
    try:
        await _killed(case, town, armed, names, whole)
    finally:
        for path in (*armed, *_failing(town, armed)):
            path.unlink(missing_ok=True)
    sprung = [name for name in WORKERS for name in _sprung(town, name, before[name])]
    kinds = Counter(name.partition("-")[0] for name in sprung)
    case.tell(places=len(places()) + len(_again()), orders=len(names), kills=len(sprung), **kinds)
    assert sorted(sprung) == sorted(path.name for path in armed), "not each was killed once, in its own way"


def test_the_places_are_those_of_the_code() -> None:
    """The enumeration is worth something: what exists is in it, each with its moments."""
    known = {"adopt_order", "rank_candidates", "tell_order", "send_refund", "sweep", "accept", "close"}
    assert known <= {what for _, what in places()}
    assert STEP in activities()
    assert {STEP, "adopt_order", "record_payment"} <= stepped() <= set(activities())
    assert len(places()) == len(set(places())) == len(MOMENTS) * len({what for _, what in places()})


def test_a_fate_comes_to_every_place() -> None:
    assert set(fates_that_come_to({what for _, what in places()})) <= set(FATES)
    with pytest.raises(AssertionError, match=r"comes to .'planted'.: have a fate"):
        fates_that_come_to({"take_step", "planted"})


def test_in_a_year_each_has_had_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    turned, turned_again = set[Place](), set[Place]()
    for day in range(1, 366):
        monkeypatch.setenv("FAULTS_DAY", str(day))
        _, chosen, chosen_again = _of_today()
        turned |= set(chosen)
        turned_again |= set(chosen_again)
    assert turned == set(places())
    assert turned_again == set(_again())


def _again() -> list[Place]:
    """Where it is a regular activity's turn when the local attempts have failed."""
    return [place for place in places() if place[1] in _twice()]


@cache
def _twice() -> set[str]:
    """What is run as a local activity first."""
    return (stepped() - {STEP}) | set(moves())


def _of_today() -> tuple[list[str], list[Place], list[Place]]:
    """A few fates, and a few of the places that they come to, as local activities and as regular ones."""
    names = of_today(sorted(FATES), FATES_A_DAY)
    come_to = OF_THEMSELVES.union(*(comings()[name].whats for name in names))
    there, there_again = ([place for place in every if place[1] in come_to] for every in (places(), _again()))
    days = -(-len(FATES) // FATES_A_DAY)
    return names, of_today(there, PLACES_A_DAY, every=days), of_today(there_again, REGULAR_A_DAY, every=days)


def _armed(town: FaultyTown, chosen: list[Place], *, again: bool = False) -> dict[Path, Place]:
    """The traps to set. again: where it is no longer run as a local activity."""
    twice = _twice()
    return {
        town.traps / trap(moment, what, local=what in twice and not again): (moment, what) for moment, what in chosen
    }


def _failing(town: FaultyTown, armed: Mapping[Path, Place]) -> list[Path]:
    """What makes the local attempts fail where the regular one is waited for."""
    twice = _twice()
    whats = {what for path, (_, what) in armed.items() if what in twice and path.name.startswith("regular")}
    return [town.traps / failing(what) for what in whats]


async def _killed(
    case: Case, town: FaultyTown, armed: Mapping[Path, Place], names: list[str], whole: Mapping[str, Ending]
) -> None:
    """Tell these fates with the traps set, and then those that come to what is left, until each has been sprung."""
    left = dict(armed)
    for _ in range(ROUNDS):
        if left:
            case.say(f"{len(names)} orders, SIGKILL at {len(left)} places")
            for path in _failing(town, left):
                path.touch()
            ends = await endings_of(town, names, slack_s=KILLED_SLACK_S)
            assert [(name, end, whole[name]) for name, end in ends if end != whole[name]] == []
            left = {path: place for path, place in armed.items() if path.exists()}
            names = fates_that_come_to({what for _, what in left.values()}, among=whole)
    assert not left, f"nobody was killed at {sorted(path.name for path in left)}: no fate comes there so; add one"


def _sprung(town: FaultyTown, worker: str, earlier: int) -> list[str]:
    """The traps in which it died, as it printed before. earlier: bytes of its log that are of another test."""
    log = town.stack.processes[worker].log.read_bytes()[earlier:].decode(errors="replace")
    return [line.split()[-1] for line in log.splitlines() if line.startswith("killing ")]
