"""`step()`: the only way from a workflow to one of our own database transactions.

First as a local activity (12 ms where a regular one takes 100), three attempts; when these fail, the very same call
as a regular activity, retried without end at most 2 s apart: an outage of the database then holds no worker's slot
and costs a dozen events, and the order goes on by itself. Every such transaction is idempotent, so a repetition is
harmless.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

STEP_TIMEOUT = timedelta(seconds=3)
"""Above the database's statement_timeout, so that the database gives up first."""

MISSED_AFTER = timedelta(seconds=3)
"""Heartbeat timeout of whatever may take longer than a step: the process that does it is gone (see
workflows/activities/heartbeat.py).
"""

QUICK = RetryPolicy(initial_interval=timedelta(milliseconds=50), backoff_coefficient=4, maximum_attempts=3)
PATIENT = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=2))


async def step(activity: Callable[..., Any], *args: Any, summary: str) -> Any:
    """Run one of our transactions until it has happened; `summary` is what Temporal's page shows.

    Limited by attempts and not by schedule_to_close, which is lost when it ends during a backoff. Raises only when
    the workflow itself is cancelled.
    """
    try:
        return await workflow.execute_local_activity(
            activity, args=args, start_to_close_timeout=STEP_TIMEOUT, retry_policy=QUICK, summary=summary
        )
    except FailureError as failure:
        # A local activity fails with a bare ApplicationError, a regular one with ActivityError: this is their base.
        if is_cancelled_exception(failure):
            raise
    return await workflow.execute_activity(
        activity, args=args, start_to_close_timeout=STEP_TIMEOUT, retry_policy=PATIENT, summary=summary
    )
