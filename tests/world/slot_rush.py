"""A crowd that books the few free times of one worker over HTTP, all at the same moment."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from tests.world.people import Customer, Refused
from tests.world.town import in_database
from web.accounts.models import User
from web.accounts.tokens import issue_access
from web.orders.models import Order
from web.scheduling.models import Reservation
from workflows.transitions import Role

MOVING_AT_ONCE = 16
PAUSE_S = 0.5
PATIENCE_S = 300.0
"""How long one asks again where servers are too busy, and how long he waits in between."""


@dataclass
class Rush:
    """What it came to: how often each answer was given ("booked", or the refusal's code), and how long each took."""

    codes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


@asynccontextmanager
async def crowd(addresses: Sequence[str], number: int) -> AsyncIterator[list[Customer]]:
    """So many customers, signed in and at home, each on a connection of his own, over all the servers."""
    ids = await in_database(_make_customers, number)
    customers = [Customer(*addresses, first=place) for place in range(number)]
    gate = asyncio.Semaphore(MOVING_AT_ONCE)

    async def move_in(customer: Customer, user_id: int) -> None:
        customer.signed_in(issue_access(user_id=user_id, family=uuid4()), user_id)
        async with gate:
            await customer.move_in()

    try:
        await asyncio.gather(*map(move_in, customers, ids))
        yield customers
    finally:
        await asyncio.gather(*(customer.close() for customer in customers))


async def rush(customers: Sequence[Customer], service_id: int, starts: Sequence[str]) -> Rush:
    """Each books one of the times. Where a server is too busy and answers 503 he asks again, as his app does.

    Raises Refused for an answer that is neither an order nor a refusal by the rules.
    """
    found = Rush()
    wanted = {"service_id": service_id, "address_id": customers[0].address_id}
    quote = await customers[0].post("/api/quotes", wanted, key=None)

    async def book(place: int, customer: Customer) -> None:
        body = {
            **wanted,
            "address_id": customer.address_id,
            "starts_at": starts[place % len(starts)],
            "quoted_fen": quote["total_fen"],
            "request": "",
        }
        began = time.perf_counter()
        found.codes[await _book(customer, body)] += 1
        found.seconds.append(time.perf_counter() - began)

    await asyncio.gather(*(book(place, customer) for place, customer in enumerate(customers)))
    return found


async def _book(customer: Customer, body: Mapping[str, Any]) -> str:
    """What became of it. 503 has written nothing: the same again, with the same key, until he has no patience left.

    Raises Refused then, as for any answer that is no refusal by the rules.
    """
    key, until = uuid4().hex, time.monotonic() + PATIENCE_S
    while True:
        try:
            await customer.post("/api/orders", body, key=key)
        except Refused as refused:
            if refused.status == HTTPStatus.CONFLICT:
                return str(refused.body["code"])
            if refused.status != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() + PAUSE_S > until:
                raise
            await asyncio.sleep(PAUSE_S)
        else:
            return "booked"


def kept(customers: Sequence[Customer]) -> list[tuple[int, str]]:
    """(worker, start) of all that is kept for orders of theirs, the soonest first."""
    orders = Order.objects.filter(customer_id__in=[customer.id for customer in customers])
    rows = Reservation.objects.filter(order_id__in=orders.values("pk"), active=True).order_by("starts_at")
    return [(row.worker_id, row.starts_at.isoformat()) for row in rows]


def orders_of(customers: Sequence[Customer]) -> int:
    """How many orders they have between them."""
    return Order.objects.filter(customer_id__in=[customer.id for customer in customers]).count()


def _make_customers(number: int) -> list[int]:
    users = User.objects.bulk_create(User(role=Role.CUSTOMER, password="!") for _ in range(number))
    return [user.pk for user in users]
