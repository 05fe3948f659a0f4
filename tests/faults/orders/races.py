"""Each deadline of an order's phases, and the command that races with it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from tests.world.people import Person
from tests.world.plants import CLAIM
from tests.world.town import Terms, Trade, in_database
from web.orders.models import Offer, Order

SOON_S = 12
AHEAD_S = 1800
"""A visit is so far ahead that it is found a worker however slow the machine is; its graces are so long before it."""
Event = tuple[str, str]


Act = Callable[[Trade, int, Person], Awaitable[object]]


class Both(Enum):
    """What may become of the two. NEVER: one of them happens. LATE: the deadline only before the command, which says
    that it is too late but may still come. ALWAYS: each happens, in whatever order.
    """

    NEVER, LATE, ALWAYS = 1, 2, 3


@dataclass(frozen=True)
class Race:
    """bring: an order that waits for the deadline. due: when it is. act: the command, by its people or by staff.

    command, deadline: (type, role) of the event of each. money: the command is a payment, and what becomes of it the
    order says later.
    """

    terms: Terms
    bring: Callable[[Trade, Person], Awaitable[int]]
    due: Callable[[int], datetime | None]
    act: Act
    command: Event
    deadline: Event
    both: Both = Both.NEVER
    money: bool = False
    workers: int = 1


def _of_row(name: str) -> Callable[[int], datetime | None]:
    def due(order_id: int) -> datetime | None:
        found: datetime | None = getattr(Order.objects.get(pk=order_id), name)
        return found

    return due


def _offer_due(order_id: int) -> datetime:
    return Offer.objects.filter(order_id=order_id).earliest("pk").due_at


async def _at_the_cashier(trade: Trade, _: Person) -> int:
    order_id = await trade.book()
    await trade.customer.open_payment(order_id)
    return order_id


async def _pay(trade: Trade, order_id: int, _: Person) -> object:
    return await trade.customer.pay(order_id)


async def _offered(trade: Trade, _: Person) -> int:
    order_id = await trade.dispatched()
    await trade.worker.next_offer()
    return order_id


async def _accept(trade: Trade, order_id: int, _: Person) -> object:
    offer = await in_database(Offer.objects.filter(order_id=order_id).earliest, "pk")
    return await trade.worker.command(f"/api/offers/{offer.pk}/accept")


async def _accepted(trade: Trade, _: Person) -> int:
    return await trade.accepted(starts_in_s=AHEAD_S)


async def _under_way(trade: Trade, _: Person) -> int:
    order_id = await trade.accepted(starts_in_s=AHEAD_S)
    await trade.worker.command(f"/api/orders/{order_id}/depart")
    return order_id


async def _finished(trade: Trade, _: Person) -> int:
    order_id = await trade.accepted()
    await trade.worker.serve(order_id, code=await trade.code(order_id))
    return order_id


async def completed(trade: Trade, _: Person) -> int:
    """An order that is done, and whose customer has said so."""
    order_id = await _finished(trade, _)
    await trade.customer.command(f"/api/orders/{order_id}/confirm")
    return order_id


def by_worker(step: str) -> Act:
    """The first worker does that."""
    return lambda trade, order_id, _: trade.worker.command(f"/api/orders/{order_id}/{step}")


def by_customer(path: str, body: Any = None) -> Act:
    """The customer does that."""
    return lambda trade, order_id, _: trade.customer.command(f"/api/orders/{order_id}/{path}", body)


PUNCTUAL: Terms = {
    "visit": {"depart_grace_s": SOON_S - AHEAD_S, "arrive_grace_s": SOON_S - AHEAD_S, "silent_after_s": 300}
}

OF_PHASES: dict[str, Race] = {
    "payment_due": Race(
        {"payment": {"window_s": SOON_S}},
        _at_the_cashier,
        _of_row("payment_due"),
        _pay,
        ("paid", "system"),
        ("payment_lapsed", "system"),
        money=True,
    ),
    "offer_due": Race(
        {"dispatch": {"offer_s": SOON_S, "retry_s": 60}},
        _offered,
        _offer_due,
        _accept,
        ("accepted", "worker"),
        ("lapsed", "system"),
    ),
    "depart_by": Race(
        PUNCTUAL,
        _accepted,
        _of_row("depart_by"),
        by_worker("depart"),
        ("departed", "worker"),
        ("late_to_depart", "system"),
        both=Both.LATE,
    ),
    "arrive_by": Race(
        PUNCTUAL,
        _under_way,
        _of_row("arrive_by"),
        by_worker("arrive"),
        ("arrived", "worker"),
        ("late_to_arrive", "system"),
        both=Both.LATE,
    ),
    "autoconfirm_at": Race(
        {"completion": {"autoconfirm_s": SOON_S}},
        _finished,
        _of_row("autoconfirm_at"),
        by_customer("confirm"),
        ("completed", "customer"),
        ("completed", "system"),
    ),
    "review_until": Race(
        {"completion": {"review_s": SOON_S}},
        completed,
        _of_row("review_until"),
        by_customer("claims", {"kind": "quality", "text": CLAIM}),
        ("claimed", "customer"),
        ("closed", "system"),
    ),
}
"""By the field of Deadlines. A new one has a line here, or test_deadlines.py says so."""
