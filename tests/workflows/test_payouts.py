"""A channel that is down, slow, answers twice or contradicts itself: the money is with the worker once, or back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.workflows.fates import FATES, ask_for_money, withdrawal_in
from tests.world.town import Town, Trade, in_database
from tests.world.waiting import until
from web.ledger.checking import disagreements
from web.orders.services.terms import put_policy
from web.payments import sandbox
from web.payments.gateways import payout_number
from web.payments.models import SandboxTrade
from workflows.messages import payout_workflow_id

pytestmark = pytest.mark.django_db


@asynccontextmanager
async def approved(town: Town, mood: str = "") -> AsyncIterator[tuple[Trade, int, str]]:
    """A worker whose withdrawal was approved, at a channel of that mood; with its number there."""
    await in_database(lambda: put_policy(kind="withdrawal", data={"quiet_s": 1}))
    async with FATES["settled"].trade(town) as trade, town.dispatcher() as dispatcher:
        order_id = await FATES["settled"].tell(trade)
        await town.until(order_id, "settled")
        withdrawal_id = await ask_for_money(trade)
        number = payout_number(withdrawal_id)
        if mood:
            await in_database(lambda: sandbox.misbehave(out_number=number, mood=mood))
        await dispatcher.post(f"/api/withdrawals/{withdrawal_id}/review", {"approve": True})
        yield trade, withdrawal_id, number


async def paid_once(town: Town, trade: Trade, withdrawal_id: int) -> None:
    """He confirms it, and it was one payout."""
    await withdrawal_in(trade, "waiting")
    await trade.worker.post(f"/api/sandbox/withdrawals/{withdrawal_id}/confirm", key=None)
    assert await town.ended(payout_workflow_id(withdrawal_id)) == "paid"
    trades = SandboxTrade.objects.filter(out_number=payout_number(withdrawal_id))
    assert await in_database(trades.count) == 1
    assert await in_database(_wrong_about, withdrawal_id) == []


def _wrong_about(withdrawal_id: int) -> list[str]:
    return [one.about for one in disagreements() if one.about in (f"withdrawal:{withdrawal_id}", f"W{withdrawal_id}")]


@pytest.mark.parametrize("mood", [sandbox.DOWN, sandbox.OTHER_AMOUNT, sandbox.FORGETS])
async def test_one_that_does_not_say_how_it_is_is_shown_and_tried_at_once_when_told(town: Town, mood: str) -> None:
    async with approved(town, mood) as (trade, withdrawal_id, number):
        await withdrawal_in(trade, "approved", needs_ops=True)
        await in_database(lambda: sandbox.behave(out_number=number))
        async with town.dispatcher() as dispatcher:
            await dispatcher.post(f"/api/withdrawals/{withdrawal_id}/retry", key=None)
        await paid_once(town, trade, withdrawal_id)


@pytest.mark.parametrize("mood", [sandbox.SLOW, sandbox.OTHER_NUMBER])
async def test_one_whose_answer_is_lost_or_another_each_time_pays_once(town: Town, mood: str) -> None:
    async with approved(town, mood) as (trade, withdrawal_id, _):
        await paid_once(town, trade, withdrawal_id)


@pytest.mark.parametrize("end", [sandbox.FAILED, sandbox.EXPIRED])
async def test_what_was_not_paid_is_the_workers_balance_again(town: Town, end: str) -> None:
    async with approved(town) as (trade, withdrawal_id, number):
        await withdrawal_in(trade, "waiting")
        before = (await trade.worker.get("/api/worker/earnings"))["balance_fen"]
        await in_database(lambda: sandbox.end_payout(out_number=number, state=end))
        assert await town.ended(payout_workflow_id(withdrawal_id)) == "returned"
        assert (await trade.worker.get("/api/worker/earnings"))["balance_fen"] == before + 5_000
        assert await in_database(_wrong_about, withdrawal_id) == []


async def test_a_failure_that_is_taken_back_returns_nothing(town: Town) -> None:
    async with approved(town, sandbox.TAKES_BACK) as (trade, withdrawal_id, _):
        await paid_once(town, trade, withdrawal_id)


async def test_a_customers_compensation_goes_the_same_way_and_is_paid_again_where_it_came_back(town: Town) -> None:
    """Nobody reviews it and nobody asks for it: the sweep starts what the step that found the no-show has promised."""
    async with FATES["never_came"].trade(town) as trade, town.dispatcher() as dispatcher:
        order_id = await FATES["never_came"].tell(trade)
        first = (await _compensation_in(trade, order_id, "waiting"))["payout_id"]
        await in_database(lambda: sandbox.end_payout(out_number=payout_number(first), state=sandbox.EXPIRED))
        assert await town.ended(payout_workflow_id(first)) == "returned"
        owed = await _compensation_in(trade, order_id, "returned")
        await dispatcher.post(f"/api/compensations/{owed['id']}/pay-out", {"channel": "sandbox"}, key=None)
        second = (await _compensation_in(trade, order_id, "waiting"))["payout_id"]
        await trade.customer.post(f"/api/sandbox/withdrawals/{second}/confirm", key=None)
        assert await town.ended(payout_workflow_id(second)) == "paid"
        await _compensation_in(trade, order_id, "paid")
        assert await in_database(_wrong_about, second) == []
        row = await town.row(order_id)
        assert await in_database(lambda: row.alarms.filter(kind="compensation_due", cleared_at=None).exists()) is False


async def _compensation_in(trade: Trade, order_id: int, state: str) -> dict[str, Any]:

    async def only() -> dict[str, Any] | None:
        shown = (await trade.customer.get(f"/api/orders/{order_id}"))["compensations"]
        return dict(shown[0]) if [one["state"] for one in shown] == [state] else None

    return await until(only, within_s=trade.town.patience_s)
