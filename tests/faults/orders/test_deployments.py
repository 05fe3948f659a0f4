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
from tests.workflows.made import activities_of
from tests.workflows.recording import HISTORIES, recorded_history
from tests.world.people import Person
from tests.world.plants import SHOES
from tests.world.town import Trade, in_database
from web.orders.models import Command

RUNNING = 'WorkflowType = "order" AND ExecutionStatus = "Running"'
RECORDED = sorted(HISTORIES.glob("*.order*.json"))
DEPLOYMENTS = ("patched", "deprecated", "plain")
"""The change under a patch, the patch on its way out, the change alone; between them all begin new runs."""
LEFT_ALONE = ("ACCEPTED", "DISPATCHING")
"""Orders in whose part of the story the change is, or which come to it."""
PATCH, READING = "core_patch", "adopt_order"

Live = tuple[str, Trade, int]
"""(phase, its people, id)."""

pytestmark = [pytest.mark.usefixtures("patient_people"), pytest.mark.case(8, "deployments under live orders")]


async def test_every_order_ends_and_every_command_counts_once(
    town: FaultyTown, case: Case, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies, stories = size((1, DEPLOYMENTS[:2]), (5, DEPLOYMENTS))
    async with AsyncExitStack() as stack:
        sets = [await stack.enter_async_context(in_all_phases(town)) for _ in range(copies)]
        orders: list[Live] = [(phase, *order) for each in sets for phase, order in each.items()]
        _take_time(monkeypatch, size(2.0, 8.0))
        going_on = asyncio.gather(*(to_its_end(*order) for order in orders if order[0] not in LEFT_ALONE))
        accepted, dispatching = ([order for order in orders if order[0] == phase] for phase in LEFT_ALONE)
        told = 0
        try:
            for story in stories:
                case.say(f"{len(orders)} live orders, the story {story} is deployed")
                await town.deploy(story)
                if story == "patched":
                    # Who ran before goes on as he was; who comes there now takes the new way.
                    assert await _ways_of(town, accepted) == {(False, False)}
                    await asyncio.gather(*(_accept(trade) for _, trade, _ in dispatching))
                    assert await _ways_of(town, dispatching) == {(True, True)}
                told += await _renew_all(await town.temporal())
                assert await _ways_of(town, accepted + dispatching) == {(story != "plain", True)}
            ends = Counter(await going_on)
            ends.update(await asyncio.gather(*(_served(*order) for order in accepted + dispatching)))
        finally:
            going_on.cancel()
            await town.deploy("")
        expected = {phase: end for phase, (_, _, end) in PHASES.items()} | dict.fromkeys(LEFT_ALONE, "COMPLETED")
        assert ends == Counter(list(expected.values()) * copies)
        for _, _, order_id in orders:
            timeline = [type for type in await town.timeline(order_id) if type != "request_changed"]
            assert len(timeline) == len(set(timeline)), timeline
        states = await in_database(_states, [order_id for _, _, order_id in orders])
        assert set(states) == {Command.DONE}
        case.tell(orders=len(orders), deployments=len(stories), renewals=told, commands=states[Command.DONE])
        assert told


async def _ways_of(town: FaultyTown, orders: Iterable[Live]) -> set[tuple[bool, bool]]:
    """(whether it has the patch's marker, whether the row was read twice) of their newest runs, once each has heard
    something on the code that is deployed now.
    """

    async def way(trade: Trade, order_id: int) -> tuple[bool, bool]:
        await trade.customer.command(f"/api/orders/{order_id}/request", {"request": SHOES})
        history = await (await town.actor(order_id)).fetch_history()
        markers = [
            event["markerRecordedEventAttributes"] for event in history.to_json_dict()["events"] if _marks(event)
        ]
        read = [marker for marker in markers if marker.get("markerName") != PATCH]
        return len(read) < len(markers), len(read) > 1

    return set(await asyncio.gather(*(way(trade, order_id) for _, trade, order_id in orders)))


def _marks(event: dict[str, Any]) -> bool:
    """Of the patch, or of the reading of the row."""
    marker = event.get("markerRecordedEventAttributes", {})
    return marker.get("markerName") == PATCH or READING in activities_of([event])


async def _accept(trade: Trade) -> None:
    offer = await trade.worker.next_offer()
    await trade.worker.command(f"/api/offers/{offer['id']}/accept")


async def _served(_: str, trade: Trade, order_id: int) -> str:
    await trade.worker.command(f"/api/orders/{order_id}/depart")
    return await to_its_end("ACCEPTED", trade, order_id)


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
