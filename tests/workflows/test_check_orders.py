"""What disagrees is listed with its cure, cured with --fix, and a second time there is nothing to do."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from django.core.management import CommandError, call_command
from django.utils import timezone

import hub
from tests.web.orders.story import paid_at_gateway
from tests.workflows.fates import cancel, hold, number_of, release
from tests.world.fiction import rewrite
from tests.world.town import Town, in_database
from web.ledger import services as ledger
from web.ledger.models import Account
from web.orders import services
from web.orders.models import Order
from web.payments import sandbox
from web.payments import services as payments
from web.payments.gateways import payment_number
from web.payments.models import Payment, Refund
from workflows import client
from workflows.messages import refund_workflow_id

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture(autouse=True)
async def no_sweep(town: Town) -> AsyncIterator[None]:
    """It would start what is missing before the command sees it."""
    sweep = (await town.temporal()).get_schedule_handle("sweep")
    await sweep.pause()
    yield
    await sweep.unpause()


def check(*, fix: bool = False) -> tuple[list[str], bool]:
    """(its lines but for the count, whether it ended well)."""
    out = io.StringIO()
    try:
        call_command("check_orders", fix=fix, stdout=out)
    except CommandError:
        return out.getvalue().splitlines()[:-1], False
    return out.getvalue().splitlines()[:-1], True


async def checked(order_id: int, *, fix: bool = False) -> list[str]:
    """What it says of one order."""
    lines, _ = await asyncio.to_thread(check, fix=fix)
    begins = f"order {order_id}: "
    return [line.removeprefix(begins) for line in lines if line.startswith(begins)]


async def says(order_id: int, *expected: str) -> None:
    """Until it says that: Temporal's index is a moment behind."""
    found: list[str] = []
    for _ in range(100):
        if (found := await checked(order_id)) == list(expected):
            break
        await asyncio.sleep(0.2)
    assert found == list(expected)


