"""What a gateway says: ten times over, too early, too late, about the wrong sum, by somebody else: booked once or not
at all, and never orphaned.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.town import FaultyTown, eventually
from tests.web.orders.story import booking_of
from tests.workflows.fates import answer, cancel, proposal, propose
from tests.world.town import Terms, Trade, in_database
from web.accounts.models import Address, User
from web.catalog.models import Service
from web.ledger.selectors import unfinished_business
from web.notifications.models import Message
from web.orders import services
from web.orders.models import Alarm, Order
from web.payments import sandbox
from web.payments.gateways import payment_number
from web.payments.models import GatewayMessage, Payment, Refund
from workflows.messages import order_workflow_id, payment_workflow_id, refund_workflow_id

TIMES = 10
ON_TOP_FEN, TIPS_FEN = 1_000, (500, 700)
CALLBACKS = "/api/payments/callbacks/sandbox"

pytestmark = pytest.mark.case(4, "gateway callbacks")


@asynccontextmanager
async def trades(town: FaultyTown, number: int, *, terms: Terms | None = None) -> AsyncIterator[list[Trade]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(town.trade(terms=terms)) for _ in range(number)]


async def call(town: FaultyTown, body: bytes, *, times: int = 1, signature: str = "") -> list[tuple[int, str]]:
    """The gateway calls both servers in turn, all at once, and whoever has no time for it once more a little later, as
    gateways do; (status, code) of each answer.
    """
    headers = {sandbox.SIGNATURE: signature or sandbox.sign(body), "Content-Type": "application/json"}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as gateway:

        async def heard(turn: int) -> tuple[int, str]:
            at = town.addresses[turn % len(town.addresses)]
            while True:
                answer = await gateway.post(at + CALLBACKS, content=body, headers=headers)
                if answer.status_code != 503:
                    return answer.status_code, answer.json()["code"]
                await asyncio.sleep(float(answer.headers["Retry-After"]))

        return list(await asyncio.gather(*(heard(turn) for turn in range(times))))


async def cashier(trade: Trade, order_id: int, *, what: str = "pay") -> bytes:
    """The customer has paid the order, or `what` of it; what the gateway will say, and has not yet."""
    number = payment_number(await trade.customer.open_payment(order_id, what=what))
    return await in_database(lambda: sandbox.pay_at_cashier(out_number=number))


async def booked_once(town: FaultyTown, order_id: int) -> None:
    await town.until(order_id, "paid")
    assert (await town.timeline(order_id)).count("paid") == 1
    assert await in_database(_inbox, order_id) == [True]
    total = (await town.row(order_id)).total_fen
    assert (await in_database(unfinished_business))[order_id] == {"in_transit": -total}


async def test_ten_times_is_once(town: FaultyTown, case: Case, size: Size) -> None:
    async with trades(town, size(2, 10)) as all_trades:
        order_ids = await asyncio.gather(*(trade.book() for trade in all_trades))
        bodies = [await cashier(*each) for each in zip(all_trades, order_ids, strict=True)]
        # Out of order: the last one's first, and all at once.
        answers = await asyncio.gather(*(call(town, body, times=TIMES) for body in reversed(bodies)))
        assert {answer for each in answers for answer in each} == {(200, "SUCCESS")}
        for order_id in order_ids:
            await booked_once(town, order_id)
        # And once more, when everything is done.
        for body in bodies:
            assert await call(town, body) == [(200, "SUCCESS")]
        for order_id in order_ids:
            await booked_once(town, order_id)
        case.tell(callbacks=(TIMES + 1) * len(bodies))


async def test_of_several_payments_of_one_order_each_is_booked_once_whichever_is_told_first(
    town: FaultyTown, size: Size
) -> None:
    """The order's own, what came on top at the door, and two tips: the later one's message comes before the other's."""
    async with trades(town, size(1, 5), terms={"completion": {"review_s": 60}}) as all_trades:
        await asyncio.gather(*(_paid_for_again_and_again(town, trade) for trade in all_trades))


