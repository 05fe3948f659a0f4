"""Each timer of an order's row, beside the deadline of its phase, and the command that races with it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from tests.faults.orders.races import AHEAD_S, SOON_S, Act, Both, Race, by_customer, by_worker, completed
from tests.world.people import Person
from tests.world.plants import ANSWER, CLAIM, SUPPLEMENT
from tests.world.town import Trade, in_database
from web.orders import selectors
from web.payments.models import Payment
from workflows.transitions import Move

SHORTLY_S = 4
LINES = {"other_fen": 1_000, "reason": SUPPLEMENT}


def _timer(move: Move) -> Callable[[int], datetime | None]:
    """When the order's row wants that move made."""

    def due(order_id: int) -> datetime | None:
        timers = selectors.view_of(selectors.order_now(order_id)).timers
        return next((timer.due for timer in timers if timer.move == move), None)

    return due


def _by_staff(path: str, body: Any = None) -> Act:
    return lambda _, order_id, staff: staff.command(f"/api/orders/{order_id}/{path}", body)


async def _accepted_beside_another(trade: Trade, _: Person) -> int:
    """The first worker has it, and the second could be there in time."""
    await trade.workers[1].turn_switch(on_duty=False)
    order_id = await trade.accepted(starts_in_s=AHEAD_S)
    await trade.workers[1].turn_switch(on_duty=True)
    return order_id


async def _on_the_way(trade: Trade, _: Person) -> int:
    order_id = await trade.accepted(starts_in_s=AHEAD_S)
    await trade.worker.command(f"/api/orders/{order_id}/depart")
    return order_id


async def _before_a_closed_door(trade: Trade, _: Person) -> int:
    order_id = await trade.accepted(starts_in_s=SOON_S)
    await trade.worker.command(f"/api/orders/{order_id}/depart")
    await trade.worker.be_at()
    for step in ("arrive", "report-absent"):
        await trade.worker.command(f"/api/orders/{order_id}/{step}")
    return order_id


async def _reported(trade: Trade, _: Person) -> int:
    order_id = await trade.accepted(starts_in_s=AHEAD_S)
    await trade.customer.command(f"/api/orders/{order_id}/exceptions", {"type": "other"})
    return order_id


async def _proposed(trade: Trade, _: Person) -> int:
    order_id = await trade.arrived()
    await trade.worker.command(f"/api/orders/{order_id}/proposals/supplement", LINES)
    return order_id


async def _agreed(trade: Trade, staff: Person) -> int:
    """And the cashier is open."""
    order_id = await _proposed(trade, staff)
    await _answer(trade, order_id, staff)
    await trade.customer.open_payment(order_id, what=f"proposals/{await _proposal(trade, order_id)}/pay")
    return order_id


async def _claimed(trade: Trade, staff: Person) -> int:
    order_id = await completed(trade, staff)
    await trade.town.until(order_id, "settled")
    await trade.customer.command(f"/api/orders/{order_id}/claims", {"kind": "quality", "text": CLAIM})
    return order_id


async def _frozen(trade: Trade, staff: Person) -> int:
    order_id = await completed(trade, staff)
    await trade.town.until(order_id, "settled")
    return order_id


async def _proposal(trade: Trade, order_id: int) -> int:
    return int((await trade.customer.get(f"/api/orders/{order_id}"))["proposals"][0]["id"])


async def _answer(trade: Trade, order_id: int, _: Person) -> object:
    return await trade.customer.command(f"/api/orders/{order_id}/proposals/{await _proposal(trade, order_id)}/approve")


async def _pay_supplement(trade: Trade, order_id: int, _: Person) -> object:
    newest = partial(Payment.objects.filter(order_id=order_id).latest, "pk")
    return await trade.customer.post(f"/api/sandbox/payments/{(await in_database(newest)).pk}/pay", key=None)


async def _answer_case(trade: Trade, order_id: int, staff: Person) -> object:
    case = (await trade.customer.get(f"/api/orders/{order_id}"))["cases"][0]["id"]
    answer = {"outcome": "noted", "text": ANSWER}
    return await staff.command(f"/api/orders/{order_id}/cases/{case}/answer", answer)


OF_TIMERS: dict[str, Race] = {
    "did_not_depart": Race(
        {"visit": {"depart_grace_s": SHORTLY_S - AHEAD_S}, "reassign": {"give_up_s": SOON_S}},
        _accepted_beside_another,
        _timer(Move.DID_NOT_DEPART),
        by_worker("depart"),
        ("departed", "worker"),
        ("not_departed", "system"),
        workers=2,
    ),
    "did_not_arrive": Race(
        {"visit": {"arrive_grace_s": SHORTLY_S - AHEAD_S}, "no_show": {"worker_grace_s": SOON_S}},
        _on_the_way,
        _timer(Move.DID_NOT_ARRIVE),
        by_worker("arrive"),
        ("arrived", "worker"),
        ("not_arrived", "system"),
        both=Both.LATE,
    ),
    "customer_absent": Race(
        {"no_show": {"wait_s": SOON_S}},
        _before_a_closed_door,
        _timer(Move.CUSTOMER_ABSENT),
        by_customer("am-here"),
        ("customer_here", "customer"),
        ("cancelled", "system"),
    ),
    "exception_unanswered": Race(
        {"exceptions": {"answer_s": SOON_S}},
        _reported,
        _timer(Move.EXCEPTION_UNANSWERED),
        _by_staff("exceptions/answer"),
        ("exception_answered", "staff"),
        ("exception_unanswered", "system"),
        both=Both.LATE,
    ),
    "exception_unsolved": Race(
        {"exceptions": {"solve_s": SOON_S}},
        _reported,
        _timer(Move.EXCEPTION_UNSOLVED),
        _by_staff("exceptions/decide", {"outcome": "continue"}),
        ("exception_continued", "staff"),
        ("exception_unsolved", "system"),
        both=Both.LATE,
    ),
    "exception_lapsed": Race(
        {"exceptions": {"decide_s": SOON_S}},
        _reported,
        _timer(Move.EXCEPTION_LAPSED),
        _by_staff("exceptions/decide", {"outcome": "continue"}),
        ("exception_continued", "staff"),
        ("exception_continued", "system"),
    ),
    "proposal_lapsed": Race(
        {"supplement": {"answer_s": SOON_S}},
        _proposed,
        _timer(Move.PROPOSAL_LAPSED),
        _answer,
        ("supplement_approved", "customer"),
        ("proposal_lapsed", "system"),
    ),
    "proposal_lapsed unpaid": Race(
        {"supplement": {"pay_s": SOON_S}},
        _agreed,
        _timer(Move.PROPOSAL_LAPSED),
        _pay_supplement,
        ("supplement_paid", "system"),
        ("proposal_lapsed", "system"),
        money=True,
    ),
    "case_overdue": Race(
        {"completion": {"review_s": 600}, "after_sales": {"answer_s": SOON_S}},
        _claimed,
        _timer(Move.CASE_OVERDUE),
        _answer_case,
        ("case_answered", "staff"),
        ("case_overdue", "system"),
        both=Both.LATE,
    ),
    "release": Race(
        {"completion": {"review_s": 600}, "commission": {"frozen_s": SOON_S}},
        _frozen,
        _timer(Move.RELEASE),
        _by_staff("refund", {"amount_fen": 1_000, "reason": "quality"}),
        ("refund_agreed", "staff"),
        ("released", "system"),
        both=Both.ALWAYS,
    ),
}
"""By the timer's move; a second word tells two of one move apart. A new one has a line here, or a test says so."""
