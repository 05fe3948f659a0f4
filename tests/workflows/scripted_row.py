"""Activities that say what a row would, for an actor on a real Temporal: a test decides what comes in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from config.stack.embedded import Stack
from workflows.messages import OrderState, OrderView, Outcome, RankingResult, StepRequest, StepResult
from workflows.order import OrderWorkflow
from workflows.transitions import Phase


@dataclass
class Row:
    """What the activities know. Each notes what it was asked for, and `meanwhile` happens before it answers.

    due: when what was asked for last was due. conflicts: so many lapses of an offer come too early. owed: it does not
    close before money has gone back.
    """

    view: OrderView
    asked: list[str] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    due: datetime | None = None
    meanwhile: Callable[[str], Any] | None = None
    conflicts: int = 0
    is_away: bool = False
    owed: bool = False

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
        self.due = request.due
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
        if request.move == "refunded":
            self.view = replace(self.view, version=self.view.version + 1)
            return StepResult(self.view, Outcome(True, self.view.phase, self.view.version))
        if request.move == "close" and self.owed and "refunded" not in self.asked:
            return StepResult(self.view, Outcome(True, self.view.phase, self.view.version), conflict=True)
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
    client, queue = await Client.connect(stack.environment["TEMPORAL_ADDRESS"]), f"scripted-{uuid4()}"
    activities: list[Callable[..., Any]] = [row.adopt_order, row.rank_candidates, row.take_step]
    async with Worker(client, task_queue=queue, workflows=[OrderWorkflow], activities=activities):
        state = OrderState(order_id=row.view.order_id)
        handle = await client.start_workflow(OrderWorkflow.run, state, id=queue, task_queue=queue)
        try:
            yield handle
        finally:
            await handle.terminate() if not row.view.ended else None


async def asked(row: Row, count: int, *, within_s: float) -> list[str]:
    """What the activities were asked for, when it is so many."""
    async with asyncio.timeout(within_s):
        while len(row.asked) < count:
            row.more.clear()
            await row.more.wait()
    return row.asked
