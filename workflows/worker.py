"""The worker process: `python -m workflows.worker [--queues orders,background,reports]`. Run at least two of it.

Settings that measured best (design.md): sticky timeout 2 s, so that a killed worker's orders move on at once; grace
of 20 s on SIGTERM, so that nothing is cut in the middle. Orders and money run in no sandbox: it takes a quarter of a
worker's time, and what it would find at run time the replay test, which runs in it, has found before
(tests/workflows/test_replay.py).
"""

import argparse
import asyncio
import contextlib
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

import structlog
from django.conf import settings
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from workflows.activities import orders, payments, payouts, sending, sweeping, telling, what_ifs
from workflows.activities.heartbeat import Heartbeats
from workflows.activities.interceptor import PlainFailures
from workflows.client import connect
from workflows.messages import BACKGROUND_QUEUE, ORDER_QUEUE, REPORT_QUEUE
from workflows.order import OrderWorkflow
from workflows.payment import PaymentWorkflow
from workflows.payout import PayoutWorkflow
from workflows.refund import RefundWorkflow
from workflows.schedules import ensure_schedules
from workflows.send import SendWorkflow
from workflows.sweep import SweepWorkflow
from workflows.what_if import WhatIfWorkflow

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=20)
STICKY = timedelta(seconds=2)


def order_worker(client: Client, executor: ThreadPoolExecutor, threads: int) -> Worker:
    """Orders and money. No more activities at once than threads, no more threads than database connections."""
    return Worker(
        client,
        task_queue=ORDER_QUEUE,
        workflows=[OrderWorkflow, PaymentWorkflow, PayoutWorkflow, RefundWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),
        activities=[
            orders.adopt_order,
            orders.take_step,
            orders.rank_candidates,
            payments.open_at_gateway,
            payments.close_at_gateway,
            payments.park_payment,
            payments.record_payment,
            payments.send_refund,
            payments.park_refund,
            payments.record_refund,
            payouts.move_payout,
            payouts.record_payout,
            payouts.return_payout,
            payouts.park_payout,
            telling.tell_order,
        ],
        activity_executor=executor,
        max_concurrent_activities=max(2, threads // 2),
        max_concurrent_local_activities=max(2, threads // 2),
        interceptors=[Heartbeats(), PlainFailures()],
        sticky_queue_schedule_to_start_timeout=STICKY,
        graceful_shutdown_timeout=GRACE,
    )


def background_worker(client: Client) -> Worker:
    """The sweep and other scheduled work."""
    return Worker(
        client,
        task_queue=BACKGROUND_QUEUE,
        workflows=[SweepWorkflow, SendWorkflow],
        activities=[sweeping.sweep, sending.send_messages],
        interceptors=[Heartbeats(), PlainFailures()],
        graceful_shutdown_timeout=GRACE,
    )


def report_worker(client: Client) -> Worker:
    """What reads a month of orders, one at a time."""
    return Worker(
        client,
        task_queue=REPORT_QUEUE,
        workflows=[WhatIfWorkflow],
        activities=[what_ifs.replay_month, what_ifs.give_up],
        max_concurrent_activities=1,
        interceptors=[Heartbeats(), PlainFailures()],
        graceful_shutdown_timeout=GRACE,
    )


async def serve(queues: list[str]) -> None:
    """Run until SIGTERM or SIGINT; what is in flight then gets its grace."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await _connected(stop)
    if client is None:
        return
    threads = max(4, settings.ENVIRONMENT.database_pool - 1)
    with ThreadPoolExecutor(threads) as executor:
        async with contextlib.AsyncExitStack() as stack:
            if ORDER_QUEUE in queues:
                await stack.enter_async_context(order_worker(client, executor, threads))
            if BACKGROUND_QUEUE in queues:
                await ensure_schedules(client)
                await stack.enter_async_context(background_worker(client))
            if REPORT_QUEUE in queues:
                await stack.enter_async_context(report_worker(client))
            log.info("worker ready", queues=queues)
            await stop.wait()
            log.info("worker draining")


async def _connected(stop: asyncio.Event) -> Client | None:
    """Temporal may come up after us: keep trying until it does or we are told to stop."""
    while not stop.is_set():
        try:
            return await connect()
        except (RuntimeError, RPCError):
            log.warning("temporal is not reachable yet", address=settings.TEMPORAL_ADDRESS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=1)
    return None


def main() -> None:
    """Parse the queues and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queues", default=f"{ORDER_QUEUE},{BACKGROUND_QUEUE},{REPORT_QUEUE}")
    asyncio.run(serve(parser.parse_args().queues.split(",")))
    # A process that used the client can die while the interpreter finalizes (SDK #300): the exit code must not depend
    # on it.
    os._exit(0)


if __name__ == "__main__":
    main()