async def _paid_for_again_and_again(town: FaultyTown, trade: Trade) -> None:
    order_id = await trade.book()
    bodies = [await cashier(trade, order_id)]
    assert set(await call(town, bodies[0], times=TIMES)) == {(200, "SUCCESS")}
    offer = await trade.worker.next_offer()
    await trade.worker.command(f"/api/offers/{offer['id']}/accept")
    for step in ("depart", "arrive"):
        await trade.worker.command(f"/api/orders/{order_id}/{step}")
    await propose(trade, order_id, ON_TOP_FEN)
    await answer(trade, order_id, "approve")
    bodies.append(await cashier(trade, order_id, what=f"proposals/{await proposal(trade, order_id)}/pay"))
    await _all_at_once(town, reversed(bodies))
    await town.until(order_id, "supplement_paid")
    await trade.worker.serve_from_the_door(order_id, code=await trade.code(order_id))
    await trade.customer.command(f"/api/orders/{order_id}/confirm")
    await town.until(order_id, "settled")
    for amount_fen in TIPS_FEN:
        await trade.customer.command(f"/api/orders/{order_id}/tip", {"amount_fen": amount_fen})
        bodies.append(await cashier(trade, order_id, what="tip/pay"))
    # The last one's before the other's, and all that was said before once more.
    await call(town, bodies[-1], times=TIMES)
    await town.until(order_id, "tipped")
    await _all_at_once(town, reversed(bodies))
    await town.until(order_id, "tipped", times=len(TIPS_FEN))
    await _all_at_once(town, bodies)
    timeline = Counter(await town.timeline(order_id))
    assert (timeline["paid"], timeline["supplement_paid"], timeline["tipped"]) == (1, 1, len(TIPS_FEN))
    assert await in_database(_inbox, order_id) == [True] * len(bodies)
    assert order_id not in await in_database(unfinished_business)
    row = await town.row(order_id)
    assert await in_database(_paid_fen, order_id) == row.total_fen + sum(TIPS_FEN)
    assert (await trade.worker.get("/api/worker/earnings"))["balance_fen"] >= sum(TIPS_FEN)


async def _all_at_once(town: FaultyTown, bodies: Iterable[bytes]) -> None:
    answers = await asyncio.gather(*(call(town, body, times=TIMES) for body in bodies))
    assert {answer for each in answers for answer in each} == {(200, "SUCCESS")}


async def test_after_the_end_the_money_goes_back(town: FaultyTown, size: Size) -> None:
    async with trades(town, size(2, 10)) as all_trades:
        order_ids = await asyncio.gather(*(trade.book() for trade in all_trades))
        bodies = [await cashier(*each) for each in zip(all_trades, order_ids, strict=True)]
        for trade, order_id in zip(all_trades, order_ids, strict=True):
            await cancel(trade, order_id)
            assert (await town.closed(order_id)).phase == "CANCELLED"
        await asyncio.gather(*(call(town, body, times=TIMES) for body in bodies))
        await asyncio.gather(*(_given_back(town, order_id) for order_id in order_ids))


async def test_a_message_that_was_lost_is_asked_for_when_the_time_to_pay_is_over(town: FaultyTown) -> None:
    """The gateway says that the trade it shall close was paid: booked, and then the message comes after all."""
    async with town.trade(terms={"payment": {"window_s": 5}}) as trade:
        order_id = await trade.book()
        body = await cashier(trade, order_id)
        payment_id = int((await in_database(lambda: Payment.objects.get(order_id=order_id))).pk)
        end = await town.ended(payment_workflow_id(payment_id))
        assert await call(town, body, times=TIMES) == [(200, "SUCCESS")] * TIMES
        if end == "paid":
            await booked_once(town, order_id)
        else:
            assert end == "late"
            await _given_back(town, order_id)


async def test_before_the_actor_was_started_it_is_started_with_it(town: FaultyTown) -> None:
    async with town.trade() as trade:
        # A row whose server died after its commit, and a cashier that was faster than the sweep.
        order_id, body = await in_database(_placed_and_paid, trade)
        assert await call(town, body, times=TIMES) == [(200, "SUCCESS")] * TIMES
        await booked_once(town, order_id)
        assert (await (await town.actor(order_id)).describe()).id == order_workflow_id(order_id)


