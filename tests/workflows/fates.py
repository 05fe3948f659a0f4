"""What can become of an order, told by the people who make it so. The tests look at the ends, `record.py` keeps the
histories.
"""

import asyncio
from datetime import timedelta
from typing import Any

from tests.workflows.fate import Fate as Fate
from tests.workflows.fates_everywhere import EVERYWHERE
from tests.world.people import Refused, Worker
from tests.world.plants import AGAIN, ANSWER, CLAIM, MESSAGE, MOVE, REQUEST, SUPPLEMENT
from tests.world.town import Trade, in_database
from tests.world.waiting import until
from web.orders.services.terms import put_policy
from web.payments import sandbox
from web.payments.gateways import payment_number, payout_number
from web.payments.models import Payment
from workflows.messages import payment_workflow_id

WRONG_CODES = 5


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


async def _claimed(trade: Trade) -> int:
    """The customer claims; when the window is over nobody has answered, and only the answer lets the order close."""
    order_id = await _settled(trade)
    await trade.town.until(order_id, "settled")
    await trade.customer.command(f"/api/orders/{order_id}/claims", {"kind": "quality", "text": CLAIM})
    await trade.town.until(order_id, "case_overdue")
    async with trade.town.dispatcher() as dispatcher:
        detail = await dispatcher.get(f"/api/orders/{order_id}")
        case = detail["cases"][0]["id"]
        answer = {"outcome": "noted", "text": ANSWER}
        await dispatcher.command(f"/api/orders/{order_id}/cases/{case}/answer", answer)
    return order_id


async def _claim_refunded(trade: Trade) -> int:
    """The customer claims, and staff give him a part back with their answer."""
    order_id = await _settled(trade)
    await trade.town.until(order_id, "settled")
    back = {"amount_fen": 3_000, "reason": "quality"}
    await answer_claim(trade, order_id, {"outcome": "refunded", "text": "非常抱歉", "refund": back})
    await trade.town.until(order_id, "refunded")
    return order_id


async def _reworked(trade: Trade) -> int:
    """The customer claims, and somebody else makes it good at the platform's expense; the return visit's order."""
    first_id = await trade.dispatched()
    first = await _taken(trade, first_id)
    await _served(trade, first_id, first)
    starts_at = (await trade.town.row(first_id)).starts_at + timedelta(seconds=60)
    again = {"starts_at": starts_at.isoformat(), "worker": "another", "request": AGAIN}
    await answer_claim(trade, first_id, {"outcome": "rework", "text": "马上再来", "rework": again})
    again_id = int((await trade.customer.get(f"/api/orders/{first_id}"))["reworks"][0]["id"])
    await _served(trade, again_id, await _taken(trade, again_id))
    return again_id


async def _served(trade: Trade, order_id: int, worker: Worker) -> None:
    """From setting out to the settlement."""
    await worker.serve(order_id, code=await trade.code(order_id))
    await trade.customer.command(f"/api/orders/{order_id}/confirm")
    await trade.town.until(order_id, "settled")


async def answer_claim(trade: Trade, order_id: int, answer: dict[str, Any]) -> None:
    """The customer claims, and staff answer so."""
    await trade.customer.command(f"/api/orders/{order_id}/claims", {"kind": "quality", "text": CLAIM})
    async with trade.town.dispatcher() as dispatcher:
        case = (await dispatcher.get(f"/api/orders/{order_id}"))["cases"][-1]["id"]
        await dispatcher.command(f"/api/orders/{order_id}/cases/{case}/answer", answer)


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


async def late(trade: Trade, *, starts_in_s: float = 3) -> int:
    """Late to depart, silent on the way, late to arrive, and then without the right code."""
    order_id = await trade.accepted(starts_in_s=starts_in_s)
    await trade.town.until(order_id, "late_to_depart")
    await trade.worker.command(f"/api/orders/{order_id}/depart")
    await trade.town.until(order_id, "late_to_arrive")
    await trade.worker.command(f"/api/orders/{order_id}/arrive")
    for _ in range(WRONG_CODES):
        await refused(trade, order_id, "start", {"code": "no such code"})
    await cancel(trade, order_id)
    return order_id


