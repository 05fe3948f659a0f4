"""Temporal is killed around an acceptance and comes back: what was committed stands, what was not is sent again."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.faults.town import FaultyTown
from tests.world.town import in_database
from web.orders.models import Command

TWICE = pytest.mark.parametrize("time", ["once", "and again"])


@TWICE
async def test_an_acceptance_is_sent_again_when_temporal_is_back_and_expires_when_that_takes_too_long(
    town: FaultyTown, time: str
) -> None:
    async with town.trade() as patient, town.trade() as hasty:
        orders = [await trade.dispatched() for trade in (patient, hasty)]
        offers = [await trade.worker.next_offer() for trade in (patient, hasty)]
        town.kill("temporal")
        answers = await asyncio.gather(
            *(
                trade.worker.post(f"/api/offers/{offer['id']}/accept")
                for trade, offer in zip((patient, hasty), offers, strict=True)
            )
        )
        assert [answer["status"] for answer in answers] == ["pending", "pending"]
        await in_database(_nobody_waits_for, answers[1]["command"])
        town.start_again("temporal")

        kept = await patient.worker.outcome(answers[0]["command"], within_s=60)
        assert (kept["status"], kept["state"]) == ("done", "ACCEPTED")
        assert await town.timeline(orders[0]) == ["placed", "paid", "offered", "accepted"]

        late = await hasty.worker.outcome(answers[1]["command"], within_s=60)
        assert (late["status"], late["code"]) == ("expired", "expired")
        # Nothing of it is half done: the offer is open, and the same worker may still take it.
        assert await town.timeline(orders[1]) == ["placed", "paid", "offered"]
        assert (await hasty.worker.command(f"/api/offers/{offers[1]['id']}/accept"))["state"] == "ACCEPTED"


@TWICE
async def test_an_acceptance_that_was_committed_while_temporal_died_stands_once(town: FaultyTown, time: str) -> None:
    async with town.trade() as trade:
        order_id = await trade.dispatched()
        offer = await trade.worker.next_offer()
        async with town.row_held(order_id):
            accepting = asyncio.create_task(trade.worker.post(f"/api/offers/{offer['id']}/accept"))
            await town.somebody_waits()
            town.kill("temporal")
        await town.until(order_id, "accepted")
        # The database is the arbiter: the caller reads that it is done while Temporal is still away.
        assert (await trade.worker.outcome((await accepting)["command"], within_s=60))["status"] == "done"
        town.start_again("temporal")
        await trade.worker.command(f"/api/orders/{order_id}/depart")
        assert await town.timeline(order_id) == ["placed", "paid", "offered", "accepted", "departed"]


def _nobody_waits_for(command_id: int) -> None:
    """Its time is over now, as if Temporal had been away for half a minute."""
    passed = (timezone.now() - Command.objects.get(pk=command_id).received_at) / timedelta(seconds=1)
    Command.objects.filter(pk=command_id).update(valid_for_s=passed)
