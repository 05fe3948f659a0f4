"""What `accept_to_push.py` does once Django is there."""

import asyncio
import json
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from config.stack.embedded import Stack
from tests.bench.figures import percentiles_ms
from tests.hub.client import Client as Socket
from tests.hub.client import opened
from tests.workflows.fates import cancel
from tests.world.town import Town, Trade, town_on

IN_FLIGHT = 10
WARM_UP = 2
THINK_S = 1.0
"""People look before they press: without it ten orders are as many as two cores can drive, and queues are measured."""


def measure(stack: Stack, *, each: int) -> str:
    """One JSON object: pushes and answers in ms."""
    with town_on(stack, workers=2) as town:
        return json.dumps(asyncio.run(_measured(town, each)))


async def _measured(town: Town, each: int) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        trades = [await stack.enter_async_context(town.trade()) for _ in range(IN_FLIGHT)]
        sockets = [await stack.enter_async_context(_listening(trade)) for trade in trades]
        await asyncio.gather(*(_times(*pair, WARM_UP) for pair in zip(trades, sockets, strict=True)))
        times = await asyncio.gather(*(_times(*pair, each) for pair in zip(trades, sockets, strict=True)))
    pushes, answers = zip(*(pair for pairs in times for pair in pairs), strict=True)
    return {
        "accept_to_push_ms": percentiles_ms(pushes),
        "accept_to_answer_ms": percentiles_ms(answers),
        "orders": len(pushes),
        "in_flight": IN_FLIGHT,
        "load": os.getloadavg()[0],
    }


async def _times(trade: Trade, socket: Socket, count: int) -> list[tuple[float, float]]:
    """Seconds from the accept to its push and to its answer, order after order."""
    times = []
    for _ in range(count):
        order_id = await trade.book(starts_in_s=600)
        await _think()
        await trade.customer.pay(order_id)
        offer = await trade.worker.next_offer(within_s=60)
        await _think()
        hearing = asyncio.create_task(_heard(socket, order_id))
        began = time.perf_counter()
        await trade.worker.command(f"/api/offers/{offer['id']}/accept")
        answered = time.perf_counter() - began
        times.append((await hearing - began, answered))
        await _think()
        await cancel(trade, order_id)
    return times


async def _think() -> None:
    await asyncio.sleep(THINK_S * random.uniform(0.5, 1.5))


async def _heard(socket: Socket, order_id: int) -> float:
    """When the customer's socket had the event."""
    while True:
        event = (await socket.publication(60))["data"]
        if event["type"] == "order.accepted" and event["data"]["order"]["id"] == order_id:
            return time.perf_counter()


@asynccontextmanager
async def _listening(trade: Trade) -> AsyncIterator[Socket]:
    """The customer's socket, subscribed to what is his."""
    token = (await trade.customer.post("/api/hub/token", key=None))["token"]
    url = trade.town.addresses[0].replace("http", "ws", 1) + "/connection/websocket"
    async with opened(url, token) as socket:
        await socket.do("subscribe", channel=f"customer:{trade.customer.id}")
        yield socket