async def test_a_row_that_was_changed_by_hand_is_read_again(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        await says(order_id)
        moved = {"phase": "EN_ROUTE", "version": 99, "phase_since": timezone.now() - MINUTE}
        await in_database(_change, order_id, moved)
        await says(order_id, "row EN_ROUTE, actor ACCEPTED: would have its actor read the row again")
        assert await checked(order_id, fix=True) == [
            "row EN_ROUTE, actor ACCEPTED: done: have its actor read the row again"
        ]
        await says(order_id)
        assert await checked(order_id, fix=True) == []
        assert (await trade.worker.command(f"/api/orders/{order_id}/arrive"))["state"] == "ARRIVED"


async def test_an_order_without_an_actor_gets_one(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        await (await town.actor(order_id)).terminate("by hand")
        await says(order_id, "row open, no actor: would start its actor")
        await checked(order_id, fix=True)
        await says(order_id)
        assert (await trade.worker.command(f"/api/orders/{order_id}/depart"))["state"] == "EN_ROUTE"


async def test_an_actor_that_runs_on_after_the_end_closes(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.book()
        await in_database(_change, order_id, {"phase": "CANCELLED", "ended_at": timezone.now() - MINUTE})
        await says(order_id, "row ended, actor AWAITING_PAYMENT: would have its actor read the row again")
        await checked(order_id, fix=True)
        assert (await town.closed(order_id)).phase == "CANCELLED"
        await says(order_id)


async def test_an_order_that_was_never_told_of_its_payment_hears_of_it(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.book()
        payment_id = await in_database(_paid_and_untold, order_id)
        await says(order_id, f"payment {payment_id} booked, row unpaid: would tell its actor of the payment")
        for _ in range(2):
            await checked(order_id, fix=True)
        await town.until(order_id, "paid")
        await says(order_id)
        assert (await town.timeline(order_id)).count("paid") == 1


async def test_an_order_that_was_never_told_of_its_refund_ends(town: Town) -> None:
    async with town.trade(terms={"payment": {"refund_quiet_s": 300}}) as trade:
        order_id = await trade.dispatched()
        await in_database(hold, await in_database(number_of, order_id))
        await cancel(trade, order_id)
        refund = await in_database(lambda: Refund.objects.get(payment__order_id=order_id))
        await _stopped(town, refund_workflow_id(refund.pk))
        await in_database(_given_back_and_untold, refund)
        await says(order_id, f"refund {refund.pk} booked, row not refunded: would tell its actor of the refund")
        await checked(order_id, fix=True)
        assert (await town.closed(order_id)).refunded_at is not None
        await says(order_id)


async def test_an_order_that_was_never_told_of_its_tip_hears_of_it(town: Town) -> None:
    async with town.trade(terms={"completion": {"autoconfirm_s": 120, "review_s": 300}}) as trade:
        order_id = await trade.accepted()
        await trade.worker.serve(order_id, code=await trade.code(order_id))
        await trade.customer.command(f"/api/orders/{order_id}/confirm")
        await town.until(order_id, "settled")
        await trade.customer.command(f"/api/orders/{order_id}/tip", {"amount_fen": 500})
        payment_id = await in_database(_tipped_and_untold, order_id)
        await says(order_id, f"payment {payment_id} booked, tip unpaid: would tell its actor of the tip")
        for _ in range(2):
            await checked(order_id, fix=True)
        await town.until(order_id, "tipped")
        await says(order_id)
        assert (await town.timeline(order_id)).count("tipped") == 1


async def test_a_refund_that_no_workflow_sends_is_sent(town: Town) -> None:
    async with town.trade(terms={"payment": {"refund_quiet_s": 300}}) as trade:
        order_id = await trade.dispatched()
        number = await in_database(number_of, order_id)
        await in_database(hold, number)
        await cancel(trade, order_id)
        refund = await in_database(lambda: Refund.objects.get(payment__order_id=order_id))
        await _stopped(town, refund_workflow_id(refund.pk))
        await in_database(release, number)
        await in_database(lambda: Refund.objects.filter(pk=refund.pk).update(created_at=timezone.now() - 2 * MINUTE))
        await says(order_id, f"refund {refund.pk} waits, no workflow: would start the refund's workflow")
        await checked(order_id, fix=True)
        assert (await town.closed(order_id)).refunded_at is not None
        await says(order_id)


async def test_what_could_not_be_cured_is_said_and_fails(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_now(order_id: int, *, again: bool) -> bool:
        return False

    async with town.trade() as trade:
        order_id = await trade.accepted()
        await (await town.actor(order_id)).terminate("by hand")
        await says(order_id, "row open, no actor: would start its actor")
        with monkeypatch.context() as away:
            away.setattr(client, "start_order", not_now)
            lines, well = await asyncio.to_thread(check, fix=True)
        assert f"order {order_id}: row open, no actor: could not start its actor" in lines
        assert not well
        assert await checked(order_id, fix=True) == ["row open, no actor: done: start its actor"]


async def test_books_that_are_not_even_are_left_to_people(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.book()
        await cancel(trade, order_id)
        await town.closed(order_id)
        await in_database(_change, order_id, {"ended_at": timezone.now() - MINUTE})
        await says(order_id)
        await in_database(_post_too_much, order_id)
        said = "ended with -100 fen in in_transit: people must look (manage.py ledger_check)"
        assert await checked(order_id, fix=True) == [said]
        assert not (await asyncio.to_thread(check, fix=True))[1]
        await in_database(_post_too_much, order_id, -100)
        await says(order_id)


def _change(order_id: int, columns: dict[str, object]) -> None:
    rewrite(order_id, **columns)


def _paid_and_untold(order_id: int) -> int:
    """As when the payment's workflow was lost after it had booked."""
    return _untold(services.request_payment(order=Order.objects.get(pk=order_id), channel="sandbox"))


def _tipped_and_untold(order_id: int) -> int:
    return _untold(services.request_tip_payment(order=Order.objects.get(pk=order_id), channel="sandbox"))


def _untold(payment: Payment) -> int:
    sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
    payments.record_payment(message_id=paid_at_gateway(payment).pk)
    Payment.objects.filter(pk=payment.pk).update(paid_at=timezone.now() - MINUTE)
    return payment.pk


def _given_back_and_untold(refund: Refund) -> None:
    payments.record_refund(refund_id=refund.pk, gateway_no=f"by-hand-{refund.pk}")
    Refund.objects.filter(pk=refund.pk).update(done_at=timezone.now() - MINUTE)


def _post_too_much(order_id: int, fen: int = 100) -> None:
    amounts = {ledger.Where(Account.CASH, "sandbox"): fen, ledger.Where(Account.IN_TRANSIT): -fen}
    with hub.atomic():
        ledger.post(key=f"planted:{order_id}:{fen}", kind="payment", order_id=order_id, amounts_fen=amounts)


async def _stopped(town: Town, workflow_id: str) -> None:
    handle = (await town.temporal()).get_workflow_handle(workflow_id)
    async with asyncio.timeout(30):
        while True:
            try:
                await handle.terminate("by hand")
            except Exception:  # It is not there yet.
                await asyncio.sleep(0.1)
            else:
                return
