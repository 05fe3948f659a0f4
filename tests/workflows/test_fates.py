"""Every fate of an order, told by its people over HTTP on real processes, looked at when its actor has closed."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.workflows.fates import FATES, cancel, hold, number_of, refused, release
from tests.world.town import Town, Trade, in_database
from tests.world.waiting import until
from web.ledger import selectors as ledger
from web.orders.models import Alarm, Offer, Order
from web.payments import sandbox
from web.payments.gateways import payment_number
from web.payments.models import Refund
from web.scheduling.models import Reservation
from workflows.messages import payment_workflow_id, payout_workflow_id, refund_workflow_id

pytestmark = pytest.mark.django_db

TOTAL_FEN = 20_900


@asynccontextmanager
async def told(town: Town, name: str) -> AsyncIterator[tuple[Trade, Order]]:
    """The people of a fate, and the order after its actor has closed."""
    fate = FATES[name]
    async with fate.trade(town) as trade:
        order_id = await fate.tell(trade)
        yield trade, await town.closed(order_id)


async def test_an_order_that_is_served_and_confirmed_is_settled_and_closes(town: Town) -> None:
    async with told(town, "settled") as (trade, order):
        assert (order.phase, order.settled_at is None, order.ended_at is None) == ("COMPLETED", False, False)
        served = ["departed", "arrived", "started", "step_done", "step_done", "finished"]
        ended = ["completed", "settled", "closed"]
        assert await town.timeline(order.pk) == ["placed", "paid", "offered", "accepted", *served, *ended]
        assert (await trade.worker.get("/api/worker/earnings"))["balance_fen"] == TOTAL_FEN * 80 // 100
        assert await in_database(ledger.unbalanced_journals) == []


async def test_a_claimed_order_waits_for_its_answer_past_the_end_of_its_window(town: Town) -> None:
    async with told(town, "claimed") as (trade, order):
        assert (await town.timeline(order.pk))[-4:] == ["claimed", "case_overdue", "case_answered", "closed"]
        assert order.review_until is not None
        assert order.ended_at is not None
        assert order.ended_at > order.review_until
        (case,) = (await trade.customer.get(f"/api/orders/{order.pk}"))["cases"]
        assert (case["outcome"], case["answer"]) == ("noted", "已联系服务人员")


async def test_a_claim_that_is_answered_with_money_gives_it_back(town: Town) -> None:
    async with told(town, "claim_refunded") as (trade, order):
        assert (await town.timeline(order.pk))[-5:] == ["settled", "claimed", "case_refunded", "refunded", "closed"]
        (case,) = (await trade.customer.get(f"/api/orders/{order.pk}"))["cases"]
        assert (case["outcome"], case["refund_fen"], order.refunded_fen) == ("refunded", 3_000, 3_000)
        assert (await trade.worker.get("/api/worker/earnings"))["balance_fen"] == (TOTAL_FEN - 3_000) * 80 // 100
        assert await in_database(ledger.unbalanced_journals) == []


async def test_somebody_else_makes_it_good_at_the_platforms_expense(town: Town) -> None:
    async with told(town, "reworked") as (trade, order):
        assert order.rework_of_id is not None
        assert (await town.timeline(order.rework_of_id))[-3:] == ["claimed", "case_reworked", "closed"]
        served = ["departed", "arrived", "started", "step_done", "step_done", "finished"]
        ended = ["completed", "settled", "closed"]
        assert await town.timeline(order.pk) == ["rework_placed", "offered", "accepted", *served, *ended]
        balances = [(await worker.get("/api/worker/earnings"))["balance_fen"] for worker in trade.workers]
        assert sorted(balances) == [5_000, TOTAL_FEN * 80 // 100]
        detail = await trade.customer.get(f"/api/orders/{order.pk}")
        assert (detail["total_fen"], detail["rework"]["of"]["id"]) == (0, order.rework_of_id)
        assert await in_database(ledger.unbalanced_journals) == []


async def test_an_order_that_is_not_paid_in_time_closes_and_its_slot_is_free_again(town: Town) -> None:
    async with told(town, "unpaid") as (trade, order):
        assert (order.phase, order.cancelled_by, order.cancel_reason) == ("CANCELLED", "system", "unpaid")
        assert await town.timeline(order.pk) == ["placed", "payment_lapsed", "closed"]
        starts_in_s = (order.starts_at - order.placed_at).total_seconds()
        assert await trade.book(starts_in_s=starts_in_s - 5) != order.pk


async def test_an_exception_that_is_solved_goes_back_to_where_the_visit_was(town: Town) -> None:
    async with told(town, "exception_continued") as (_, order):
        timeline = await town.timeline(order.pk)
        solved = ["exception_reported", "exception_answered", "exception_continued"]
        withdrawn = ["exception_reported", "exception_withdrawn"]
        assert timeline[5:12] == ["arrived", *solved, *withdrawn, "started"]
        assert (order.phase, order.exception_from, order.settled_at is None) == ("COMPLETED", "", False)


async def test_an_exception_that_nobody_looks_at_is_the_managers_and_then_goes_on_by_its_terms(town: Town) -> None:
    async with told(town, "exception_escalated") as (_, order):
        timeline = await town.timeline(order.pk)
        called = ["exception_reported", "exception_unanswered", "exception_unsolved", "exception_continued"]
        assert timeline[4:] == [*called, "cancelled", "refunded", "closed"]
        assert await in_database(_alarms, order.pk) == [
            *(Alarm.EXCEPTION_OPEN, Alarm.EXCEPTION_UNANSWERED, Alarm.EXCEPTION_UNSOLVED)
        ]


async def test_a_refused_and_a_lapsed_offer_go_to_the_next_and_the_customers_silence_confirms(town: Town) -> None:
    async with told(town, "answered_by_the_third") as (trade, order):
        timeline = await town.timeline(order.pk)
        assert timeline[2:8] == ["offered", "refused", "offered", "lapsed", "offered", "accepted"]
        assert timeline[-3:] == ["completed", "settled", "closed"]
        detail = await trade.customer.get(f"/api/orders/{order.pk}")
        assert detail["timeline"][-3]["data"] == {"by_silence": True}
        assert len(set(await in_database(_offered_to, order.pk))) == 3


async def test_what_was_agreed_at_the_door_is_paid_and_settled_and_what_was_not_paid_is_not(town: Town) -> None:
    async with told(town, "supplement_paid") as (trade, order):
        timeline = await town.timeline(order.pk)
        first = ["supplement_proposed", "proposal_declined"]
        second = ["supplement_proposed", "supplement_approved", "supplement_paid"]
        third = ["supplement_proposed", "supplement_approved", "proposal_lapsed"]
        assert timeline[6 : 6 + 8] == [*first, *second, *third]
        assert (order.phase, order.total_fen) == ("COMPLETED", TOTAL_FEN + 2_000)
        assert (await trade.worker.get("/api/worker/earnings"))["balance_fen"] == (TOTAL_FEN + 2_000) * 80 // 100
        assert await in_database(ledger.unbalanced_journals) == []


async def test_a_visit_is_moved_by_its_customer_and_by_its_worker_when_he_is_heard(town: Town) -> None:
    async with told(town, "rescheduled") as (_, order):
        asked = ["move_proposed", "proposal_lapsed", "move_proposed", "rescheduled"]
        timeline = await town.timeline(order.pk)
        assert timeline[3:] == ["accepted", "rescheduled", *asked, "cancelled", "refunded", "closed"]
        assert [one.active for one in await in_database(_kept_for, order.pk)].count(True) == 0


async def test_three_unanswered_offers_make_a_worker_rest_and_the_board_assigns_by_hand(town: Town) -> None:
    async with told(town, "unanswered") as (trade, order):
        timeline = await town.timeline(order.pk)
        assert timeline[2:-4] == ["offered", "lapsed", "exhausted"] * 3
        assert timeline[-4:] == ["assigned", "cancelled", "refunded", "closed"]
        assert not (await trade.worker.get("/api/worker/duty"))["on_duty"]
        assert await in_database(_alarms, order.pk) == [Alarm.NOBODY_ACCEPTS] * 3


async def test_being_late_alarms_the_board_once_and_five_wrong_codes_lock_the_start(town: Town) -> None:
    async with told(town, "late") as (_, order):
        timeline = await town.timeline(order.pk)
        late = ["late_to_depart", "departed", "late_to_arrive", "arrived", *["code_refused"] * 5]
        assert timeline[3:] == ["accepted", *late, "cancelled", "refunded", "closed"]
        assert order.start_code_tries == 5
        assert await in_database(_alarms, order.pk) == [
            Alarm.LATE_TO_DEPART,
            Alarm.LATE_TO_ARRIVE,
            Alarm.START_CODE_LOCKED,
        ]


async def test_an_order_that_two_workers_gave_up_is_served_by_the_third(town: Town) -> None:
    async with told(town, "handed_back") as (trade, order):
        timeline = await town.timeline(order.pk)
        assert timeline[2:9] == ["offered", "accepted", "departed", "handed_back", "offered", "accepted", "taken_off"]
        assert timeline[9:11] == ["offered", "accepted"]
        assert timeline[-3:] == ["completed", "settled", "closed"]
        points = [(await worker.get("/api/worker/points"))["total"] for worker in trade.workers]
        assert sorted(points) == [-10, -10, 0]
        assert await in_database(ledger.unbalanced_journals) == []


async def test_nobody_opens_and_the_clock_ends_the_order(town: Town) -> None:
    async with told(town, "customer_absent") as (trade, order):
        timeline = await town.timeline(order.pk)
        assert timeline[4:] == ["departed", "arrived", "absent_reported", "cancelled", "refunded", "closed"]
        assert (order.cancelled_by, order.cancel_reason) == ("system", "customer_absent")
        fee = order.cancel_fee_fen
        assert (await trade.worker.get("/api/worker/earnings"))["balance_fen"] == fee * 80 // 100 > 0
        events = {event.type: event.at for event in await in_database(lambda: list(order.events.all()))}
        assert (events["cancelled"] - order.starts_at).total_seconds() >= 1
        assert await in_database(ledger.unbalanced_journals) == []


async def test_staff_end_it_and_say_who_bears_it(town: Town) -> None:
    async with told(town, "cancelled_by_staff") as (trade, order):
        assert (order.phase, order.cancelled_by, order.cancel_fee_fen) == ("CANCELLED", "staff", TOTAL_FEN // 2)
        assert (await trade.worker.get("/api/worker/earnings"))["balance_fen"] == TOTAL_FEN // 2
        paid = (await trade.customer.get(f"/api/orders/{order.pk}"))["compensations"]
        assert [one["amount_fen"] for one in paid] == [500]
        assert await in_database(_alarms, order.pk) == [Alarm.ABSENCE, Alarm.COMPENSATION_DUE]


async def test_a_worker_who_never_came_is_found_by_the_clock_and_paid_for_once(town: Town) -> None:
    async with told(town, "never_came") as (trade, order):
        timeline = await town.timeline(order.pk)
        assert timeline[4:] == [
            *("late_to_depart", "not_departed", "not_arrived", "cancelled"),
            *("refunded", "closed"),
        ]
        assert order.cancel_reason == "worker_absent"
        paid = (await trade.customer.get(f"/api/orders/{order.pk}"))["compensations"]
        assert [one["amount_fen"] for one in paid] == [3_000]


async def test_a_worker_of_whom_nothing_is_heard_on_his_way_is_shown_on_the_board(town: Town) -> None:
    async with town.trade(terms={"visit": {"silent_after_s": 0.5}}) as trade:
        order_id = await trade.accepted()
        await trade.worker.command(f"/api/orders/{order_id}/depart")
        assert await until(lambda: in_database(_alarms, order_id), within_s=60) == [Alarm.WORKER_SILENT]


async def test_the_right_code_comes_too_late_after_five_wrong_ones_until_staff_unlock_it(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.arrived()
        left = [(await refused(trade, order_id, "start", {"code": "wrong"})).body for _ in range(5)]
        assert [body["code"] for body in left] == ["wrong_start_code"] * 5
        assert [body["details"]["tries_left"] for body in left] == [4, 3, 2, 1, 0]
        locked = await refused(trade, order_id, "start", {"code": await trade.code(order_id)})
        assert (locked.status, locked.body["code"]) == (409, "start_code_locked")
        async with town.dispatcher() as dispatcher:
            await dispatcher.command(f"/api/orders/{order_id}/unlock")
        started = await trade.worker.command(f"/api/orders/{order_id}/start", {"code": await trade.code(order_id)})
        assert started["state"] == "IN_SERVICE"


async def test_finishing_with_steps_missing_is_refused_and_cancelling_during_the_service_too(town: Town) -> None:
    async with town.trade(steps=2) as trade:
        order_id = await trade.arrived()
        await trade.worker.command(f"/api/orders/{order_id}/start", {"code": await trade.code(order_id)})
        await trade.worker.command(f"/api/orders/{order_id}/steps/1")
        assert (await refused(trade, order_id, "finish")).body["code"] == "steps_missing"
        assert (await refused(trade, order_id, "steps/1")).body["code"] == "not_allowed"
        assert (await refused(trade, order_id, "steps/9")).body["code"] == "step_unknown"
        with pytest.raises(Exception, match="not_allowed"):
            await cancel(trade, order_id)
        await trade.worker.command(f"/api/orders/{order_id}/steps/2")
        await trade.worker.command(f"/api/orders/{order_id}/finish")


@pytest.mark.parametrize(
    ("name", "fee_fen"),
    [
        ("cancelled_unpaid", 0),
        ("cancelled_dispatching", 0),
        ("cancelled_accepted", TOTAL_FEN * 10 // 100),
        ("cancelled_en_route", TOTAL_FEN * 20 // 100),
        ("cancelled_arrived", TOTAL_FEN * 30 // 100),
    ],
)
async def test_cancelling_costs_what_the_phase_says_and_the_rest_goes_back(town: Town, name: str, fee_fen: int) -> None:
    async with told(town, name) as (trade, order):
        assert (order.phase, order.cancelled_by, order.cancel_fee_fen) == ("CANCELLED", "customer", fee_fen)
        assert await in_database(_active_reservations, order.pk) == 0
        if name == "cancelled_unpaid":
            assert order.refund_fen == 0
            return
        assert (await town.timeline(order.pk))[-3:] == ["cancelled", "refunded", "closed"]
        refund = await in_database(_refund, order.pk)
        assert (refund.state, refund.amount_fen) == (Refund.DONE, TOTAL_FEN - fee_fen)
        assert await town.ended(refund_workflow_id(refund.pk)) == "done"
        assert (await trade.worker.get("/api/worker/earnings"))["balance_fen"] == fee_fen * 80 // 100
        assert await in_database(ledger.unbalanced_journals) == []


async def test_money_goes_back_during_the_service_and_after_the_settlement(town: Town) -> None:
    async with told(town, "refunded_after_settlement") as (trade, order):
        timeline = await town.timeline(order.pk)
        assert timeline[7:9] == ["refund_agreed", "refunded"]
        assert timeline[-5:] == ["settled", "refund_agreed", "refunded", "released", "closed"]
        assert (order.refund_fen, order.refunded_fen) == (5_900, 5_900)
        earnings = await trade.worker.get("/api/worker/earnings")
        assert (earnings["balance_fen"], earnings["frozen_fen"]) == ((TOTAL_FEN - 5_000) * 80 // 100, 0)
        assert await in_database(ledger.unbalanced_journals) == []


async def test_a_tip_is_the_workers_whole(town: Town) -> None:
    async with told(town, "tipped") as (trade, order):
        assert (await town.timeline(order.pk))[-4:] == ["settled", "tip_offered", "tipped", "closed"]
        assert (await trade.worker.get("/api/worker/earnings"))["balance_fen"] == TOTAL_FEN * 80 // 100 + 500
        assert await in_database(ledger.unbalanced_journals) == []


async def test_a_worker_gets_his_money(town: Town) -> None:
    async with told(town, "withdrawn") as (trade, _):
        assert (await trade.worker.get("/api/worker/earnings"))["balance_fen"] == TOTAL_FEN * 80 // 100 - 5_000
        withdrawal_id = (await trade.worker.get("/api/worker/withdrawals"))["items"][0]["id"]
        assert await town.ended(payout_workflow_id(withdrawal_id)) == "paid"
        assert await in_database(ledger.unbalanced_journals) == []


async def test_a_payment_that_comes_after_the_order_closed_is_given_back(town: Town) -> None:
    async with told(town, "paid_too_late") as (_, order):
        refund = await in_database(_refund, order.pk)
        assert refund.amount_fen == TOTAL_FEN
        assert await town.ended(payment_workflow_id(refund.payment_id)) == "late"
        assert await town.ended(refund_workflow_id(refund.pk)) == "done"
        assert (await town.row(order.pk)).phase == "CANCELLED"
        assert await in_database(ledger.unbalanced_journals) == []


async def test_a_payment_that_its_gateway_contradicts_is_shown_to_people_and_goes_back(town: Town) -> None:
    async with told(town, "payment_parked") as (_, order):
        refund = await in_database(_refund, order.pk)
        assert await town.ended(refund_workflow_id(refund.pk)) == "done"
        assert (await town.timeline(order.pk))[-1] == "closed"
        assert await in_database(_alarms, order.pk) == [Alarm.NEEDS_OPS]
        assert await in_database(_open_alarms, order.pk) == 0


async def test_a_refund_that_is_not_taken_is_shown_to_people_and_tried_until_it_is(town: Town) -> None:
    async with told(town, "refund_parked") as (_, order):
        assert (await town.timeline(order.pk))[-4:] == ["cancelled", "refund_parked", "refunded", "closed"]
        assert await in_database(_alarms, order.pk) == [Alarm.NEEDS_OPS]
        assert await in_database(_open_alarms, order.pk) == 0


async def test_a_refund_that_is_parked_is_tried_at_once_when_somebody_says_so(town: Town) -> None:
    """It would have waited for half an hour by itself."""
    # By itself it would be tried again half of that time after it was parked.
    async with town.trade(terms={"payment": {"refund_quiet_s": 24}}) as trade, town.dispatcher() as dispatcher:
        order_id = await trade.dispatched()
        number = await in_database(number_of, order_id)
        await in_database(hold, number)
        await cancel(trade, order_id)
        await town.until(order_id, "refund_parked")
        refund = await in_database(_refund, order_id)
        await in_database(release, number)
        await dispatcher.post(f"/api/refunds/{refund.pk}/retry", key=None)
        assert await town.ended(refund_workflow_id(refund.pk), within_s=10) == "done"
        assert (await town.closed(order_id)).refunded_fen == refund.amount_fen


async def test_late_money_that_does_not_go_back_is_shown_though_its_order_has_ended(town: Town) -> None:
    """And a second message of it, while its refund is under way, ends like the first."""
    async with town.trade(terms={"payment": {"refund_quiet_s": 1}}) as trade:
        order_id = await trade.book()
        payment = await trade.customer.post(f"/api/orders/{order_id}/pay", {"channel": "sandbox"}, key=None)
        await cancel(trade, order_id)
        await town.closed(order_id)
        number, payment_id = await in_database(number_of, order_id), payment["payment_id"]
        said = await in_database(_pay_in_silence, payment_id)
        await in_database(hold, number)
        for event in ("once", "and again"):
            body = json.dumps(said | {"event_id": f"{number}:{event}"}).encode()
            answer = await trade.customer.http.post(
                "/api/payments/callbacks/sandbox",
                content=body,
                headers={**sandbox.signed(body), "Content-Type": "application/json"},
            )
            assert answer.status_code == 200
            assert await town.ended(payment_workflow_id(payment_id)) == "late"
        assert await until(lambda: in_database(_open_alarms, order_id), within_s=30) == 1
        await in_database(release, number)
        refund = await in_database(_refund, order_id)
        assert await town.ended(refund_workflow_id(refund.pk)) == "done"
        assert await in_database(_open_alarms, order_id) == 0
        assert await in_database(_alarms, order_id) == [Alarm.NEEDS_OPS]


async def test_money_whose_message_got_lost_is_found_when_the_trade_is_to_be_closed(town: Town) -> None:
    async with town.trade(terms={"payment": {"window_s": 4}}) as trade:
        order_id = await trade.book()
        payment = await trade.customer.post(f"/api/orders/{order_id}/pay", {"channel": "sandbox"}, key=None)
        await in_database(_pay_in_silence, payment["payment_id"])
        end = await town.ended(payment_workflow_id(payment["payment_id"]))
        # It falls due together with the order: either may be the first.
        refunds = await in_database(lambda: Refund.objects.filter(payment__order_id=order_id).count())
        assert (end, refunds) in {("paid", 0), ("late", 1)}


async def test_an_order_that_has_nobody_looks_again_when_somebody_comes_on_duty(town: Town) -> None:
    async with told(town, "woken") as (_, order):
        assert (await town.timeline(order.pk))[2:5] == ["exhausted", "offered", "accepted"]


def _pay_in_silence(payment_id: int) -> dict[str, Any]:
    """The customer pays, and the gateway's message is lost; what it would have said."""
    return dict(json.loads(sandbox.pay_at_cashier(out_number=payment_number(payment_id))))


def _open_alarms(order_id: int) -> int:
    return Alarm.objects.filter(order_id=order_id, cleared_at=None).count()


def _alarms(order_id: int) -> list[str]:
    return list(Alarm.objects.filter(order_id=order_id).order_by("pk").values_list("kind", flat=True))


def _offered_to(order_id: int) -> list[int]:
    return list(Offer.objects.filter(order_id=order_id).values_list("worker_id", flat=True))


def _refund(order_id: int) -> Refund:
    return Refund.objects.get(payment__order_id=order_id)


def _active_reservations(order_id: int) -> int:
    return Reservation.objects.filter(order_id=order_id, active=True).count()


def _kept_for(order_id: int) -> list[Reservation]:
    return list(Reservation.objects.filter(order_id=order_id))
