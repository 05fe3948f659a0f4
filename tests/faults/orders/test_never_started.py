"""The server dies between an order's commit and its actor's start, again and again: the sweep starts them all."""

import asyncio
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.town import FaultyTown, eventually
from tests.web.people import Api
from tests.world.town import Trade, in_database
from web.accounts.models import User
from web.orders.models import Order
from workflows import client
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
    number = size(40, 1000)
    # They end by themselves, unpaid: who was started drives his order.
    async with town.trade(terms={"payment": {"window_s": size(20, 150)}}) as trade:
        order_ids = await in_database(_crash_while_booking, trade, number)
        assert len(order_ids) == number
        began = time.monotonic()
        while missing := await _without_actor(town, order_ids):
            assert time.monotonic() - began < 2 * STARTED_WITHIN_S, f"{len(missing)} of {number} have no actor"
            await asyncio.sleep(0.2)
        case.at_most(STARTED_WITHIN_S, all_started_after_s=time.monotonic() - began)
        case.tell(crashes=number)
        await eventually(_all_ended, order_ids, within_s=300)
        assert await in_database(_ends, order_ids) == {("CANCELLED", 3)}


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
