"""What may happen in many phases, in each of them: what no day brings, so that every line of the table is in one."""

from collections.abc import AsyncIterator
from contextlib import suppress

from temporalio.service import RPCError

from tests.workflows.fate import Fate
from tests.workflows.walk import BY_HAND, LINE, Walk, walk
from tests.world.plants import SHOES
from tests.world.town import Trade, in_database
from web.payments import sandbox
from web.payments.gateways import payment_number, refund_number
from web.payments.models import Payment, Refund
from workflows.messages import refund_workflow_id

AHEAD_S = 1_800.0
BACK_FEN = 100


async def _reported_on_the_way(trade: Trade) -> int:
    """Something is wrong, says each of them, in each phase until the worker is on his way; then staff end it."""
    async with walk(trade) as here:
        for phase in LINE[:3]:
            await here.to(phase)
            await _reported_by_each(here)
        await here.call_off()
        return here.order_id


async def _reported_at_the_door(trade: Trade) -> int:
    """The same from the door on, and once by all of them at the same time; staff end it before it is confirmed."""
    async with walk(trade) as here:
        for phase in LINE[3:6]:
            await here.to(phase)
            await _reported_by_each(here)
        await here.report(here.customer)
        for person in (here.worker, here.staff, here.customer):
            await here.report(person, "dispute")
        await here.decide("continue_with_supplement")
        await here.call_off()
        return here.order_id


async def _reported_by_each(here: Walk) -> None:
    people = [here.customer, here.staff] if here.phase == LINE[0] else [here.customer, here.staff, here.worker]
    for person in people:
        await here.report(person)
        if person is here.staff:
            await here.decide("continue")
        else:
            await here.say(person, "exceptions/withdraw")


async def _called_off_unpaid(trade: Trade) -> int:
    """The customer changes what he wants and when; staff end the order before he has paid."""
    order_id = await trade.book()
    async with trade.town.dispatcher() as staff:
        here = Walk(trade, staff, order_id, trade.worker)
        await here.say(here.customer, "request", {"request": SHOES})
        await here.later(here.customer, by_s=60)
        await here.call_off()
    return order_id


async def _changed_while_dispatching(trade: Trade) -> int:
    """Another request, address and time, twice; then staff end it."""
    async with walk(trade) as here:
        await here.say(here.customer, "request", {"request": SHOES})
        await here.moves_house()
        await here.later(here.customer, by_s=60)
        await here.later(here.staff, by_s=60)
        await here.call_off()
        return here.order_id


async def _changed_when_accepted(trade: Trade) -> int:
    """The same with a worker, who gives it back; the next one asks for another time, in vain, and staff end it."""
    async with walk(trade) as here:
        await here.to("ACCEPTED")
        await here.say(here.customer, "request", {"request": SHOES})
        await here.moves_house()
        await here.later(here.staff, by_s=60)
        await here.say(here.worker, "hand-back", {"reason": "busy"})
        await here.gone_back(trade.workers[1])
        await here.to("ACCEPTED")
        for person, word in ((here.customer, "decline"), (here.worker, "withdraw")):
            await here.later(here.worker, by_s=120, how="proposals/move")
            await here.answers(person, word)
        await here.call_off()
        return here.order_id


async def _lost_on_the_way(trade: Trade) -> int:
    """He sets out and does not come; the customer says so."""
    async with walk(trade, starts_in_s=AHEAD_S) as here:
        await here.to("EN_ROUTE")
        await here.happened("not_arrived")
        await here.say(here.customer, "worker-absent")
        return here.order_id


async def _taken_off_everywhere(trade: Trade) -> int:
    """One is taken off on the way, one at the door; what the third reports moves the visit, and then ends it."""
    async with walk(trade) as here:
        for phase, following in zip(("EN_ROUTE", "ARRIVED"), trade.workers[1:], strict=True):
            await here.to(phase)
            await here.say(here.staff, "take-off", {"reason": "unwell", "failed": False})
            await here.gone_back(following)
        await here.to("ACCEPTED")
        await here.report(here.worker)
        await here.later(here.staff, by_s=60)
        await here.report(here.customer)
        await here.decide("cancel_with_refund", refund_bp=5_000)
        return here.order_id


async def _paid_for_everywhere(trade: Trade) -> int:
    """More is paid in every phase that it can be: a dearer address, taken back and asked for anew; what is found at the
    door; and while they argue.
    """
    async with walk(trade) as here:
        for paid, phase in enumerate(("DISPATCHING", "ACCEPTED"), start=1):
            await here.to(phase)
            await here.moves_house(dearer_by_fen=100)
            await here.answers(here.customer, "withdraw")
            await here.moves_house()
            await here.pays()
            await here.happened("address_changed", paid)
        await here.to("ARRIVED")
        await here.proposes()
        await here.answers(here.worker, "withdraw")
        await here.to("IN_SERVICE")
        await _asked_three_times(here, paid=1)
        await here.report(here.worker)
        await _asked_three_times(here, paid=2)
        await here.decide("continue")
        await here.proposes()
        await here.answers(here.customer, "approve")
        await here.to("AWAITING_CONFIRMATION")
        await here.pays()
        await here.happened("supplement_paid", 3)
        await here.report(here.customer)
        await here.decide("end_early", refund_bp=3_333)
        return here.order_id


async def _asked_three_times(here: Walk, *, paid: int) -> None:
    """Declined, withdrawn, paid."""
    for person, word in ((here.customer, "decline"), (here.worker, "withdraw"), (here.customer, "approve")):
        await here.proposes()
        await here.answers(person, word)
    await here.pays()
    await here.happened("supplement_paid", paid)


