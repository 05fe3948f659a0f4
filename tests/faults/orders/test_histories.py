"""Every fate many times over, with people who hesitate and actors that begin new runs: whatever Temporal has of it
replays on the code as it is, and every line of the table is in it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Replayer

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.endings import endings_of, unhurried, whole_endings
from tests.faults.orders.enumerated import title, workflows
from tests.faults.town import WORKERS, FaultyTown
from tests.workflows.fates import FATES
from tests.world.people import Person
from tests.world.town import in_database
from web.orders.models import OrderEvent
from workflows.sweep import SweepWorkflow
from workflows.transitions import TABLE, Move, Phase, Role, Rule

ORDERS = 'WorkflowType = "order"'
OF_ORDERS = [each for each in workflows() if each is not SweepWorkflow]
HESITATION_S, RENEWED_EVERY_S = 0.4, 0.7

pytestmark = [
    pytest.mark.usefixtures("patient_people"),
    pytest.mark.case(5, "histories of all fates replay, every line of the table in them"),
]


async def test_all_that_was_recorded_replays(
    town: FaultyTown, case: Case, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not size(False, True):
        pytest.skip("every fate is played and replayed by tests/workflows, too: here at full size only")
    _hesitate(monkeypatch)
    client = await town.temporal()
    async with _renewing(client):
        whole = await whole_endings(town)
        for _ in range(size(0, 13)):
            assert await endings_of(town, unhurried(FATES)) == whole
    kinds = ", ".join(f'"{workflow._Definition.must_from_class(each).name}"' for each in OF_ORDERS)
    replayer, replayed = Replayer(workflows=OF_ORDERS), 0
    async for execution in client.list_workflows(f'WorkflowType IN ({kinds}) AND ExecutionStatus != "Running"'):
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
        await replayer.replay_workflow(await handle.fetch_history())
        replayed += 1
    case.tell(histories=replayed)
    assert replayed >= size(20, 200)
    missing = uncovered(TABLE, await in_database(_made, town))
    assert not missing, f"no fate of tests/workflows/fates.py has {missing}: add one that does"
    case.tell(rules=len(TABLE))


def test_a_line_that_no_history_has_is_named() -> None:
    planted = Rule(Phase.EXCEPTION, Move.CONFIRM, Role.STAFF, None)
    assert uncovered([planted], set()) == ["EXCEPTION confirm by staff"]
    assert uncovered([planted], {("EXCEPTION", "confirm", "staff")}) == []


def uncovered(table: Iterable[Rule], made: set[tuple[str, str, str]]) -> list[str]:
    """The lines of the table that nobody made."""
    return [title(rule) for rule in table if (rule.phase, rule.move, rule.role) not in made]


def _made(town: FaultyTown) -> set[tuple[str, str, str]]:
    """(phase before, move, role) of every step of every order: workers print which move a step's key was."""
    moves: dict[tuple[int, str], str] = {}
    for name in WORKERS:
        for line in town.stack.processes[name].log.read_text(errors="replace").splitlines():
            if line.startswith("step ") and len(words := line.split()) == 4:
                moves[int(words[1]), words[2]] = words[3]
    events = OrderEvent.objects.values_list("order_id", "key", "phase_before", "role")
    return {(phase, moves[order_id, key], role) for order_id, key, phase, role in events if (order_id, key) in moves}


def _hesitate(monkeypatch: pytest.MonkeyPatch) -> None:
    post, dice = Person.post, Random(5)

    async def hesitant(self: Person, *arguments: Any, **named: Any) -> dict[str, Any]:
        await asyncio.sleep(dice.uniform(0, HESITATION_S))
        return await post(self, *arguments, **named)

    monkeypatch.setattr(Person, "post", hesitant)


@asynccontextmanager
async def _renewing(client: Client) -> AsyncIterator[None]:
    """Meanwhile one of three orders is told to go on in a new run, now and then."""
    dice = Random(7)

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY_S)
            async for execution in client.list_workflows(f'{ORDERS} AND ExecutionStatus = "Running"'):
                if dice.random() < 0.3:
                    with suppress(RPCError):
                        await client.get_workflow_handle(execution.id).signal("renew")

    renewing = asyncio.ensure_future(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
