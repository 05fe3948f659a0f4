"""The database goes away for ten seconds, killed or frozen, with orders in all phases: none is lost."""

import asyncio

import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.faults.phases import PHASES, in_all_phases, to_its_end
from tests.faults.town import FaultyTown
from tests.world.town import Trade, in_database
from web.orders.models import Command
from workflows.messages import order_workflow_id

AWAY_S = 10
KEY = "while-away"


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_no_order_is_lost_and_all_go_on_when_the_database_was_away(town: FaultyTown, how: str) -> None:
    async with in_all_phases(town) as orders:
        for phase in ("COMPLETED", "CANCELLED"):
            row = await town.row(orders[phase][1])
            assert (row.phase, row.ended_at) == (phase, None)
        await _away(town, how, *orders["ACCEPTED"])
        client = await town.temporal()
        for _, order_id in orders.values():
            actor = await client.get_workflow_handle(order_workflow_id(order_id)).describe()
            # The row ends first and the actor closes after it, so this is read second: what has closed had ended.
            ended = (await town.row(order_id)).ended_at is not None
            closed = actor.status is WorkflowExecutionStatus.COMPLETED and ended
            assert closed or actor.status is WorkflowExecutionStatus.RUNNING, actor.status
        ends = await asyncio.gather(*(to_its_end(phase, *order) for phase, order in orders.items()))
        assert dict(zip(orders, ends, strict=True)) == {phase: end for phase, (_, _, end) in PHASES.items()}
        for _, order_id in orders.values():
            timeline = await town.timeline(order_id)
            assert len(timeline) == len(set(timeline)), timeline


async def _away(town: FaultyTown, how: str, trade: Trade, order_id: int) -> None:
    """Ten seconds without, and a click in their midst."""
    if how == "killed":
        town.kill("postgres")
    else:
        town.freeze("postgres")
    path = f"/api/orders/{order_id}/depart"
    async with town.phone(trade.worker) as phone:
        clicking = asyncio.create_task(phone.http.post(path, json={}, headers={"Idempotency-Key": KEY}))
        await asyncio.sleep(AWAY_S)
        if how == "killed":
            town.start_again("postgres")
        else:
            town.thaw("postgres")
        answer = await clicking
    stored = await in_database(_stored, order_id)
    if how == "killed" or not stored:
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"]
        assert not stored
    else:
        # It hung with the database, and went on with it.
        assert (answer.status_code, answer.json()["status"]) in {(200, "done"), (202, "pending")}
    assert (await trade.worker.command(path, key=KEY))["state"] == "EN_ROUTE"


def _stored(order_id: int) -> bool:
    return Command.objects.filter(order_id=order_id, key=KEY).exists()
