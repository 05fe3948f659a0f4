"""`ask()`: how a workflow asks a gateway that may be away, or contradict itself. A regular activity, never a local one:
it leaves the machine and may take its time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from workflows.step import MISSED_AFTER

GATEWAY_TIMEOUT = timedelta(seconds=15)
EAGER = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))
ONCE = RetryPolicy(maximum_attempts=1)


@dataclass(frozen=True)
class Answer:
    """What a gateway said; it may be None."""

    said: Any


async def ask(
    activity: Callable[[int], Any], number: int, *, summary: str, within: timedelta | None = None
) -> Answer | None:
    """Have a gateway asked about the row of this number, once, or again and again `within` a time; None where it does
    not answer, or contradicts itself. summary: what Temporal's page shows.
    """
    try:
        said = await workflow.execute_activity(
            activity,
            number,
            start_to_close_timeout=GATEWAY_TIMEOUT,
            schedule_to_close_timeout=within,
            heartbeat_timeout=MISSED_AFTER,
            retry_policy=EAGER if within else ONCE,
            summary=summary,
        )
    except ActivityError as failure:
        if is_cancelled_exception(failure):
            raise
        return None
    return Answer(said)