async def test_another_sum_is_not_booked_and_people_see_it(town: FaultyTown) -> None:
    async with town.trade() as trade:
        order_id = await trade.book()
        body = await cashier(trade, order_id)
        said = json.loads(body)
        wrong = json.dumps(
            {**said, "event_id": "wrong:" + said["event_id"], "amount_fen": said["amount_fen"] - 1}
        ).encode()
        assert await call(town, wrong, times=TIMES) == [(200, "SUCCESS")] * TIMES
        await eventually(_alarms, order_id)
        assert (await town.row(order_id)).phase == "AWAITING_PAYMENT"
        assert order_id not in await in_database(unfinished_business)
        # The right one comes after all.
        assert await call(town, body) == [(200, "SUCCESS")]
        await town.until(order_id, "paid")
        assert (await in_database(unfinished_business))[order_id] == {"in_transit": -said["amount_fen"]}


async def test_whoever_cannot_sign_is_not_heard(town: FaultyTown) -> None:
    async with town.trade() as trade:
        order_id = await trade.book()
        body = await cashier(trade, order_id)
        for signature in ("0" * 64, sandbox.sign(body + b" "), "x"):
            (answer,) = await call(town, body, signature=signature)
            assert answer[1] == "bad_signature"
        # Signed, and changed on the way.
        (answer,) = await call(town, body.replace(b"payment", b"Payment"), signature=sandbox.sign(body))
        assert answer[1] == "bad_signature"
        assert await in_database(_inbox, order_id) == []
        assert await call(town, body) == [(200, "SUCCESS")]
        await booked_once(town, order_id)


async def test_an_order_that_nobody_knows_is_not_found(town: FaultyTown) -> None:
    async with town.trade() as trade:
        order_id = await trade.book()
        body = await cashier(trade, order_id)
        said = json.loads(body)
        before = await in_database(GatewayMessage.objects.count)
        for unknown in (payment_number(2**40), "somebody-elses-1", ""):
            strange = json.dumps({**said, "out_number": unknown}).encode()
            (answer,) = await call(town, strange)
            assert answer in {(404, "not_found"), (422, "invalid_request"), (400, "invalid_request")}
        assert await in_database(GatewayMessage.objects.count) == before
        # Whoever looks at the books afterwards finds them even.
        assert await call(town, body) == [(200, "SUCCESS")]
        await booked_once(town, order_id)


async def _given_back(town: FaultyTown, order_id: int) -> None:
    """Booked, sent back once, the books are even."""
    await eventually(_is_given_back, order_id)
    assert len(refunds := await in_database(_refunds, order_id)) == 1
    assert await town.ended(refund_workflow_id(refunds[0])) == "done"
    assert order_id not in await in_database(unfinished_business)
    assert "paid" not in await town.timeline(order_id)
    assert await in_database(_told, order_id) == ["付款太迟，将退回", "退款成功"]


def _inbox(order_id: int) -> Sequence[bool]:
    """Of each message about this order: whether it was handled."""
    messages = GatewayMessage.objects.filter(payment__order_id=order_id)
    return [handled is not None for handled in messages.values_list("handled_at", flat=True)]


def _paid_fen(order_id: int) -> int:
    """By all its payments."""
    return sum(Payment.objects.filter(order_id=order_id, state=Payment.PAID).values_list("amount_fen", flat=True))


def _refunds(order_id: int) -> list[int]:
    return list(Refund.objects.filter(payment__order_id=order_id).values_list("pk", flat=True))


def _told(order_id: int) -> list[str]:
    """What the customer read of money that goes back."""
    messages = Message.objects.filter(order_id=order_id, kind="refund").order_by("pk")
    return list(messages.values_list("title", flat=True))


def _is_given_back(order_id: int) -> bool:
    return Refund.objects.filter(payment__order_id=order_id, state=Refund.DONE).exists()


def _alarms(order_id: int) -> list[str]:
    return list(Alarm.objects.filter(order_id=order_id, cleared_at=None).values_list("kind", flat=True))


def _placed_and_paid(trade: Trade) -> tuple[int, bytes]:
    service = Service.objects.get(pk=trade.service_id)
    address = Address.objects.get(pk=trade.customer.address_id)
    order: Order
    order, _ = services.place_order(
        customer=User.objects.get(pk=trade.customer.id), booking=booking_of(service, address)
    )
    payment = services.request_payment(order=order, channel="sandbox")
    number = payment_number(payment.pk)
    sandbox.open_trade(out_number=number, amount_fen=payment.amount_fen)
    return order.pk, sandbox.pay_at_cashier(out_number=number)
