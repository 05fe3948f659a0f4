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
PACES_S = (3.0, 1.0)
"""How long people look before they press. At the second two cores have little left, and queues are measured too."""


def measure(stack: Stack, *, each: int) -> str:
    """A JSON object for each pace: pushes and answers in ms, and what an order cost each process; `empty_request_ms`
    is the ruler, for machines differ by more than programs do.
    """
    with town_on(stack, workers=2) as town:
        return "\n".join(json.dumps(figures) for figures in asyncio.run(_measured(town, each)))


async def _measured(town: Town, each: int) -> list[dict[str, Any]]:
    async with AsyncExitStack() as stack:
        phones = [await stack.enter_async_context(_phones(town)) for _ in range(IN_FLIGHT)]
        await asyncio.gather(*(_times(*each_phones, 1.0, WARM_UP) for each_phones in phones))
        return [await _at_pace(town, phones, pace_s, each) for pace_s in PACES_S]


async def _at_pace(town: Town, phones: list[tuple[Trade, Socket, Socket]], pace_s: float, each: int) -> dict[str, Any]:
    empty = await _empty_requests(phones[0][0].customer)
    before, began = cpu_s(town.stack), time.perf_counter()
    times = await asyncio.gather(*(_times(*each_phones, pace_s, each) for each_phones in phones))
    lasted = time.perf_counter() - began
    used = {name: seconds - before.get(name, 0.0) for name, seconds in cpu_s(town.stack).items()}
    pushes, answers = zip(*(pair for pairs in times for pair in pairs), strict=True)
    return {
        "pace_s": pace_s,
        "accept_to_push_ms": percentiles_ms(pushes),
        "accept_to_answer_ms": percentiles_ms(answers),
        "empty_request_ms": percentiles_ms(empty),
        "orders": len(pushes),
        "orders_per_s": round(len(pushes) / lasted, 2),
        "cores_used": round(sum(used.values()) / lasted, 2),
        "cpu_ms_per_order": {name: round(seconds / len(pushes) * 1000) for name, seconds in used.items() if seconds},
        "in_flight": IN_FLIGHT,
        "load": os.getloadavg()[0],
    }


async def _empty_requests(person: Person) -> list[float]:
    times = []
    for _ in range(50):
        began = time.perf_counter()
        await person.http.get("/healthz")
        times.append(time.perf_counter() - began)
    return times


async def _times(
    trade: Trade, customer: Socket, worker: Socket, pace_s: float, count: int
) -> list[tuple[float, float]]:
    """Seconds from the accept to its push and to its answer, order after order."""
    times = []
    for _ in range(count):
        order_id = await trade.book(starts_in_s=600)
        await _think(pace_s)
        await trade.customer.pay(order_id)
        offer = (await _heard(worker, "offer.made", order_id))["offer"]
        await _think(pace_s)
        hearing = asyncio.create_task(_heard(customer, "order.accepted", order_id))
        began = time.perf_counter()
        await trade.worker.command(f"/api/offers/{offer['id']}/accept")
        answered = time.perf_counter() - began
        times.append(((await hearing)["at"] - began, answered))
        await _think(pace_s)
        await cancel(trade, order_id)
    return times


async def _think(pace_s: float) -> None:
    await asyncio.sleep(pace_s * random.uniform(0.5, 1.5))


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
