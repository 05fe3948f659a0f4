"""派单 as the actor does it, on a real Temporal, with activities that say what a row would: what comes in between."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from config.stack.embedded import Stack
from tests.workflows.scripted_row import Row, actor_of, asked
from workflows.messages import CommandMessage, Deadlines, OrderView, Outcome
from workflows.order import OrderWorkflow
from workflows.transitions import Phase

pytestmark = pytest.mark.django_db

WORKER_ID, OFFER_ID = 7, 70


def command(move: str) -> CommandMessage:
    now = datetime.now(UTC)
    return CommandMessage(1, move, "worker", WORKER_ID, now, 30, choice={"offer_id": OFFER_ID})


async def test_a_worker_who_comes_on_duty_during_a_ranking_is_looked_at_at_once(stack: Stack) -> None:
    # The ranking is then a regular activity, and the actor hears while it waits.
    row = Row(OrderView(1, Phase.DISPATCHING.value, 3, exhausted=True, retry_s=60), is_away=True)
    async with actor_of(row, stack) as actor:

        async def comes_on_duty(what: str) -> None:
            if len(row.asked) == 1:
                await actor.signal(OrderWorkflow.look_again)
                await asyncio.sleep(0.3)

        row.meanwhile = comes_on_duty
        assert await asked(row, 2, within_s=20) == ["rank", "rank"]
        await asyncio.sleep(1)
        assert len(row.asked) == 2  # and then it waits


async def test_an_answer_that_was_in_time_is_heard_before_the_lapse_is_tried_again(stack: Stack) -> None:
    due = datetime.now(UTC) - timedelta(seconds=1)
    view = OrderView(
        2, Phase.DISPATCHING.value, 3, offer_id=OFFER_ID, offered_to=WORKER_ID, deadlines=Deadlines(offer_due=due)
    )
    row = Row(view, conflicts=2)
    async with actor_of(row, stack) as actor:
        await asked(row, 1, within_s=20)
        outcome = await actor.execute_update("command", command("accept"), id="1", result_type=Outcome)
        assert outcome.done
        assert row.asked[-1] == "accept"
        assert row.asked.count("offer_lapsed") <= 2


async def test_of_those_who_grab_at_once_all_but_the_first_are_refused_without_a_step(stack: Stack) -> None:
    due = datetime.now(UTC) + timedelta(minutes=1)
    many = [WORKER_ID + number for number in range(5)]
    view = OrderView(
        4,
        Phase.DISPATCHING.value,
        3,
        offer_id=OFFER_ID,
        offered_to=WORKER_ID,
        asked=many,
        deadlines=Deadlines(offer_due=due),
    )
    # The step is then a regular activity, and the others are queued while it is on its way.
    row = Row(view, is_away=True)
    async with actor_of(row, stack) as actor:
        queued = asyncio.Event()

        async def all_are_there(what: str) -> None:
            await queued.wait()

        row.meanwhile = all_are_there
        messages = [
            replace(command("accept"), command_id=number, actor_id=worker) for number, worker in enumerate(many, 1)
        ]
        grabs = [
            asyncio.create_task(
                actor.execute_update("command", message, id=str(message.command_id), result_type=Outcome)
            )
            for message in messages
        ]
        await asked(row, 1, within_s=20)
        await asyncio.sleep(1)
        queued.set()
        codes = sorted(outcome.code for outcome in await asyncio.gather(*grabs))
        assert codes == ["", *["offer_closed"] * 4]
        assert row.asked == ["accept"]


async def test_a_lapse_that_must_wait_is_tried_again_without_spinning(stack: Stack) -> None:
    due = datetime.now(UTC) - timedelta(seconds=1)
    view = OrderView(
        3, Phase.DISPATCHING.value, 3, offer_id=OFFER_ID, offered_to=WORKER_ID, deadlines=Deadlines(offer_due=due)
    )
    row = Row(view, conflicts=2)
    async with actor_of(row, stack):
        started = asyncio.get_running_loop().time()
        assert await asked(row, 3, within_s=20) == ["offer_lapsed"] * 3
        assert asyncio.get_running_loop().time() - started > 1.5
        assert row.due == due
