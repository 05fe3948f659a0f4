"""A worker process is killed at the worst moment of a command: nothing is lost and nothing happens twice."""

import asyncio
from datetime import UTC, datetime

import pytest
from temporalio.api.enums.v1 import EventType

from tests.faults.town import FaultyTown
from tests.hub.client import Client as Socket
from tests.world.town import Terms, in_database
from web.orders.models import Command, Offer

# A worker that dies in a task is missed after five seconds: the offer must run out within these, not sooner, however
# slow the machine is.
SHORT: Terms = {"dispatch": {"offer_s": 10}}
LEFT_S = 3.0

TWICE = pytest.mark.parametrize("time", ["once", "and again"])


@TWICE
async def test_an_acceptance_that_was_committed_stands_though_the_offer_ran_out_meanwhile(
    town: FaultyTown, time: str
) -> None:
    """Between the commit and the actor's hearing of it lie the death of the worker and the offer's deadline."""
    async with town.trade(terms=SHORT) as trade:
        order_id = await trade.dispatched()
        offer = await trade.worker.next_offer()
        async with town.socket(trade.customer, server=1) as socket:
            await socket.do("subscribe", channel=f"order:{order_id}")
            await _until(offer["due_at"], left_s=LEFT_S)
            async with town.death("after", "accept"):
                accepting = asyncio.create_task(trade.worker.command(f"/api/offers/{offer['id']}/accept"))
            killed_at = datetime.now(UTC)
            assert (await town.row(order_id)).phase == "ACCEPTED"
            assert (await accepting)["state"] == "ACCEPTED"
            await _until(offer["due_at"])
            await _nobody_decided(town, order_id, since=killed_at, until=offer["due_at"])
            # The actor is there again when it takes the next command; what it thought of the deadline is past then.
            await trade.worker.command(f"/api/orders/{order_id}/depart")
            heard = [(await socket.publication())["data"]["type"] for _ in range(2)]
        assert heard == ["order.accepted", "order.departed"]
        assert await town.timeline(order_id) == ["placed", "paid", "offered", "accepted", "departed"]
        assert await in_database(_offers, order_id) == [Offer.ACCEPTED]


@TWICE
async def test_an_answer_in_time_wins_though_the_worker_died_before_it_was_written(town: FaultyTown, time: str) -> None:
    """The offer runs out while nobody is there to decide: what counts is when the answer was received."""
    async with town.trade(terms=SHORT) as trade:
        order_id = await trade.dispatched()
        offer = await trade.worker.next_offer()
        await _until(offer["due_at"], left_s=LEFT_S)
        async with town.death("before", "accept"):
            accepting = asyncio.create_task(trade.worker.command(f"/api/offers/{offer['id']}/accept"))
        killed_at = datetime.now(UTC)
        assert (await town.row(order_id)).phase == "DISPATCHING"
        assert (await accepting)["state"] == "ACCEPTED"
        await _until(offer["due_at"])
        await _nobody_decided(town, order_id, since=killed_at, until=offer["due_at"])
        assert await town.timeline(order_id) == ["placed", "paid", "offered", "accepted"]


@TWICE
async def test_the_callers_answer_comes_by_itself_though_the_worker_died_with_his_command(
    town: FaultyTown, time: str
) -> None:
    """The Update stands accepted in the history, and the regular activity that takes its step is killed."""
    async with town.trade() as trade:
        order_id = await trade.accepted()
        async with town.socket(trade.worker) as socket:
            await socket.do("subscribe", channel=f"worker:{trade.worker.id}")
            async with town.row_held(order_id), town.death("before", "depart", local=False):
                answer = await trade.worker.post(f"/api/orders/{order_id}/depart")
            assert answer["status"] in ("pending", "done")
            told = await _decided(socket)
        assert told == {"command_id": answer["command"], "order_id": order_id, "move": "depart", "state": "done"}
        assert await in_database(_states, order_id) == ["done", "done"]
        assert (await town.timeline(order_id))[-2:] == ["accepted", "departed"]


async def _decided(socket: Socket) -> dict[str, object]:
    """What the socket hears of a command."""
    while True:
        event = (await socket.publication(30))["data"]
        if event["type"] == "command.decided":
            return {name: event["data"][name] for name in ("command_id", "order_id", "move", "state")}


async def _until(due_at: str, *, left_s: float = 0.0) -> None:
    left = (datetime.fromisoformat(due_at) - datetime.now(UTC)).total_seconds()
    await asyncio.sleep(max(0.0, left - left_s))


async def _nobody_decided(town: FaultyTown, order_id: int, *, since: datetime, until: str) -> None:
    """The deadline passed while the actor stood still, by Temporal's own clock: or the test would show nothing."""
    due_at = datetime.fromisoformat(until)
    assert since < due_at
    history = await (await town.actor(order_id)).fetch_history()
    decided = [
        event.event_time.ToDatetime(tzinfo=UTC)
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]
    assert decided
    assert [moment for moment in decided if since < moment < due_at] == []


def _offers(order_id: int) -> list[str]:
    return list(Offer.objects.filter(order_id=order_id).values_list("state", flat=True))


def _states(order_id: int) -> list[str]:
    return list(Command.objects.filter(order_id=order_id).order_by("pk").values_list("state", flat=True))
