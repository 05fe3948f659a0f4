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
from tests.bench.figures import cpu_s, percentiles_ms
from tests.hub.client import Client as Socket
from tests.hub.client import opened
from tests.workflows.fates import cancel
from tests.world.people import Person
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
        phones = [await stack.enter_async_context(_phones(town)) for _ in range(IN_FLIGHT)]
        await asyncio.gather(*(_times(*each_phones, WARM_UP) for each_phones in phones))
        before = cpu_s(town.stack)
        times = await asyncio.gather(*(_times(*each_phones, each) for each_phones in phones))
        used = {name: seconds - before.get(name, 0.0) for name, seconds in cpu_s(town.stack).items()}
    pushes, answers = zip(*(pair for pairs in times for pair in pairs), strict=True)
    return {
        "accept_to_push_ms": percentiles_ms(pushes),
        "accept_to_answer_ms": percentiles_ms(answers),
        "orders": len(pushes),
        "cpu_ms_per_order": {name: round(seconds / len(pushes) * 1000) for name, seconds in used.items() if seconds},
        "in_flight": IN_FLIGHT,
        "load": os.getloadavg()[0],
    }


async def _times(trade: Trade, customer: Socket, worker: Socket, count: int) -> list[tuple[float, float]]:
    """Seconds from the accept to its push and to its answer, order after order."""
    times = []
    for _ in range(count):
        order_id = await trade.book(starts_in_s=600)
        await _think()
        await trade.customer.pay(order_id)
        offer = (await _heard(worker, "offer.made", order_id))["offer"]
        await _think()
        hearing = asyncio.create_task(_heard(customer, "order.accepted", order_id))
        began = time.perf_counter()
        await trade.worker.command(f"/api/offers/{offer['id']}/accept")
        answered = time.perf_counter() - began
        times.append(((await hearing)["at"] - began, answered))
        await _think()
        await cancel(trade, order_id)
    return times


async def _think() -> None:
    await asyncio.sleep(THINK_S * random.uniform(0.5, 1.5))


async def _heard(socket: Socket, type: str, order_id: int) -> dict[str, Any]:
    """The event's data, and `at`: when the socket had it."""
    while True:
        event = (await socket.publication(60))["data"]
        card = event["data"].get("order") or event["data"].get("offer") or {"id": None}
        if event["type"] == type and card.get("order_id", card["id"]) == order_id:
            return {**event["data"], "at": time.perf_counter()}


@asynccontextmanager
async def _phones(town: Town) -> AsyncIterator[tuple[Trade, Socket, Socket]]:
    """A trade, and the sockets of its customer and its worker: people hear, they do not ask again and again."""
    async with (
        town.trade() as trade,
        _listening(town, trade.customer, "customer") as customer,
        _listening(town, trade.worker, "worker") as worker,
    ):
        yield trade, customer, worker


@asynccontextmanager
async def _listening(town: Town, person: Person, kind: str) -> AsyncIterator[Socket]:
    token = (await person.post("/api/hub/token", key=None))["token"]
    url = town.addresses[0].replace("http", "ws", 1) + "/connection/websocket"
    async with opened(url, token) as socket:
        await socket.do("subscribe", channel=f"{kind}:{person.id}")
        yield socket