async def _unlocked(trade: Trade) -> int:
    """The wrong code so often that only the platform opens it again."""
    order_id = await trade.arrived()
    for _ in range(WRONG_CODES):
        await refused(trade, order_id, "start", {"code": "no such code"})
    async with trade.town.dispatcher() as dispatcher:
        await dispatcher.command(f"/api/orders/{order_id}/unlock")
    await trade.worker.command(f"/api/orders/{order_id}/start", {"code": await trade.code(order_id)})
    for step in ("steps/1", "steps/2", "finish"):
        await trade.worker.command(f"/api/orders/{order_id}/{step}")
    await trade.customer.command(f"/api/orders/{order_id}/confirm")
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
    payment_id = await trade.customer.open_payment(order_id)
    await cancel(trade, order_id)
    await trade.town.closed(order_id)
    await trade.customer.post(f"/api/sandbox/payments/{payment_id}/pay", key=None)
    await trade.town.ended(payment_workflow_id(payment_id))
    return order_id


async def _payment_parked(trade: Trade) -> int:
    """The gateway says that it was paid, and when it is asked that it was not, until people have looked."""
    order_id = await trade.book()
    payment_id = await trade.customer.open_payment(order_id)
    number = payment_number(payment_id)
    await in_database(lambda: sandbox.pay_at_cashier(out_number=number))  # its message is lost
    await in_database(lambda: sandbox.misbehave(out_number=number, mood=sandbox.FORGETS))
    await trade.town.closed(order_id)
    await until(
        lambda: in_database(Payment.objects.filter(pk=payment_id, needs_ops=True).exists),
        within_s=trade.town.patience_s,
    )
    await in_database(lambda: sandbox.behave(out_number=number))
    async with trade.town.dispatcher() as dispatcher:
        await dispatcher.post(f"/api/payments/{payment_id}/retry", key=None)
    await trade.town.ended(payment_workflow_id(payment_id))
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


async def _exception_continued(trade: Trade) -> int:
    """At the door the worker finds more than was booked; a dispatcher answers, the customer agrees, he serves on."""
    order_id = await trade.arrived()
    await trade.worker.command(f"/api/orders/{order_id}/exceptions", {"type": "scope_larger", "text": REQUEST})
    for person in (trade.worker, trade.customer):
        await person.post(f"/api/orders/{order_id}/messages", {"text": MESSAGE})
    async with trade.town.dispatcher() as dispatcher:
        await dispatcher.command(f"/api/orders/{order_id}/exceptions/answer")
    await trade.customer.command(f"/api/orders/{order_id}/exceptions/decide", {"outcome": "continue"})
    await trade.worker.command(f"/api/orders/{order_id}/exceptions", {"type": "dispute"})
    await trade.worker.command(f"/api/orders/{order_id}/exceptions/withdraw")
    await trade.worker.command(f"/api/orders/{order_id}/start", {"code": await trade.code(order_id)})
    await serve_on(trade, order_id)
    return order_id


async def serve_on(trade: Trade, order_id: int) -> None:
    """The rest of the visit, as far as the customer's word that it is done."""
    for record in (await trade.worker.get(f"/api/orders/{order_id}"))["records"]:
        await trade.worker.command(f"/api/orders/{order_id}/steps/{record['position']}")
    await trade.worker.command(f"/api/orders/{order_id}/finish")
    await trade.customer.command(f"/api/orders/{order_id}/confirm")


async def _exception_escalated(trade: Trade) -> int:
    """Nobody answers, nobody solves it, nobody decides: the manager is called twice, then the terms say it goes on."""
    order_id = await trade.accepted()
    await trade.customer.command(f"/api/orders/{order_id}/exceptions", {"type": "address_wrong", "text": REQUEST})
    await trade.town.until(order_id, "exception_continued")
    await cancel(trade, order_id)
    return order_id


