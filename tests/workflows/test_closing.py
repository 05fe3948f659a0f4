"""The end of an order as its actor does it, on a real Temporal, with activities that say what a row would."""

import asyncio

import pytest

from config.stack.embedded import Stack
from tests.workflows.scripted_row import Row, actor_of
from workflows.messages import OrderView
from workflows.order import OrderWorkflow
from workflows.transitions import Phase

pytestmark = pytest.mark.django_db


async def test_an_end_that_waits_for_what_is_asked_lets_it_be_heard(stack: Stack) -> None:
    """Two refunds are done at once, the actor has heard of one, and hears of the other while it tries to close."""
    row = Row(OrderView(1, Phase.CANCELLED.value, 22), owed=True)
    async with actor_of(row, stack) as actor:

        async def the_last_money_has_gone_back(what: str) -> None:
            if row.asked == ["close"]:
                await actor.signal(OrderWorkflow.refund_done, 75)

        row.meanwhile = the_last_money_has_gone_back
        async with asyncio.timeout(20):
            assert await actor.result() == Phase.CANCELLED
        assert row.asked == ["close", "refunded", "close"]
