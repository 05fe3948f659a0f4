"""What can become of an order, told by the people who make it so. The tests look at the ends, `record.py` keeps the
histories.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from tests.world.people import Refused, Worker
from tests.world.town import Terms, Town, Trade, in_database
from web.payments import sandbox
from web.payments.gateways import payment_number
from web.payments.models import Payment
from workflows.messages import payment_workflow_id

WRONG_CODES = 5


@dataclass(frozen=True)
class Fate:
    """tell: acts until nothing is left but to wait for the actor's end; returns the order's id."""

    tell: Callable[[Trade], Awaitable[int]]
    workers: int = 1
    terms: Terms = field(default_factory=dict)

    def trade(self, town: Town) -> AbstractAsyncContextManager[Trade]:
        """The people it needs."""
        return town.trade(workers=self.workers, terms=self.terms)


async def _settled(trade: Trade) -> int:
    order_id = await trade.accepted()
    await trade.worker.serve(order_id, code=await trade.code(order_id))
    await trade.customer.command(f"/api/orders/{order_id}/confirm")
    return order_id


async def _answered_by_the_third(trade: Trade) -> int:
    """The first refuses, the second lets it lapse, the third serves; the customer says nothing."""
    order_id = await trade.dispatched()
    first = await offered(trade)
    offer = await first.next_offer()
    await first.command(f"/api/offers/{offer['id']}/refuse", {"reason": "too_far"})
    await trade.town.until(order_id, "lapsed")
    third = await offered(trade)
    offer = await third.next_offer()
    await third.command(f"/api/offers/{offer['id']}/accept")
    await third.serve(order_id, code=await trade.code(order_id))
    return order_id


async def _grabbed(trade: Trade) -> int:
    """Three are asked at once; one says no, two grab at the same moment, and one of them has it."""
    order_id = await trade.dispatched()
    offers = await asyncio.gather(*(worker.next_offer() for worker in trade.workers))
    refusing, *grabbing = zip(trade.workers, offers, strict=True)
    await refusing[0].command(f"/api/offers/{refusing[1]['id']}/refuse", {"reason": "busy"})
    answers = await asyncio.gather(
        *(worker.command(f"/api/offers/{offer['id']}/accept") for worker, offer in grabbing), return_exceptions=True
    )
    lost = [answer.body["code"] for answer in answers if isinstance(answer, Refused)]
    if lost != ["offer_closed"]:
        raise AssertionError(f"not one winner: {answers}")
    await cancel(trade, order_id)
    return order_id


async def _by_hand(trade: Trade) -> int:
    """Nobody is asked: a dispatcher gives the order to the worker."""
    order_id = await trade.dispatched()
    await trade.town.until(order_id, "by_hand")
    async with trade.town.dispatcher() as dispatcher:
        await dispatcher.command(f"/api/orders/{order_id}/assign", {"worker_id": trade.worker.id})
    await cancel(trade, order_id)
    return order_id


async def _unpaid(trade: Trade) -> int:
    """The cashier is opened and left."""
    order_id = await trade.book()
    payment = await trade.customer.post(f"/api/orders/{order_id}/pay", {"channel": "sandbox"}, key=None)
    await trade.town.ended(payment_workflow_id(payment["payment_id"]))
    return order_id


async def _unanswered(trade: Trade) -> int:
    """The only worker lets it lapse three times; then a dispatcher gives it to him, and the customer cancels."""
    order_id = await trade.dispatched()
    await trade.town.until(order_id, "lapsed", times=3)
    await trade.town.until(order_id, "exhausted", times=3)
    async with trade.town.dispatcher() as dispatcher:
        await dispatcher.command(f"/api/orders/{order_id}/assign", {"worker_id": trade.worker.id})
    await cancel(trade, order_id)
    return order_id


async def _late(trade: Trade) -> int:
    """Late to depart, silent on the way, late to arrive, and then without the right code."""
    order_id = await trade.accepted(starts_in_s=3)
    await trade.town.until(order_id, "late_to_depart")
    await trade.worker.command(f"/api/orders/{order_id}/depart")
    await trade.town.until(order_id, "late_to_arrive")
    await trade.worker.command(f"/api/orders/{order_id}/arrive")
    for _ in range(WRONG_CODES):
        await refused(trade, order_id, "start", {"code": "no such code"})
    await cancel(trade, order_id)
    return order_id


async def _cancelled_unpaid(trade: Trade) -> int:
    order_id = await trade.book()
    await cancel(trade, order_id)
    return order_id


async def _cancelled_dispatching(trade: Trade) -> int:
    order_id = await trade.dispatched()
    await trade.worker.next_offer()
    await cancel(trade, order_id)
    return order_id


async def _cancelled_accepted(trade: Trade) -> int:
    order_id = await trade.accepted()
    await cancel(trade, order_id)
    return order_id


async def _cancelled_en_route(trade: Trade) -> int:
    order_id = await trade.accepted()
    await trade.worker.command(f"/api/orders/{order_id}/depart")
    await cancel(trade, order_id)
    return order_id


async def _cancelled_arrived(trade: Trade) -> int:
    order_id = await trade.arrived()
    await cancel(trade, order_id)
    return order_id


async def _paid_too_late(trade: Trade) -> int:
    """The customer cancels, and pays all the same at the cashier that is still open."""
    order_id = await trade.book()
    payment = await trade.customer.post(f"/api/orders/{order_id}/pay", {"channel": "sandbox"}, key=None)
    await cancel(trade, order_id)
    await trade.town.closed(order_id)
    await trade.customer.post(f"/api/sandbox/payments/{payment['payment_id']}/pay", key=None)
    await trade.town.ended(payment_workflow_id(payment["payment_id"]))
    return order_id


async def _refund_parked(trade: Trade) -> int:
    """The gateway does not give the money back until people have looked."""
    order_id = await trade.dispatched()
    number = await in_database(number_of, order_id)
    await in_database(hold, number)
    await cancel(trade, order_id)
    await trade.town.until(order_id, "refund_parked")
    await in_database(release, number)
    return order_id


async def _woken(trade: Trade) -> int:
    """Nobody is there, and nobody would look again for an hour; then a worker comes on duty."""
    order_id = await trade.book()
    await trade.worker.turn_switch(on_duty=False)
    await trade.customer.pay(order_id)
    await trade.town.until(order_id, "exhausted")
    await trade.worker.turn_switch(on_duty=True)
    offer = await trade.worker.next_offer()
    await trade.worker.command(f"/api/offers/{offer['id']}/accept")
    await cancel(trade, order_id)
    return order_id


async def _row_held(trade: Trade) -> int:
    """Somebody holds the row for longer than the local activity's three attempts last: a regular one takes over."""
    order_id = await trade.book()
    async with trade.town.row_held(order_id):
        cancelling = asyncio.create_task(cancel(trade, order_id))
        await trade.town.scheduled(order_id, "take_step")
    await cancelling
    return order_id


