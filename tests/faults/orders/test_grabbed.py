"""抢单 by hundreds at once: one has the order, all others hear that it is gone, and nobody's time is given twice."""

import asyncio
from contextlib import AsyncExitStack
from statistics import quantiles
from uuid import uuid4

import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.orders import grabbers
from tests.faults.orders.grabbers import GONE, Grab
from tests.faults.town import FaultyTown, eventually
from tests.hub.client import Client as Socket
from tests.workflows.fates import cancel
from tests.world.people import Person
from tests.world.town import Trade, in_database
from web.accounts.tokens import issue_access
from web.orders.models import Offer
from workflows import client

WATCHED = 10
"""About so many of them have their app open."""

SOON, APART_S = 3_600.0, 180.0


@pytest.mark.case(2, "hundreds grab one order at once: one has it, and all others are told that it is gone")
async def test_one_has_it_and_all_others_are_told(
    town: FaultyTown, case: Case, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs, asked = size((1, 50), (25, 500))
    # The way from the API to the actors is this process's, too.
    monkeypatch.setattr(client.Process, "client", await town.temporal())
    terms = {"dispatch": {"mode": "grab", "grab_k": asked, "grab_s": 600}}
    grabs, order_ids = list[Grab](), list[int]()
    async with town.trade(terms=terms) as trade, AsyncExitStack() as stack:
        # One more than are asked: of two orders at one time each is kept for somebody whom the other cannot have.
        crowd = [trade.worker.id, *await in_database(grabbers.more_workers, trade.service_id, asked)]
        watching = {worker: await _socket(stack, town, worker) for worker in crowd[:: len(crowd) // WATCHED]}
        for pair in range(pairs):
            # Both at one time, and everybody is asked for both: who has the first cannot have the second.
            calls = await asyncio.gather(*(_called(trade, SOON + pair * APART_S) for _ in range(2)))
            assert [len(offers) for offers in calls] == [asked, asked]
            for offers in calls:
                order_ids.append(offers[0].order_id)
                case.say(f"{asked} workers grab order {len(order_ids)} of {2 * pairs}")
                grabs += await _one_has_it(offers, await grabbers.grab(town, offers))
            for worker, socket in watching.items():
                await _heard(socket, [offer for offers in calls for offer in offers if offer.worker_id == worker])
        assert await in_database(grabbers.overlapping) == 0
        for order_id in order_ids:
            await cancel(trade, order_id)
    waited = quantiles([one.after_s for one in grabs if one.code], n=100, method="inclusive")
    case.tell(orders=2 * pairs, workers=asked, told=sum(one.code in GONE for one in grabs))
    case.tell(told_after_p50_s=waited[49], told_after_p99_s=waited[98], longest_s=max(one.after_s for one in grabs))


async def _called(trade: Trade, starts_in_s: float) -> list[Offer]:
    """A paid order that everybody is asked for."""
    order_id = await trade.dispatched(starts_in_s=starts_in_s)
    return await eventually(grabbers.called, order_id, within_s=180)


async def _one_has_it(offers: list[Offer], grabs: list[Grab]) -> list[Grab]:
    """The same, when one has it by the answers, the row, the time that is kept, and what each is told on his topic."""
    order_id = offers[0].order_id
    won = [one.offer.worker_id for one in grabs if not one.code]
    assert len(won) == 1, f"order {order_id} has {len(won)} winners"
    assert {one.code for one in grabs if one.code} <= GONE
    assert await in_database(grabbers.winner, order_id) == won[0]
    assert await in_database(grabbers.kept_for, order_id) == won
    ends = {offer.worker_id: Offer.ACCEPTED if offer.worker_id in won else Offer.GRABBED for offer in offers}
    assert await in_database(grabbers.told, offers) == ends
    return grabs


async def _heard(socket: Socket, offers: list[Offer]) -> None:
    """His phone says so, too, of each of these offers."""
    waiting = {offer.pk for offer in offers}
    while waiting:
        event = (await socket.publication(60))["data"]
        if event["type"] == "offer.closed":
            waiting.discard(event["data"]["offer_id"])


async def _socket(stack: AsyncExitStack, town: FaultyTown, worker_id: int) -> Socket:
    worker = Person(*town.addresses)
    stack.push_async_callback(worker.close)
    worker.signed_in(await in_database(lambda: issue_access(user_id=worker_id, family=uuid4())), worker_id)
    socket = await stack.enter_async_context(town.socket(worker, server=worker_id % 2))
    await socket.do("subscribe", channel=f"worker:{worker_id}")
    return socket
