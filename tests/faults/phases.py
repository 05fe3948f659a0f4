"""Orders in every phase, and how each goes on to its end: for what is taken away while they are there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.faults.town import FaultyTown
from tests.workflows.fates import cancel, hold, number_of, release
from tests.world.town import Terms, Trade, in_database

SERVING = ["depart", "arrive", "start", "steps/1", "finish"]
# How far the worker has come, and how the order ends; what falls due meanwhile falls due while the database is away.
PHASES: dict[str, tuple[int, Terms, str]] = {
    "AWAITING_PAYMENT": (0, {"payment": {"window_s": 10}}, "CANCELLED"),
    "DISPATCHING": (0, {}, "CANCELLED"),
    "EXHAUSTED": (0, {}, "CANCELLED"),
    "ACCEPTED": (0, {}, "COMPLETED"),
    "EN_ROUTE": (1, {}, "COMPLETED"),
    "ARRIVED": (2, {}, "COMPLETED"),
    "IN_SERVICE": (3, {}, "COMPLETED"),
    "AWAITING_CONFIRMATION": (5, {"completion": {"autoconfirm_s": 10}}, "COMPLETED"),
    "COMPLETED": (5, {"completion": {"review_s": 30}}, "COMPLETED"),
    # Something was reported on the way, and the customer may let it go on.
    "EXCEPTION": (1, {}, "COMPLETED"),
    # Its refund is under way, and the gateway does not take it before the database is back.
    "CANCELLED": (0, {"payment": {"refund_quiet_s": 300}}, "CANCELLED"),
}


@asynccontextmanager
async def in_all_phases(town: FaultyTown) -> AsyncIterator[dict[str, tuple[Trade, int]]]:
    """By phase: an order in it, and its people."""
    async with AsyncExitStack() as stack:
        trades = {
            phase: await stack.enter_async_context(town.trade(steps=1, terms=terms))
            for phase, (_, terms, _) in PHASES.items()
        }
        ids = await asyncio.gather(*(_brought_to(phase, trade) for phase, trade in trades.items()))
        yield {phase: (trade, order_id) for (phase, trade), order_id in zip(trades.items(), ids, strict=True)}


async def _brought_to(phase: str, trade: Trade) -> int:
    order_id = await trade.book()
    if phase == "AWAITING_PAYMENT":
        return order_id
    if phase == "EXHAUSTED":
        await trade.worker.put("/api/worker/duty", {"on_duty": False})
    await trade.customer.pay(order_id)
    if phase == "EXHAUSTED":
        await trade.town.until(order_id, "exhausted")
        return order_id
    if phase == "CANCELLED":
        # Cancelled any earlier it would be an order that was never paid, and its money would have come too late.
        await trade.town.until(order_id, "paid")
        await in_database(hold, await in_database(number_of, order_id))
        await cancel(trade, order_id)
        return order_id
    offer = await trade.worker.next_offer(within_s=60)
    if phase != "DISPATCHING":
        await trade.worker.command(f"/api/offers/{offer['id']}/accept")
        await _serve(trade, order_id, SERVING[: PHASES[phase][0]])
    if phase == "COMPLETED":
        await trade.customer.command(f"/api/orders/{order_id}/confirm")
        await trade.town.until(order_id, "settled")
    if phase == "EXCEPTION":
        await trade.worker.command(f"/api/orders/{order_id}/exceptions", {"type": "address_wrong"})
    return order_id


async def to_its_end(phase: str, trade: Trade, order_id: int) -> str:
    """Go on from that phase; the last one. Who was accepted must have departed already."""
    if phase in ("DISPATCHING", "EXHAUSTED"):
        await cancel(trade, order_id)
    elif phase == "CANCELLED":
        await in_database(release, await in_database(number_of, order_id))
    elif phase not in ("AWAITING_PAYMENT", "AWAITING_CONFIRMATION", "COMPLETED"):
        if phase == "EXCEPTION":
            await trade.customer.command(f"/api/orders/{order_id}/exceptions/decide", {"outcome": "continue"})
        # Who was accepted has departed meanwhile: that was the click.
        await _serve(trade, order_id, SERVING[max(1, PHASES[phase][0]) :])
        await trade.customer.command(f"/api/orders/{order_id}/confirm")
    return (await trade.town.closed(order_id)).phase


async def _serve(trade: Trade, order_id: int, steps: list[str]) -> None:
    for step in steps:
        body = {"code": await trade.code(order_id)} if step == "start" else None
        await trade.worker.command(f"/api/orders/{order_id}/{step}", body)
