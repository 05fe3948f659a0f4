"""Each deadline of an order, and the command that races with it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from tests.workflows.fates import cancel
from tests.world.town import Terms, Trade, in_database
from web.orders.models import Offer, Order

SOON_S = 12
AHEAD_S = 1800
"""A visit is so far ahead that it is found a worker however slow the machine is; its graces are so long before it."""
Event = tuple[str, str]


@dataclass(frozen=True)
class Race:
    """bring: an order that waits for the deadline. due: when it is. act: the command.

    command, deadline: (type, role) of the event of each; command None: it is refused, before and after.
    excludes: one of the two happens, never both.
    """

    terms: Terms
    bring: Callable[[Trade], Awaitable[int]]
    due: Callable[[int], datetime | None]
    act: Callable[[Trade, int], Awaitable[object]]
    command: Event | None
    deadline: Event
    excludes: bool = True


def _of_row(name: str) -> Callable[[int], datetime | None]:
    def due(order_id: int) -> datetime | None:
        found: datetime | None = getattr(Order.objects.get(pk=order_id), name)
        return found

    return due


def _offer_due(order_id: int) -> datetime:
    return Offer.objects.filter(order_id=order_id).earliest("pk").due_at


async def _at_the_cashier(trade: Trade) -> int:
    order_id = await trade.book()
    await trade.customer.open_payment(order_id)
    return order_id


async def _pay(trade: Trade, order_id: int) -> object:
    await trade.customer.pay(order_id)
    # Whether that was in time, the order says.
    return await trade.town.row(order_id)


async def _offered(trade: Trade) -> int:
    order_id = await trade.dispatched()
    await trade.worker.next_offer()
    return order_id


async def _accept(trade: Trade, order_id: int) -> object:
    offer = await in_database(Offer.objects.filter(order_id=order_id).earliest, "pk")
    return await trade.worker.command(f"/api/offers/{offer.pk}/accept")


async def _accepted(trade: Trade) -> int:
    return await trade.accepted(starts_in_s=AHEAD_S)


async def _under_way(trade: Trade) -> int:
    order_id = await trade.accepted(starts_in_s=AHEAD_S)
    await trade.worker.command(f"/api/orders/{order_id}/depart")
    return order_id


async def _finished(trade: Trade) -> int:
    order_id = await trade.accepted()
    await trade.worker.serve(order_id, code=await trade.code(order_id))
    return order_id


async def _completed(trade: Trade) -> int:
    order_id = await _finished(trade)
    await trade.customer.command(f"/api/orders/{order_id}/confirm")
    return order_id


def _step(name: str) -> Callable[[Trade, int], Awaitable[object]]:
    return lambda trade, order_id: trade.worker.command(f"/api/orders/{order_id}/{name}")


async def _confirm(trade: Trade, order_id: int) -> object:
    return await trade.customer.command(f"/api/orders/{order_id}/confirm")


PUNCTUAL: Terms = {
    "visit": {"depart_grace_s": SOON_S - AHEAD_S, "arrive_grace_s": SOON_S - AHEAD_S, "silent_after_s": 300}
}

RACES: dict[str, Race] = {
    "payment_due": Race(
        {"payment": {"window_s": SOON_S}},
        _at_the_cashier,
        _of_row("payment_due"),
        _pay,
        ("paid", "system"),
        ("payment_lapsed", "system"),
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
        _step("depart"),
        ("departed", "worker"),
        ("late_to_depart", "system"),
        excludes=False,
    ),
    "arrive_by": Race(
        PUNCTUAL,
        _under_way,
        _of_row("arrive_by"),
        _step("arrive"),
        ("arrived", "worker"),
        ("late_to_arrive", "system"),
        excludes=False,
    ),
    "autoconfirm_at": Race(
        {"completion": {"autoconfirm_s": SOON_S}},
        _finished,
        _of_row("autoconfirm_at"),
        _confirm,
        ("completed", "customer"),
        ("completed", "system"),
    ),
    "review_until": Race(
        {"completion": {"review_s": SOON_S}}, _completed, _of_row("review_until"), cancel, None, ("closed", "system")
    ),
}
"""By the field of Deadlines. A new one has a line here, or test_deadlines.py says so."""
