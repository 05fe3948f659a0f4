"""An actor goes on in a new run: before a long wait, and when a deployment asks for it."""

import asyncio
from contextlib import suppress

import pytest
from temporalio.client import WorkflowHistory
from temporalio.service import RPCError
from temporalio.worker import Replayer

from tests.workflows.recording import runs_of
from tests.world.town import Town, in_database
from tests.world.waiting import until
from web.orders.models import Command, Order
from workflows import client
from workflows.messages import order_workflow_id
from workflows.order import OrderWorkflow

pytestmark = pytest.mark.django_db

DAY_S = 86_400
SHORT = 20


async def run_of(town: Town, order_id: int) -> str:
    return str((await (await town.actor(order_id)).describe()).run_id)


async def in_another_run(town: Town, order_id: int, than: str) -> str:
    """The run that comes after that one."""

    async def another() -> str | None:
        now = await run_of(town, order_id)
        return now if now != than else None

    return await until(another, within_s=30)


async def renewed(town: Town, order_id: int) -> None:
    before = await run_of(town, order_id)
    await (await town.actor(order_id)).signal("renew")
    await in_another_run(town, order_id, before)


async def test_in_every_phase_it_goes_on_where_it_was(town: Town) -> None:
    async with town.trade(terms={"completion": {"review_s": 5}}) as trade:
        order_id = await trade.book()
        await renewed(town, order_id)
        await trade.customer.pay(order_id)
        offer = await trade.worker.next_offer()
        await renewed(town, order_id)
        await trade.worker.command(f"/api/offers/{offer['id']}/accept")
        await renewed(town, order_id)
        await trade.worker.command(f"/api/orders/{order_id}/depart")
        await renewed(town, order_id)
        await trade.worker.command(f"/api/orders/{order_id}/arrive")
        await renewed(town, order_id)
        code = await trade.code(order_id)
        await trade.worker.command(f"/api/orders/{order_id}/start", {"code": code})
        await renewed(town, order_id)
        for step in (1, 2):
            await trade.worker.command(f"/api/orders/{order_id}/steps/{step}")
        await trade.worker.command(f"/api/orders/{order_id}/finish")
        await renewed(town, order_id)
        await trade.customer.command(f"/api/orders/{order_id}/confirm")
        await renewed(town, order_id)
        row = await town.closed(order_id)
        assert (row.phase, row.settled_at is not None, row.ended_at is not None) == ("COMPLETED", True, True)
        timeline = await town.timeline(order_id)
        assert len([type for type in timeline if type == "settled"]) == 1


async def test_an_outcome_is_known_in_the_runs_that_follow(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        done = await trade.worker.command(f"/api/orders/{order_id}/depart", key="once")
        await renewed(town, order_id)
        actor, command = await town.actor(order_id), await in_database(_command, done["command"])
        # The row says it as well; here it is the actor who is asked, as the relay asks him again.
        outcome = await client._update(command, await town.row(order_id))
        assert (outcome.done, outcome.phase) == (True, "EN_ROUTE")
        assert (await town.timeline(order_id)).count("departed") == 1
        assert (await actor.describe()).history_length < SHORT


async def test_a_visit_on_another_day_is_waited_for_in_a_new_run_with_a_short_history(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.dispatched(starts_in_s=3 * DAY_S)
        offer, before = await trade.worker.next_offer(), await run_of(town, order_id)
        await trade.worker.command(f"/api/offers/{offer['id']}/accept")
        after = await in_another_run(town, order_id, before)
        assert (await (await town.actor(order_id)).describe()).history_length < SHORT
        await asyncio.sleep(1)
        assert await run_of(town, order_id) == after
        await trade.customer.command(f"/api/orders/{order_id}/cancel", {"reason": "other"})
        assert (await town.closed(order_id)).phase == "CANCELLED"


async def test_so_is_the_end_of_a_long_review(town: Town) -> None:
    async with town.trade(terms={"completion": {"review_s": 3 * DAY_S}}) as trade:
        order_id = await trade.accepted()
        await trade.worker.serve(order_id, code=await trade.code(order_id))
        before = await run_of(town, order_id)
        await trade.customer.command(f"/api/orders/{order_id}/confirm")
        await in_another_run(town, order_id, before)
        assert (await town.row(order_id)).settled_at is not None
        assert (await (await town.actor(order_id)).describe()).history_length < SHORT


async def test_under_a_hail_of_renewals_nothing_is_lost_or_done_twice(town: Town) -> None:
    async with town.trade(steps=4) as trade:
        order_id = await trade.accepted()
        actor = await town.actor(order_id)
        over = asyncio.Event()

        async def hail() -> None:
            while not over.is_set():
                with suppress(RPCError):
                    await actor.signal("renew")
                await asyncio.sleep(0.02)

        hailing = asyncio.ensure_future(hail())
        try:
            await trade.worker.serve(order_id, code=await trade.code(order_id))
            await trade.customer.command(f"/api/orders/{order_id}/confirm")
        finally:
            over.set()
            await hailing
        assert (await town.closed(order_id)).phase == "COMPLETED"
        timeline = await town.timeline(order_id)
        assert [timeline.count(type) for type in ("departed", "arrived", "started", "finished", "settled")] == [1] * 5
        assert await in_database(_states, order_id) == {Command.DONE}
        runs = await runs_of(await town.temporal(), order_workflow_id(order_id))
        assert len(runs) > 1
        for events in runs:
            history = WorkflowHistory.from_json(order_workflow_id(order_id), {"events": events})
            await Replayer(workflows=[OrderWorkflow]).replay_workflow(history)


async def test_a_deployment_renews_all_that_run(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        before = await run_of(town, order_id)
        assert await client.renew_orders() >= 1
        await in_another_run(town, order_id, before)


def _command(command_id: int) -> Command:
    return Command.objects.get(pk=command_id)


def _states(order_id: int) -> set[str]:
    return set(Order.objects.get(pk=order_id).commands.values_list("state", flat=True))
