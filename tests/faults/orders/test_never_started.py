"""The server dies between an order's commit and its actor's start, again and again: the sweep starts them all."""

import asyncio
import time
import uuid
from collections.abc import Collection
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.faults.hub.figures import Case, Size
from tests.faults.town import FaultyTown, eventually
from tests.web.people import Api
from tests.world.fiction import rewrite
from tests.world.town import Trade, in_database
from tests.world.waiting import until
from web.accounts.models import User
from web.orders.models import Order
from workflows import agreement, client
from workflows.agreement import Disagreement
from workflows.messages import order_workflow_id

SPACING = timedelta(minutes=3)
STARTED_WITHIN_S = 30.0


class Crash(BaseException):
    """As if the process were gone: nothing may swallow it."""


@pytest.mark.case(3, "crashes between an order's commit and its actor's start")
async def test_the_sweep_starts_them_all(
    town: FaultyTown, case: Case, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: Any, **__: Any) -> bool:
        raise Crash

    monkeypatch.setattr(client, "start_order", crash)
    trades, of_each = size((1, 40), (10, 100))
    # They end by themselves, unpaid: who was started drives his order.
    terms = {"payment": {"window_s": size(8, 30)}}
    order_ids = list[int]()
    for number in range(trades):
        case.say(f"{of_each} servers crash after they have committed an order, {number + 1} of {trades}")
        async with town.trade(terms=terms) as trade:
            order_ids += await in_database(_crash_while_booking, trade, of_each)
    assert len(order_ids) == trades * of_each
    began = time.monotonic()
    while missing := await _without_actor(town, order_ids):
        assert time.monotonic() - began < 2 * STARTED_WITHIN_S, f"{len(missing)} of {len(order_ids)} have no actor"
        await asyncio.sleep(0.2)
    case.at_most(STARTED_WITHIN_S, all_started_after_s=time.monotonic() - began)
    case.tell(crashes=len(order_ids))
    case.say("all have their actor; each ends unpaid")
    await eventually(_all_ended, order_ids, within_s=300)
    assert await in_database(_ends, order_ids) == {("CANCELLED", 3)}


@pytest.mark.case(12, "rows changed by hand: row and actor disagree")
async def test_what_disagrees_is_reported_and_repaired(
    town: FaultyTown, case: Case, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.Process, "client", await town.temporal())
    async with AsyncExitStack() as stack:
        trades = [await stack.enter_async_context(town.trade()) for _ in range(size(2, 20))]
        orders = dict(zip(await asyncio.gather(*(trade.accepted() for trade in trades)), trades, strict=True))
        before = town.logged()
        for order_id in orders:
            await in_database(_change_by_hand, order_id)
        wrong = await _reported(orders)
        assert {one.says for one in wrong} == {"row EN_ROUTE, actor ACCEPTED"}
        await town.workers_say("row and actor disagree", after=before)
        for one in wrong:
            await agreement.cure(one)
        for order_id, trade in orders.items():
            assert (await trade.worker.command(f"/api/orders/{order_id}/arrive"))["state"] == "ARRIVED"
        assert [one for one in await agreement.all_disagreements() if one.order_id in orders] == []
        case.tell(mismatches=len(orders))


async def _reported(order_ids: Collection[int]) -> list[Disagreement]:
    """Until all are seen: Temporal's index is a moment behind."""

    async def all_seen() -> list[Disagreement] | None:
        wrong = [one for one in await agreement.all_disagreements() if one.order_id in order_ids]
        return wrong if len(wrong) == len(order_ids) else None

    return await until(all_seen, within_s=60)


def _change_by_hand(order_id: int) -> None:
    rewrite(order_id, phase="EN_ROUTE", version=99, phase_since=timezone.now() - timedelta(minutes=1))


def _crash_while_booking(trade: Trade, number: int) -> list[int]:
    """Each request is served by this process, and dies after its commit."""
    customer = User.objects.get(pk=trade.customer.id)
    api, first = Api(customer), datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    wanted = {"service_id": trade.service_id, "address_id": trade.customer.address_id, "quoted_fen": 20_900}
    for place in range(number):
        starts_at = (first + SPACING * place).isoformat()
        body = {**wanted, "starts_at": starts_at, "request": ""}
        with pytest.raises(Crash):
            api.post("/orders", body, idempotency_key=uuid.uuid4().hex)
    return list(Order.objects.filter(customer=customer).values_list("pk", flat=True))


async def _without_actor(town: FaultyTown, order_ids: list[int]) -> list[int]:
    known: set[str] = set()
    async for execution in (await town.temporal()).list_workflows('WorkflowType = "order"'):
        known.add(execution.id)
    return [pk for pk in order_ids if order_workflow_id(pk) not in known]


def _all_ended(order_ids: list[int]) -> bool:
    return not Order.objects.filter(pk__in=order_ids, ended_at=None).exists()


def _ends(order_ids: list[int]) -> set[tuple[str, int]]:
    """(phase, events) of each: placed, lapsed, closed."""
    return {(order.phase, order.events.count()) for order in Order.objects.filter(pk__in=order_ids)}
