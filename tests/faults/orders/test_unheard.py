"""A step is committed, its worker is killed before it has told Temporal, and nobody waits for the Update any more: the
actor has not heard that its row moved, and whatever the row wants next happens all the same.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from tests.faults.hub.figures import Case
from tests.faults.town import FaultyTown
from tests.world.people import Person
from tests.world.plants import SUPPLEMENT
from tests.world.town import Terms, Trade, in_database
from web.accounts.models import User
from web.orders import services
from web.orders.models import Order
from workflows.messages import StepRequest
from workflows.transitions import Move

MOVED_WITHIN_S = 30.0
"""15 s overdue, five between two sweeps, and what they take on a busy machine."""


@dataclass(frozen=True)
class Unheard:
    """What somebody does unheard, and what comes of it. due_s: after how long by its terms."""

    until: Callable[[Trade], Awaitable[int]]
    by: Callable[[Trade], Person]
    move: Move
    then: str
    choice: Mapping[str, Any] = field(default_factory=dict)
    typed: str = ""
    terms: Terms = field(default_factory=dict)
    workers: int = 1
    due_s: float = 0


async def _taken_by_the_first(trade: Trade) -> int:
    order_id = await trade.dispatched(starts_in_s=1800)
    async with trade.town.dispatcher() as dispatcher:
        await dispatcher.command(f"/api/orders/{order_id}/assign", {"worker_id": trade.worker.id})
    return order_id


async def _worked_off(trade: Trade) -> int:
    order_id = await trade.arrived()
    await trade.worker.command(f"/api/orders/{order_id}/start", {"code": await trade.code(order_id)})
    for step in (1, 2):
        await trade.worker.command(f"/api/orders/{order_id}/steps/{step}")
    return order_id


async def _finished(trade: Trade) -> int:
    order_id = await trade.accepted()
    await trade.worker.serve(order_id, code=await trade.code(order_id))
    return order_id


def _worker(trade: Trade) -> Person:
    return trade.worker


def _customer(trade: Trade) -> Person:
    return trade.customer


CASES = {
    "a proposal lapses": Unheard(
        Trade.arrived,
        _worker,
        Move.PROPOSE_SUPPLEMENT,
        "proposal_lapsed",
        typed=json.dumps({"items": [], "other_fen": 1_000, "reason": SUPPLEMENT}),
        terms={"supplement": {"answer_s": 2}},
        due_s=2,
    ),
    "silence confirms": Unheard(
        _worked_off, _worker, Move.FINISH, "settled", terms={"completion": {"autoconfirm_s": 2, "review_s": 1}}, due_s=2
    ),
    "it is settled": Unheard(_finished, _customer, Move.CONFIRM, "settled"),
    "another is asked": Unheard(
        _taken_by_the_first, _worker, Move.HAND_BACK, "offered", choice={"reason": "unwell"}, workers=2
    ),
}


@pytest.mark.usefixtures("patient_people")
@pytest.mark.case(13, "a committed step that its actor never hears of")
async def test_what_the_row_wants_next_happens_all_the_same(town: FaultyTown, case: Case) -> None:
    before = town.logged()
    late = await asyncio.gather(*(_waited(town, unheard) for unheard in CASES.values()))
    case.tell(orders=len(late))
    case.at_most(MOVED_WITHIN_S, longest_overdue_s=max(late))
    await town.workers_say("actors have not moved in time", after=before)


async def _waited(town: FaultyTown, unheard: Unheard) -> float:
    """How much later it came than it was due (s)."""
    async with town.trade(terms=unheard.terms, workers=unheard.workers) as trade:
        order_id = await unheard.until(trade)
        earlier = (await town.timeline(order_id)).count(unheard.then)
        await in_database(_commit, order_id, unheard.by(trade).id, unheard)
        began = time.monotonic()
        await town.until(order_id, unheard.then, times=earlier + 1, within_s=4 * MOVED_WITHIN_S)
        return time.monotonic() - began - unheard.due_s


def _commit(order_id: int, user_id: int, unheard: Unheard) -> None:
    """What a worker leaves that is killed between its commit and its answer, the second time."""
    user, order, move, key = User.objects.get(pk=user_id), Order.objects.get(pk=order_id), unheard.move, uuid4().hex
    command, _ = services.receive_command(
        user=user, order=order, move=move, key=key, choice=unheard.choice, typed=unheard.typed
    )
    message = services.message_of(command, seen_version=order.version)
    request = StepRequest(order_id, f"command:{command.pk}", move.value, order.version, message)
    outcome = services.take_step(request=request).outcome
    assert outcome.done, outcome
