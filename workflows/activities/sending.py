"""A round of the message centre: decide what goes outside the app, and send what is due."""

import asyncio
import time
from collections import Counter

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from temporalio import activity

from web.notifications import selectors, services
from workflows.messages import SendReport

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Sends at once: each has a thread and, before and after, a database connection."""

ROUND_S = 20.0
"""So long a round goes on taking up new ones; the next round begins at once."""


@activity.defn
async def send_messages() -> SendReport:
    """Plan, close what a dead process left, send, hear what providers said. Each is idempotent: a round that is killed
    is simply followed by another.
    """
    report = SendReport(
        planned=await sync_to_async(services.plan_deliveries)(),
        lost=await sync_to_async(services.close_lost_deliveries)(),
        sent=dict(await _send_due()),
        receipts=await sync_to_async(services.settle_receipts)(),
    )
    if report != SendReport():
        log.info("messages", planned=report.planned, receipts=report.receipts, lost=report.lost, **report.sent)
    return report


async def _send_due() -> Counter[str]:
    states: Counter[str] = Counter()
    away: set[str] = set()
    until_s = time.monotonic() + ROUND_S
    while time.monotonic() < until_s:
        due = await sync_to_async(selectors.due_deliveries)(limit=AT_ONCE, without=away)
        results = await asyncio.gather(*(_in_a_thread(delivery_id) for delivery_id, _ in due))
        states.update(state for state in results if state)
        # Who is away is asked once a round, not once for every message: the others keep their tries.
        away |= {channel for (_, channel), state in zip(due, results, strict=True) if state == services.PUT_OFF}
        if not any(results):
            break
    return states


async def _in_a_thread(delivery_id: int) -> str:
    return await sync_to_async(_deliver, thread_sensitive=False)(delivery_id)


def _deliver(delivery_id: int) -> str:
    try:
        return services.deliver(delivery_id=delivery_id)
    finally:
        close_old_connections()
