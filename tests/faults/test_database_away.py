"""The database goes away for ten seconds, killed or frozen, with orders in all phases: none is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.faults.town import FaultyTown
from tests.workflows.fates import cancel, hold, number_of, release
from tests.world.town import Terms, Trade, in_database
from web.orders.models import Command
from workflows.messages import order_workflow_id

AWAY_S = 10
KEY = "while-away"

SERVING = ["depart", "arrive", "start", "steps/1", "finish"]
# How far the worker has come, and how the order ends; what falls due meanwhile falls due while the database is away.
PHASES: dict[str, tuple[int, Terms, str]] = {
    "AWAITING_PAYMENT": (0, {"payment": {"window_s": 10}}, "CANCELLED"),
    "DISPATCHING": (0, {}, "CANCELLED"),
    "EXHAUSTED": (0, {}, "CANCELLED"),
    "ACCEPTED": (0, {}, "COMPLETED"),
    "EN_ROUTE": (1, {}, "COMPLETED"),
    "ARRIVED": (2, {}, "COMPLETED"),
    "IN_SERVICE": (3, {}, "COMPLETED"),
    "AWAITING_CONFIRMATION": (5, {"completion": {"autoconfirm_s": 10}}, "COMPLETED"),
    "COMPLETED": (5, {"completion": {"review_s": 30}}, "COMPLETED"),
    # Its refund is under way, and the gateway does not take it before the database is back.
    "CANCELLED": (0, {"payment": {"refund_quiet_s": 300}}, "CANCELLED"),
}


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_no_order_is_lost_and_all_go_on_when_the_database_was_away(town: FaultyTown, how: str) -> None:
    async with _in_all_phases(town) as orders:
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
        ends = await asyncio.gather(*(_to_its_end(phase, *order) for phase, order in orders.items()))
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


@asynccontextmanager
async def _in_all_phases(town: FaultyTown) -> AsyncIterator[dict[str, tuple[Trade, int]]]:
    async with AsyncExitStack() as stack:
        trades = {
            phase: await stack.enter_async_context(town.trade(steps=1, terms=terms))
            for phase, (_, terms, _) in PHASES.items()
        }
        ids = await asyncio.gather(*(_brought_to(phase, trade) for phase, trade in trades.items()))
        yield {phase: (trade, order_id) for (phase, trade), order_id in zip(trades.items(), ids, strict=True)}


async def _brought_to(phase: str, trade: Trade) -> int:
    order_id = await trade.book()
    if phase == "AWAITING_PAYMENT":
        return order_id
    if phase == "EXHAUSTED":
        await trade.worker.put("/api/worker/duty", {"on_duty": False})
    await trade.customer.pay(order_id)
    if phase == "EXHAUSTED":
        await trade.town.until(order_id, "exhausted")
        return order_id
    if phase == "CANCELLED":
        # Cancelled any earlier it would be an order that was never paid, and its money would have come too late.
        await trade.town.until(order_id, "paid")
        await in_database(hold, await in_database(number_of, order_id))
        await cancel(trade, order_id)
        return order_id
    offer = await trade.worker.next_offer(within_s=60)
    if phase != "DISPATCHING":
        await trade.worker.command(f"/api/offers/{offer['id']}/accept")
        await _serve(trade, order_id, SERVING[: PHASES[phase][0]])
    if phase == "COMPLETED":
        await trade.customer.command(f"/api/orders/{order_id}/confirm")
        await trade.town.until(order_id, "settled")
    return order_id


async def _to_its_end(phase: str, trade: Trade, order_id: int) -> str:
    if phase in ("DISPATCHING", "EXHAUSTED"):
        await cancel(trade, order_id)
    elif phase == "CANCELLED":
        await in_database(release, await in_database(number_of, order_id))
    elif phase not in ("AWAITING_PAYMENT", "AWAITING_CONFIRMATION", "COMPLETED"):
        # Who was accepted has departed meanwhile: that was the click.
        await _serve(trade, order_id, SERVING[max(1, PHASES[phase][0]) :])
        await trade.customer.command(f"/api/orders/{order_id}/confirm")
    return (await trade.town.closed(order_id)).phase


def _stored(order_id: int) -> bool:
    return Command.objects.filter(order_id=order_id, key=KEY).exists()


async def _serve(trade: Trade, order_id: int, steps: list[str]) -> None:
    for step in steps:
        body = {"code": await trade.code(order_id)} if step == "start" else None
        await trade.worker.command(f"/api/orders/{order_id}/{step}", body)
