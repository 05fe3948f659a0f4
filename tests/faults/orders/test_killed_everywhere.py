"""The worker is killed before, inside and after everything it does for an order: every order ends as without that."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.endings import Ending, endings_of, unhurried, whole_endings
from tests.faults.orders.enumerated import STEP, activities, moves, places, stepped
from tests.faults.town import WORKERS, FaultyTown
from tests.faults.trapped_worker import MOMENTS, failing, trap
from tests.workflows.fates import FATES

ROUNDS = 6


@pytest.mark.usefixtures("patient_people")
@pytest.mark.case(1, "SIGKILL around every activity and every step, local and regular")
async def test_every_order_ends_as_without_the_kill(town: FaultyTown, case: Case, size: Size) -> None:
    if not size(False, True):
        pytest.skip(
            "it plays every fate twice: at full size only; the short run has tests/faults/test_worker_killed.py"
        )
    whole = await whole_endings(town)
    everywhere = places()
    again = [(moment, what) for moment, what in everywhere if what in (stepped() - {STEP}) | set(moves())]
    # Short: the three moments take turns from place to place. Regular: when the local attempts have failed.
    armed = _armed(town, size(everywhere[::4], everywhere), local=None)
    armed |= _armed(town, size(again[::16], again), local=False)
    broken = [town.traps / failing(what) for what in {what for _, what in size(again[::16], again)}]
    for path in (*broken, *armed):
        path.touch()
    try:
        await _killed(town, armed, whole)
    finally:
        for path in (*broken, *armed):
            path.unlink(missing_ok=True)
    pids = _killed_pids(town)
    case.tell(places=len(everywhere) + len(again), sprung=len(armed), kills=len(pids), orders=len(FATES))
    assert len(pids) >= len(armed)


def test_the_places_are_those_of_the_code() -> None:
    """The enumeration is worth something: what exists is in it, each with its moments."""
    known = {"adopt_order", "rank_candidates", "tell_order", "send_refund", "sweep", "accept", "close"}
    assert known <= {what for _, what in places()}
    assert STEP in activities()
    assert {STEP, "adopt_order", "record_payment"} <= stepped() <= set(activities())
    assert len(places()) == len(set(places())) == len(MOMENTS) * len({what for _, what in places()})


def _armed(town: FaultyTown, chosen: list[tuple[str, str]], *, local: bool | None) -> dict[Path, str]:
    how = "" if local is None else " as a regular activity"
    return {town.traps / trap(moment, what, local=local): f"{moment} {what}{how}" for moment, what in chosen}


async def _killed(town: FaultyTown, armed: dict[Path, str], whole: Mapping[str, Ending]) -> None:
    """Tell all fates with these traps set, and again, until each has been sprung."""
    left = armed
    for _ in range(ROUNDS):
        if left:
            ends = await endings_of(town, unhurried(FATES))
            assert {name: end for name, end in ends.items() if end != whole[name]} == {}
            left = {path: place for path, place in armed.items() if path.exists()}
    assert not left, (
        f"nobody was killed {sorted(left.values())}: no fate of tests/workflows/fates.py comes there; add one that does"
    )


def _killed_pids(town: FaultyTown) -> list[str]:
    """What each worker printed before it was killed."""
    logs = [town.stack.processes[name].log.read_text(errors="replace") for name in WORKERS]
    return [line.split()[1] for log in logs for line in log.splitlines() if line.startswith("killing ")]