async def _handed_back(trade: Trade) -> int:
    """The first takes it and sets out, and gives it back; the second never leaves, and staff take him off; the third
    serves.
    """
    order_id = await trade.dispatched()
    first = await _taken(trade, order_id)
    await first.command(f"/api/orders/{order_id}/depart")
    await first.command(f"/api/orders/{order_id}/hand-back", {"reason": "unwell"})
    await _taken(trade, order_id)
    async with trade.town.dispatcher() as dispatcher:
        await dispatcher.command(f"/api/orders/{order_id}/take-off", {"reason": "unreachable", "failed": True})
    third = await _taken(trade, order_id)
    await third.serve(order_id, code=await trade.code(order_id))
    await trade.customer.command(f"/api/orders/{order_id}/confirm")
    return order_id


async def customer_absent(trade: Trade, *, starts_in_s: float = 3) -> int:
    """Nobody opens, and the clock runs out."""
    order_id = await trade.accepted(starts_in_s=starts_in_s)
    await trade.worker.command(f"/api/orders/{order_id}/depart")
    await trade.worker.be_at()
    await trade.worker.command(f"/api/orders/{order_id}/arrive")
    await trade.worker.command(f"/api/orders/{order_id}/report-absent")
    return order_id


async def _cancelled_by_staff(trade: Trade) -> int:
    """Nobody opens, the customer says that he is there: staff end it, half for the worker."""
    order_id = await trade.arrived()
    await trade.worker.command(f"/api/orders/{order_id}/report-absent")  # without a position: no clock decides
    await trade.customer.command(f"/api/orders/{order_id}/am-here")
    async with trade.town.dispatcher() as dispatcher:
        body = {"reason": "dispute", "refund_bp": 5_000, "worker_share_bp": 10_000, "customer_compensation_fen": 500}
        await dispatcher.command(f"/api/orders/{order_id}/call-off", body)
    return order_id


async def never_came(trade: Trade, *, starts_in_s: float = 2) -> int:
    """He does not leave, he does not come; then the customer says so."""
    order_id = await trade.accepted(starts_in_s=starts_in_s)
    await trade.town.until(order_id, "not_departed")
    await trade.town.until(order_id, "not_arrived")
    await trade.customer.command(f"/api/orders/{order_id}/worker-absent")
    return order_id


async def _taken(trade: Trade, order_id: int) -> Worker:
    """Whoever has the offer accepts it."""
    worker = await offered(trade)
    offer = await worker.next_offer()
    await worker.command(f"/api/offers/{offer['id']}/accept")
    return worker


async def _supplement_paid(trade: Trade) -> int:
    """At the door one supplement is declined, another paid, and a third agreed to and left unpaid."""
    order_id = await trade.arrived()
    await propose(trade, order_id, 1_000)
    await answer(trade, order_id, "decline")
    await propose(trade, order_id, 2_000)
    await answer(trade, order_id, "approve")
    await trade.customer.pay(order_id, what=f"proposals/{await proposal(trade, order_id)}/pay")
    await trade.town.until(order_id, "supplement_paid")
    await propose(trade, order_id, 3_000)
    await answer(trade, order_id, "approve")
    await trade.town.until(order_id, "proposal_lapsed")
    await trade.worker.serve_from_the_door(order_id, code=await trade.code(order_id))
    await trade.customer.command(f"/api/orders/{order_id}/confirm")
    return order_id


async def _rescheduled(trade: Trade) -> int:
    """The customer moves the visit; its worker asks for another time, twice: once unheard, once granted."""
    order_id = await trade.accepted(starts_in_s=600)
    await move(trade, order_id, "reschedule", by_s=60)
    await move(trade, order_id, "proposals/move", by_s=120)
    await trade.town.until(order_id, "proposal_lapsed")
    await move(trade, order_id, "proposals/move", by_s=60)
    await answer(trade, order_id, "approve")
    await cancel(trade, order_id)
    return order_id


async def propose(trade: Trade, order_id: int, other_fen: int) -> None:
    """The worker asks for more money."""
    body = {"other_fen": other_fen, "reason": SUPPLEMENT}
    await trade.worker.command(f"/api/orders/{order_id}/proposals/supplement", body)


