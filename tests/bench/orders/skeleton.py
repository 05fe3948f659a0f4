"""What the actor is compared with: workflows of six Updates whose steps do nothing (C0), or open and commit one
transaction in which nothing is done (C1).

`python -m tests.bench.orders.skeleton` is their worker process; its settings are those of the product's.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

# Sets Django up: before its settings are read.
from workflows.worker import STICKY

# ruff: isort: split
from django.conf import settings
from django.db import connection, transaction
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from workflows.step import QUICK, STEP_TIMEOUT

QUEUE = "skeleton"
UPDATES = 6


@activity.defn(no_thread_cancel_exception=True)
def nothing(number: int) -> int:
    """C0's step."""
    return number


@activity.defn(no_thread_cancel_exception=True)
def empty_transaction(number: int) -> int:
    """C1's step. Without a statement Django would not even begin one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return number


@workflow.defn(name="skeleton")
class Skeleton:
    """Takes six Updates, a local activity for each, and ends."""

    @workflow.init
    def __init__(self, step: str) -> None:
        self._step, self._taken = step, 0

    @workflow.run
    async def run(self, step: str) -> int:
        """Returns how many it has taken."""
        await workflow.wait_condition(lambda: self._taken == UPDATES)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._taken

    @workflow.update(name="command")
    async def command(self, number: int) -> int:
        """One step."""
        done: int = await workflow.execute_local_activity(
            self._step, number, result_type=int, start_to_close_timeout=STEP_TIMEOUT, retry_policy=QUICK
        )
        self._taken += 1
        return done


async def serve() -> None:
    """Until it is killed."""
    client = await Client.connect(settings.TEMPORAL_ADDRESS, namespace=settings.TEMPORAL_NAMESPACE)
    threads = max(4, settings.ENVIRONMENT.database_pool - 1)
    with ThreadPoolExecutor(threads) as executor:
        worker = Worker(
            client,
            task_queue=QUEUE,
            workflows=[Skeleton],
            workflow_runner=UnsandboxedWorkflowRunner(),
            activities=[nothing, empty_transaction],
            activity_executor=executor,
            max_concurrent_local_activities=max(2, threads // 2),
            sticky_queue_schedule_to_start_timeout=STICKY,
        )
        async with worker:
            print("worker ready", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
