"""派单 as the actor does it, on a real Temporal, with activities that say what a row would: what comes in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from config.stack.embedded import Stack
from workflows.messages import (
    CommandMessage,
    Deadlines,
    OrderState,
    OrderView,
    Outcome,
    RankingResult,
    StepRequest,
    StepResult,
)
from workflows.order import OrderWorkflow
from workflows.transitions import Phase

pytestmark = pytest.mark.django_db

WORKER_ID, OFFER_ID = 7, 70


@dataclass
class Row:
    """What the activities know. Each notes what it was asked for, and `meanwhile` happens before it answers."""

    view: OrderView
    asked: list[str] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    meanwhile: Callable[[str], Any] | None = None
    conflicts: int = 0
    is_away: bool = False

    @activity.defn(name="adopt_order")
    async def adopt_order(self, order_id: int) -> OrderView:
        return self.view

    @activity.defn(name="rank_candidates")
    async def rank_candidates(self, order_id: int) -> RankingResult:
        if self.is_away and activity.info().is_local:
            raise ApplicationError("the database is away")
        await self._note("rank")
        return RankingResult(None, 0)

    @activity.defn(name="take_step")
    async def take_step(self, request: StepRequest) -> StepResult:
        if self.is_away and activity.info().is_local:
            raise ApplicationError("the database is away")
        await self._note(request.move)
        if request.move == "accept" and request.command and self.view.asked:
            self.view = replace(
                self.view,
                version=self.view.version + 1,
                phase=Phase.ACCEPTED.value,
                worker_id=request.command.actor_id,
                offer_id=None,
                asked=[],
            )
            return StepResult(self.view, Outcome(True, self.view.phase, self.view.version))
        if request.move == "offer_lapsed" and self.conflicts:
            self.conflicts -= 1
            return StepResult(self.view, Outcome(True, self.view.phase, self.view.version), conflict=True)
        ended = self.view.version + 1
        self.view = replace(self.view, version=ended, phase=Phase.CANCELLED.value, offer_id=None, ended=True)
        return StepResult(self.view, Outcome(True, self.view.phase, ended))

    async def _note(self, what: str) -> None:
        self.asked.append(what)
        self.more.set()
        if self.meanwhile:
            await self.meanwhile(what)


@asynccontextmanager
async def actor_of(row: Row, stack: Stack) -> AsyncIterator[WorkflowHandle[Any, str]]:
    client, queue = await Client.connect(stack.environment["TEMPORAL_ADDRESS"]), f"dispatching-{uuid4()}"
    activities: list[Callable[..., Any]] = [row.adopt_order, row.rank_candidates, row.take_step]
    async with Worker(client, task_queue=queue, workflows=[OrderWorkflow], activities=activities):
        state = OrderState(order_id=row.view.order_id)
        handle = await client.start_workflow(OrderWorkflow.run, state, id=queue, task_queue=queue)
        try:
            yield handle
        finally:
            await handle.terminate() if not row.view.ended else None


def command(move: str) -> CommandMessage:
    now = datetime.now(UTC)
    return CommandMessage(1, move, "worker", WORKER_ID, now, 30, choice={"offer_id": OFFER_ID})


async def asked(row: Row, count: int, *, within_s: float) -> list[str]:
    """What the activities were asked for, when it is so many."""
    async with asyncio.timeout(within_s):
        while len(row.asked) < count:
            row.more.clear()
            await row.more.wait()
    return row.asked


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