async def proposal(trade: Trade, order_id: int) -> int:
    """The newest one's id."""
    return int((await trade.customer.get(f"/api/orders/{order_id}"))["proposals"][0]["id"])


async def answer(trade: Trade, order_id: int, word: str) -> None:
    """What the customer says to it."""
    await trade.customer.command(f"/api/orders/{order_id}/proposals/{await proposal(trade, order_id)}/{word}")


async def move(trade: Trade, order_id: int, how: str, *, by_s: float) -> None:
    """The visit is to start so much later."""
    person = trade.customer if how == "reschedule" else trade.worker
    starts_at = (await trade.town.row(order_id)).starts_at + timedelta(seconds=by_s)
    reason = {} if how == "reschedule" else {"reason": MOVE}
    await person.command(f"/api/orders/{order_id}/{how}", {"starts_at": starts_at.isoformat(), **reason})


async def _refunded_after_settlement(trade: Trade) -> int:
    """Staff give a part back at once, and a part after the money was shared out; the order closes when all is back."""
    order_id = await trade.arrived()
    async with trade.town.dispatcher() as dispatcher:
        await trade.worker.command(f"/api/orders/{order_id}/start", {"code": await trade.code(order_id)})
        back = {"amount_fen": 900, "reason": "goodwill", "bearer": "platform"}
        await dispatcher.command(f"/api/orders/{order_id}/refund", back)
        await trade.town.until(order_id, "refunded")
        for step in (1, 2):
            await trade.worker.command(f"/api/orders/{order_id}/steps/{step}")
        await trade.worker.command(f"/api/orders/{order_id}/finish")
        await trade.customer.command(f"/api/orders/{order_id}/confirm")
        await trade.town.until(order_id, "settled")
        await dispatcher.command(f"/api/orders/{order_id}/refund", {"amount_fen": 5_000, "reason": "quality"})
    return order_id


async def _tipped(trade: Trade) -> int:
    """The customer gives his worker something on top."""
    order_id = await _settled(trade)
    await trade.town.until(order_id, "settled")
    await trade.customer.command(f"/api/orders/{order_id}/tip", {"amount_fen": 500})
    await trade.customer.pay(order_id, what="tip/pay")
    await trade.town.until(order_id, "tipped")
    return order_id


async def _withdrawn(trade: Trade) -> int:
    """The worker has what he earned sent to his wallet, and confirms it there."""
    order_id = await _settled(trade)
    await trade.town.until(order_id, "settled")
    withdrawal_id = await ask_for_money(trade)
    async with trade.town.dispatcher() as dispatcher:
        await dispatcher.post(f"/api/withdrawals/{withdrawal_id}/review", {"approve": True})
    await withdrawal_in(trade, "waiting")
    await trade.worker.post(f"/api/sandbox/withdrawals/{withdrawal_id}/confirm", key=None)
    await withdrawal_in(trade, "paid")
    return order_id


async def _payout_in_vain(trade: Trade) -> int:
    """The channel does not answer until people have heard of it; then it does not pay him after all."""
    await in_database(lambda: put_policy(kind="withdrawal", data={"quiet_s": 1}))
    order_id = await _settled(trade)
    await trade.town.until(order_id, "settled")
    withdrawal_id = await ask_for_money(trade)
    number = payout_number(withdrawal_id)
    await in_database(lambda: sandbox.misbehave(out_number=number, mood=sandbox.DOWN))
    async with trade.town.dispatcher() as dispatcher:
        await dispatcher.post(f"/api/withdrawals/{withdrawal_id}/review", {"approve": True})
        await withdrawal_in(trade, "approved", needs_ops=True)
        await in_database(lambda: sandbox.behave(out_number=number))
        await dispatcher.post(f"/api/withdrawals/{withdrawal_id}/retry", key=None)
    await withdrawal_in(trade, "waiting")
    await in_database(lambda: sandbox.end_payout(out_number=number, state=sandbox.FAILED))
    return order_id


