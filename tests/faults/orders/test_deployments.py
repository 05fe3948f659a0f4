"""A year of deployments in a minute: orders live in all phases while the story changes under them, under a patch and
without it, and every actor is told to begin a new run: each order ends, each command counts once.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from temporalio.client import Client, WorkflowContinuedAsNewError
from temporalio.service import RPCError
from temporalio.worker import Replayer

from tests.faults.hub.figures import Case, Size
from tests.faults.phases import PHASES, in_all_phases, to_its_end
from tests.faults.town import FaultyTown
from tests.workflows.changed_story import STORIES
from tests.workflows.recording import HISTORIES, recorded_history
from tests.world.people import Person
from tests.world.town import in_database
from web.orders.models import Command

RUNNING = 'WorkflowType = "order" AND ExecutionStatus = "Running"'
RECORDED = sorted(HISTORIES.glob("*.order*.json"))
DEPLOYMENTS = ("patched", "deprecated", "")
"""The last one takes the change back: its orders begin new runs first, or they could not go on."""

pytestmark = [pytest.mark.usefixtures("patient_people"), pytest.mark.case(8, "deployments under live orders")]


async def test_every_order_ends_and_every_command_counts_once(
    town: FaultyTown, case: Case, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = size(1, 5)
    async with AsyncExitStack() as stack:
        sets = [await stack.enter_async_context(in_all_phases(town)) for _ in range(copies)]
        orders = [(phase, *order) for each in sets for phase, order in each.items()]
        for phase, trade, order_id in orders:
            if phase == "ACCEPTED":
                await trade.worker.command(f"/api/orders/{order_id}/depart")
        _take_time(monkeypatch, size(4.0, 8.0))
        going_on = asyncio.gather(*(to_its_end(*order) for order in orders))
        client, told = await town.temporal(), 0
        try:
            for story in DEPLOYMENTS[:2]:
                case.say(f"{len(orders)} live orders, the story {story} is deployed")
                await town.deploy(story)
                told += await _renew_all(client)
            ends = await going_on
        finally:
            going_on.cancel()
            await town.deploy(DEPLOYMENTS[2])
        assert Counter(ends) == Counter(end for _ in range(copies) for _, _, end in PHASES.values())
        for _, _, order_id in orders:
            timeline = await town.timeline(order_id)
            assert len(timeline) == len(set(timeline)), timeline
        states = await in_database(_states, [order_id for _, _, order_id in orders])
        assert set(states) == {Command.DONE}
        case.tell(orders=len(orders), deployments=2, renewals=told, commands=states[Command.DONE])
        assert told


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_what_the_last_release_recorded_goes_on_under_the_patch(path: Path) -> None:
    await Replayer(workflows=[STORIES["patched"]]).replay_workflow(recorded_history(path))


async def _renew_all(client: Client) -> int:
    """Told again until each runs on the new story: a patch may go only then."""
    told: set[str] = set()
    async for execution in client.list_workflows(RUNNING):
        with suppress(RPCError):
            await client.get_workflow_handle(execution.id).signal("renew")
            told.add(f"{execution.id} {execution.run_id}")
    await _no_longer_running(client, told)
    return len(told)


async def _no_longer_running(client: Client, runs: Iterable[str]) -> None:
    async with asyncio.timeout(120):
        for run in runs:
            workflow_id, run_id = run.split()
            handle = client.get_workflow_handle(workflow_id, run_id=run_id)
            with suppress(WorkflowContinuedAsNewError):
                await handle.result(follow_runs=False)


def _take_time(monkeypatch: pytest.MonkeyPatch, longest_s: float) -> None:
    """So that commands come before, while and after each deployment."""
    post, dice = Person.post, Random(11)

    async def slow(self: Person, *arguments: Any, **named: Any) -> dict[str, Any]:
        await asyncio.sleep(dice.uniform(0, longest_s))
        return await post(self, *arguments, **named)

    monkeypatch.setattr(Person, "post", slow)


def _states(order_ids: list[int]) -> Counter[str]:
    return Counter(Command.objects.filter(order_id__in=order_ids).values_list("state", flat=True))