async def _agreed_and_not_paid(trade: Trade) -> int:
    """A dearer address, what is found at the door, and while they argue: nobody pays, and it lapses."""
    async with walk(trade) as here:
        await here.moves_house(dearer_by_fen=100)
        await here.happened("proposal_lapsed")
        await here.to("IN_SERVICE")
        await _left_unpaid(here)
        await here.happened("proposal_lapsed", 2)
        await here.report(here.worker)
        await _left_unpaid(here)
        await here.happened("proposal_lapsed", 3)
        await here.decide("continue")
        await here.call_off()
        return here.order_id


async def _finished_and_not_paid(trade: Trade) -> int:
    """What was agreed on can be paid when the work is done, for a while; nobody does."""
    async with walk(trade) as here:
        await here.to("IN_SERVICE")
        await _left_unpaid(here)
        await here.to("AWAITING_CONFIRMATION")
        await here.happened("proposal_lapsed")
        await here.to("COMPLETED")
        return here.order_id


async def _left_unpaid(here: Walk) -> None:
    await here.proposes()
    await here.answers(here.customer, "approve")


async def _parked_everywhere(trade: Trade) -> int:
    """The gateway takes none of many refunds: people hear of one more in every phase. In the end it takes them all."""
    async with walk(trade) as here:
        actor = await trade.town.actor(here.order_id)
        async for parked, refund_id in _agreed_on_for_each_phase(here):
            await actor.signal("refund_parked", refund_id)
            await here.happened("refund_parked", parked)
        await in_database(_release, here.order_id)
        return here.order_id


async def _refunded_everywhere(trade: Trade) -> int:
    """The gateway takes none of many refunds until people have heard of them, and then one in every phase."""
    async with walk(trade) as here:
        client = await trade.town.temporal()
        async for refunded, refund_id in _agreed_on_for_each_phase(here):
            await here.happened("refund_parked", len(await in_database(_refunds, here.order_id)))
            await in_database(_take_only, here.order_id, refund_id)
            with suppress(RPCError):  # it has just tried again by itself
                await client.get_workflow_handle(refund_workflow_id(refund_id)).signal("retry")
            await here.happened("refunded", refunded)
        return here.order_id


async def _agreed_on_for_each_phase(here: Walk) -> AsyncIterator[tuple[int, int]]:
    """Refunds are agreed on while the work goes on; then (its number, id) of one in each phase that such an order may
    come to: it is interrupted, somebody else begins anew, and it is done.
    """
    await here.to("IN_SERVICE")
    await in_database(_hold, here.order_id)
    for _ in range(7):
        await _agreed_on(here)
    refunds = iter(enumerate(await in_database(_refunds, here.order_id), start=1))
    yield next(refunds)
    await here.report(here.worker)
    yield next(refunds)
    await here.decide("send_somebody_else", failed=False)
    await here.gone_back(here.trade.workers[1])
    for phase in LINE[:4]:
        await here.to(phase)
        yield next(refunds)
    await here.to("AWAITING_CONFIRMATION")
    await in_database(_hold, here.order_id)
    await _agreed_on(here)
    yield 7, (await in_database(_refunds, here.order_id))[-1]
    await here.to("COMPLETED")
    await here.happened("settled")
    yield 8, next(refunds)[1]


async def _agreed_on(here: Walk) -> None:
    await here.say(here.staff, "refund", {"amount_fen": BACK_FEN, "reason": "goodwill"})


def _refunds(order_id: int) -> list[int]:
    return list(Refund.objects.filter(payment__order_id=order_id).order_by("pk").values_list("pk", flat=True))


def _hold(order_id: int) -> None:
    sandbox.hold(out_number=payment_number(Payment.objects.get(order_id=order_id).pk))


def _release(order_id: int) -> None:
    sandbox.release(out_number=payment_number(Payment.objects.get(order_id=order_id).pk))


def _take_only(order_id: int, refund_id: int) -> None:
    for one in _refunds(order_id):
        sandbox.misbehave(out_number=refund_number(one), mood=sandbox.DOWN)
    sandbox.behave(out_number=refund_number(refund_id))
    _release(order_id)


EVERYWHERE: dict[str, Fate] = {
    "reported_on_the_way": Fate(_reported_on_the_way, terms=BY_HAND),
    "reported_at_the_door": Fate(_reported_at_the_door, terms=BY_HAND),
    "called_off_unpaid": Fate(_called_off_unpaid),
    "changed_while_dispatching": Fate(_changed_while_dispatching, terms=BY_HAND),
    "changed_when_accepted": Fate(_changed_when_accepted, workers=2, terms=BY_HAND),
    "lost_on_the_way": Fate(
        _lost_on_the_way,
        terms={**BY_HAND, "visit": {"arrive_grace_s": 25 - AHEAD_S}, "no_show": {"worker_grace_s": 0.5}},
    ),
    "taken_off_everywhere": Fate(_taken_off_everywhere, workers=3, terms=BY_HAND),
    "paid_for_everywhere": Fate(_paid_for_everywhere, terms=BY_HAND),
    "agreed_and_not_paid": Fate(_agreed_and_not_paid, terms={**BY_HAND, "supplement": {"pay_s": 1}}),
    "finished_and_not_paid": Fate(_finished_and_not_paid, terms={**BY_HAND, "supplement": {"pay_s": 6}}),
    "parked_everywhere": Fate(
        _parked_everywhere, workers=2, terms={**BY_HAND, "payment": {"refund_quiet_s": 3_600, "window_s": 300}}
    ),
    "refunded_everywhere": Fate(
        _refunded_everywhere, workers=2, terms={**BY_HAND, "payment": {"refund_quiet_s": 1, "window_s": 300}}
    ),
}
"""By name. A line of the table that no history of tests/workflows/histories has belongs into one of these."""