async def ask_for_money(trade: Trade, amount_fen: int = 5_000) -> int:
    """The worker's withdrawal; its id."""
    asked = await trade.worker.post("/api/worker/withdrawals", {"amount_fen": amount_fen, "channel": "sandbox"})
    return int(asked["id"])


async def withdrawal_in(trade: Trade, state: str, *, needs_ops: bool = False) -> None:
    """Wait until the worker's newest withdrawal is so."""

    async def is_so() -> bool:
        newest = (await trade.worker.get("/api/worker/withdrawals"))["items"][0]
        return (newest["state"], newest["needs_ops"]) == (state, needs_ops)

    await until(is_so, within_s=60)


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

    async def one() -> Worker | None:
        for worker in trade.workers:
            if (await worker.get("/api/worker/offers"))["items"]:
                return worker
        return None

    return await until(one, within_s=trade.town.patience_s)


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
    # Whom no message has reached has left nothing unanswered: once he is away there is time for one.
    "unanswered": Fate(
        _unanswered, terms={"dispatch": {"offer_s": 0.5, "away_factor": 20, "retry_s": 0.5, "unassigned_lead_s": 0}}
    ),
    "late": Fate(late, terms={"visit": {"depart_grace_s": 0.5, "arrive_grace_s": 1.5, "silent_after_s": 1}}),
    "unlocked": Fate(_unlocked),
    "cancelled_unpaid": Fate(_cancelled_unpaid),
    "cancelled_dispatching": Fate(_cancelled_dispatching),
    "cancelled_accepted": Fate(_cancelled_accepted),
    "cancelled_en_route": Fate(_cancelled_en_route),
    "cancelled_arrived": Fate(_cancelled_arrived),
    "paid_too_late": Fate(_paid_too_late),
    "payment_parked": Fate(_payment_parked, terms={"payment": {"window_s": 5, "refund_quiet_s": 1}}),
    "refund_parked": Fate(_refund_parked, terms={"payment": {"refund_quiet_s": 1}}),
    "woken": Fate(_woken, terms={"dispatch": {"retry_s": 3600}}),
    "row_held": Fate(_row_held),
    "claimed": Fate(
        _claimed,
        terms={"completion": {"autoconfirm_s": 120, "review_s": 15}, "after_sales": {"answer_s": 16}},
    ),
    "claim_refunded": Fate(_claim_refunded, terms={"completion": {"autoconfirm_s": 120, "review_s": 15}}),
    "reworked": Fate(_reworked, workers=2, terms={"completion": {"autoconfirm_s": 120, "review_s": 15}}),
    "booked_ahead": Fate(_booked_ahead),
    "exception_continued": Fate(_exception_continued),
    "exception_escalated": Fate(
        _exception_escalated, terms={"exceptions": {"answer_s": 0.5, "solve_s": 1, "decide_s": 1.5}}
    ),
    "handed_back": Fate(_handed_back, workers=3),
    "customer_absent": Fate(customer_absent, terms={"no_show": {"wait_s": 1}}),
    "cancelled_by_staff": Fate(_cancelled_by_staff),
    "never_came": Fate(
        never_came,
        terms={
            "visit": {"depart_grace_s": 0.5, "arrive_grace_s": 0.5},
            "reassign": {"give_up_s": 0.5},
            "no_show": {"worker_grace_s": 0.5},
        },
    ),
    "supplement_paid": Fate(_supplement_paid, terms={"supplement": {"pay_s": 4}}),
    "rescheduled": Fate(_rescheduled, terms={"rescheduling": {"answer_s": 3}}),
    "tipped": Fate(_tipped, terms={"completion": {"autoconfirm_s": 120, "review_s": 20}}),
    "withdrawn": Fate(_withdrawn),
    "payout_in_vain": Fate(_payout_in_vain),
    "refunded_after_settlement": Fate(
        _refunded_after_settlement,
        terms={"completion": {"autoconfirm_s": 120, "review_s": 5}, "commission": {"frozen_s": 20}},
    ),
    **EVERYWHERE,
}
