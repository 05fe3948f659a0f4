"""A trial on last month's orders, as a workflow of its own: a page need not wait for it, and a crash not lose it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from workflows.activities.what_ifs import give_up, replay_month

LONGEST = timedelta(minutes=10)
RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=4, maximum_attempts=5)
"""Over some 85 seconds: longer than a database is away for a restart."""


@workflow.defn(name="what-if")
class WhatIfWorkflow:
    """Works it out and keeps it, or says that it cannot be."""

    @workflow.run
    async def run(self, run_id: int) -> None:
        """run_id: the row that says what is tried, and gets the result."""
        try:
            await workflow.execute_activity(
                replay_month,
                run_id,
                start_to_close_timeout=LONGEST,
                heartbeat_timeout=timedelta(seconds=10),
                retry_policy=RETRIES,
            )
        except ActivityError:
            await workflow.execute_activity(give_up, run_id, start_to_close_timeout=timedelta(seconds=10))
