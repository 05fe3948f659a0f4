"""Every fate many times over, with people who hesitate and actors that begin new runs: whatever Temporal has of it
replays on the code as it is, and every line of the table is in it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Replayer

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.endings import tell_once_more
from tests.faults.orders.enumerated import of_today, workflows
from tests.faults.town import FaultyTown
from tests.workflows.fates import FATES
from tests.workflows.made import HOW, Line, lines_of, unmade
from tests.world.people import Person
from workflows.send import SendWorkflow
from workflows.sweep import SweepWorkflow

ORDERS = 'WorkflowType = "order"'
OF_ORDERS = [each for each in workflows() if each not in (SendWorkflow, SweepWorkflow)]
HESITATION_S, RENEWED_EVERY_S, RENEWED_AT_MOST = 0.4, 0.7, 4

pytestmark = [
    pytest.mark.usefixtures("patient_people"),
    pytest.mark.case(5, "histories of all fates replay, every line of the table in them"),
]


async def test_all_that_was_recorded_replays(
    town: FaultyTown, case: Case, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hesitate(monkeypatch)
    client, began = await town.temporal(), datetime.now(UTC)
    names = size(of_today(sorted(FATES), 5), list(FATES))
    async with _renewing(client):
        told = names * size(1, 2)
        case.say(f"{len(told)} orders that are told to begin new runs now and then")
        await tell_once_more(town, told)
    case.say("what Temporal has of them is replayed")
    replayer, runs, made = Replayer(workflows=OF_ORDERS), Counter[str](), set[Line]()
    kinds = ", ".join(f'"{workflow._Definition.must_from_class(each).name}"' for each in OF_ORDERS)
    ended = f'WorkflowType IN ({kinds}) AND ExecutionStatus != "Running" AND StartTime >= "{began.isoformat()}"'
    async for execution in client.list_workflows(ended):
        history = await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
        await replayer.replay_workflow(history)
        runs[execution.workflow_type] += 1
        if execution.workflow_type == "order":
            made |= set(lines_of(history.to_json_dict()["events"]))
    case.tell(histories=runs.total(), **{f"of_{kind}": number for kind, number in runs.items()}, lines=len(made))
    assert runs["order"] >= size(len(names), 200)
    if names == list(FATES):
        missing = unmade(made)
        assert not missing, f"no fate of tests/workflows/fates_everywhere.py or fates.py did {missing}: {HOW}"


def _hesitate(monkeypatch: pytest.MonkeyPatch) -> None:
    post, dice = Person.post, Random(5)

    async def hesitant(self: Person, *arguments: Any, **named: Any) -> dict[str, Any]:
        await asyncio.sleep(dice.uniform(0, HESITATION_S))
        return await post(self, *arguments, **named)

    monkeypatch.setattr(Person, "post", hesitant)


@asynccontextmanager
async def _renewing(client: Client) -> AsyncIterator[None]:
    """Meanwhile one of three orders is told to go on in a new run, now and then; none so often that it comes to nothing
    else.
    """
    dice, told = Random(7), Counter[str]()

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY_S)
            async for execution in client.list_workflows(f'{ORDERS} AND ExecutionStatus = "Running"'):
                if dice.random() < 0.3 and told[execution.id] < RENEWED_AT_MOST:
                    told[execution.id] += 1
                    with suppress(RPCError):
                        await client.get_workflow_handle(execution.id).signal("renew")

    renewing = asyncio.ensure_future(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
