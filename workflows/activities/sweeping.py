"""The sweep: finds what a crash left half-way, and what row and actor disagree about. Everything it does is
idempotent.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

import structlog
from asgiref.sync import sync_to_async
from temporalio import activity

from web.orders import selectors as orders
from web.orders import services
from web.payments import selectors as payments
from workflows import client
from workflows.messages import PaymentStart, SweepReport

log = structlog.get_logger(__name__)

AT_ONCE = 20
T = TypeVar("T")


@activity.defn
async def sweep() -> SweepReport:
    """Start missing actors, bring undelivered messages and commands, expire commands, report disagreements."""
    expired = await sync_to_async(services.expire_commands)()
    report = SweepReport(
        started=await _start_missing_actors(),
        payments_told=await _tell_payments(),
        commands_sent=await _relay_commands(),
        commands_expired=expired,
        silent_workers=await sync_to_async(services.alarm_silent_workers)(),
        mismatches=await _mismatches(),
    )
    if report != SweepReport():
        log.info("swept", **vars(report))
    return report


async def _start_missing_actors() -> int:
    open_orders = await sync_to_async(orders.open_order_ids)()
    running = await client.running_orders()
    missing = [order_id for order_id in open_orders if order_id not in running]
    return sum(await _some_at_once(client.start_order(order_id, again=True) for order_id in missing))


async def _tell_payments() -> int:
    waiting = await sync_to_async(payments.unhandled_messages)()
    return sum(
        await _some_at_once(
            client.tell_payment(PaymentStart(payment_id, due_at), message_id)
            for message_id, payment_id, due_at in waiting
        )
    )


async def _relay_commands() -> int:
    waiting = await sync_to_async(orders.undecided_commands)()
    answers = await _some_at_once(client.send_command(command) for command in waiting)
    return sum(not isinstance(answer, client.Pending) for answer in answers)


async def _mismatches() -> int:
    """Orders whose actor's phase is not their row's, of those that have not moved for a while (the index lags)."""
    rows = await sync_to_async(orders.settled_phases)()
    actors = await client.running_orders()
    wrong = [order_id for order_id, phase in rows.items() if actors.get(order_id, phase) not in ("", phase)]
    if wrong:
        log.error("row and actor disagree", orders=wrong[:50], count=len(wrong))
    return len(wrong)


async def _some_at_once(jobs: Iterable[Awaitable[T]]) -> list[T]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(job: Awaitable[T]) -> T:
        async with slots:
            return await job

    return list(await asyncio.gather(*(one(job) for job in jobs)))
