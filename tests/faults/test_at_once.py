"""Several people want the same thing at the same moment, over two servers and two workers: one gets it, whole."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.town import FaultyTown
from tests.workflows.fates import offered
from tests.world import slot_rush
from tests.world.people import Customer, Refused, next_number
from tests.world.places import customer_phone
from tests.world.town import in_database
from web.orders.models import Offer, Order
from web.scheduling.models import Reservation


async def test_two_accepts_of_one_offer_at_once_take_it_once(town: FaultyTown) -> None:
    async with town.trade() as trade, AsyncExitStack() as stack:
        order_id = await trade.dispatched()
        offer = await trade.worker.next_offer()
        path = f"/api/offers/{offer['id']}/accept"
        phones = [await stack.enter_async_context(town.phone(trade.worker, server=number)) for number in (0, 1)]
        codes = await _codes(*(phone.command(path) for phone in phones))
        assert codes[0] == "done"
        assert codes[1] in ("offer_closed", "not_allowed")
        assert (await town.timeline(order_id)).count("accepted") == 1
        assert await in_database(_holders, order_id) == [trade.worker.id]


async def test_an_accept_and_an_assignment_to_another_at_once_leave_the_order_with_one_of_them(
    town: FaultyTown,
) -> None:
    async with town.trade(workers=2) as trade, town.dispatcher() as dispatcher:
        order_id = await trade.dispatched()
        asked = await offered(trade)
        (other,) = (worker for worker in trade.workers if worker is not asked)
        offer = await asked.next_offer()
        codes = await _codes(
            asked.command(f"/api/offers/{offer['id']}/accept"),
            dispatcher.command(f"/api/orders/{order_id}/assign", {"worker_id": other.id}),
        )
        assert codes[0] == "done"
        assert codes[1] in ("offer_closed", "not_allowed")
        row = await town.row(order_id)
        won = {"accepted": asked.id, "assigned": other.id}
        assert row.worker_id == won[(await town.timeline(order_id))[-1]]
        assert await in_database(_holders, order_id) == [row.worker_id]
        assert await in_database(_offer_states, order_id) in (["accepted"], ["accepted", "withdrawn"])


async def test_of_four_who_book_the_only_free_worker_at_once_one_gets_him(town: FaultyTown) -> None:
    async with town.trade() as trade, AsyncExitStack() as stack:
        starts_at = (datetime.now(UTC) + timedelta(minutes=5)).replace(microsecond=0).isoformat()
        customers = [Customer(*town.addresses, first=number) for number in range(4)]
        for customer in customers:
            stack.push_async_callback(customer.close)
            await customer.sign_in(customer_phone(next_number()))
            await customer.move_in()
        codes = await _codes(*(_book(customer, trade.service_id, starts_at) for customer in customers))
        assert codes == ["done", "slot_taken", "slot_taken", "slot_taken"]
        orders = await in_database(_orders_of, [customer.id for customer in customers])
        assert len(orders) == 1
        assert await in_database(_holders, orders[0]) == [trade.worker.id]


async def test_of_forty_who_race_for_four_times_of_one_worker_four_get_one_each(town: FaultyTown) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    starts = [(now + timedelta(minutes=10 * ahead)).isoformat() for ahead in (1, 2, 3, 4)]
    async with town.trade() as trade, slot_rush.crowd(town.addresses, 40) as customers:
        rush = await slot_rush.rush(customers, trade.service_id, starts)
        assert rush.codes == {"booked": 4, "slot_taken": 36}
        assert await in_database(slot_rush.kept, customers) == [(trade.worker.id, start) for start in starts]
        assert await in_database(slot_rush.orders_of, customers) == 4


async def _book(customer: Customer, service_id: int, starts_at: str) -> dict[str, Any]:
    quote = await customer.post("/api/quotes", {"service_id": service_id, "address_id": customer.address_id}, key=None)
    order = {"service_id": service_id, "address_id": customer.address_id, "starts_at": starts_at}
    return await customer.post("/api/orders", {**order, "quoted_fen": quote["total_fen"], "request": ""})


async def _codes(*attempts: Awaitable[object]) -> list[str]:
    """What became of each, all made at once: "done" first, then the codes of the refusals."""
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    codes = [outcome.body["code"] if isinstance(outcome, Refused) else "done" for outcome in outcomes]
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Refused):
            raise outcome
    return sorted(codes, key=lambda code: (code != "done", code))


def _holders(order_id: int) -> list[int]:
    """Who has time kept for the order."""
    return list(Reservation.objects.filter(order_id=order_id, active=True).values_list("worker_id", flat=True))


def _offer_states(order_id: int) -> list[str]:
    return sorted(Offer.objects.filter(order_id=order_id).values_list("state", flat=True))


def _orders_of(customers: list[int]) -> list[int]:
    return list(Order.objects.filter(customer_id__in=customers).values_list("pk", flat=True))