async def _booked_ahead(trade: Trade) -> int:
    """The visit is days away: its actor waits in a new run."""
    order_id = await trade.accepted(starts_in_s=3 * 86_400)
    await cancel(trade, order_id)
    return order_id


async def cancel(trade: Trade, order_id: int) -> None:
    """The customer changes his mind."""
    await trade.customer.command(f"/api/orders/{order_id}/cancel", {"reason": "changed_mind"})


async def refused(trade: Trade, order_id: int, step: str, body: dict[str, str] | None = None) -> Refused:
    """The first worker tries a step that must be refused."""
    try:
        await trade.worker.command(f"/api/orders/{order_id}/{step}", body)
    except Refused as refusal:
        return refusal
    raise AssertionError(f"{step} was let through")


async def offered(trade: Trade) -> Worker:
    """The worker who has an offer now."""
    while True:
        for worker in trade.workers:
            if (await worker.get("/api/worker/offers"))["items"]:
                return worker


def number_of(order_id: int) -> str:
    """The only payment's number at its gateway."""
    return payment_number(Payment.objects.get(order_id=order_id).pk)


def hold(number: str) -> None:
    """From now on the gateway gives this payment's money back to nobody."""
    sandbox.hold(out_number=number)


def release(number: str) -> None:
    """See `hold`."""
    sandbox.release(out_number=number)


FATES: dict[str, Fate] = {
    "settled": Fate(_settled),
    "answered_by_the_third": Fate(
        _answered_by_the_third,
        workers=3,
        terms={"dispatch": {"offer_s": 2}, "completion": {"autoconfirm_s": 1, "review_s": 1}},
    ),
    "grabbed": Fate(_grabbed, workers=3, terms={"dispatch": {"mode": "grab", "grab_k": 3, "grab_s": 120}}),
    "by_hand": Fate(_by_hand, terms={"dispatch": {"mode": "manual"}}),
    "unpaid": Fate(_unpaid, terms={"payment": {"window_s": 3}}),
    "unanswered": Fate(_unanswered, terms={"dispatch": {"offer_s": 0.5, "retry_s": 0.5, "unassigned_lead_s": 0}}),
    "late": Fate(_late, terms={"visit": {"depart_grace_s": 0.5, "arrive_grace_s": 1.5, "silent_after_s": 1}}),
    "cancelled_unpaid": Fate(_cancelled_unpaid),
    "cancelled_dispatching": Fate(_cancelled_dispatching),
    "cancelled_accepted": Fate(_cancelled_accepted),
    "cancelled_en_route": Fate(_cancelled_en_route),
    "cancelled_arrived": Fate(_cancelled_arrived),
    "paid_too_late": Fate(_paid_too_late),
    "refund_parked": Fate(_refund_parked, terms={"payment": {"refund_quiet_s": 1}}),
    "woken": Fate(_woken, terms={"dispatch": {"retry_s": 3600}}),
    "row_held": Fate(_row_held),
    "booked_ahead": Fate(_booked_ahead),
}
