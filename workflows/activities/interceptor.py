"""Around every activity: fresh database connections, and exceptions that say no more than their class and code.

Failure messages stand in workflow histories in clear, and a database error's DETAIL carries whole rows, phone numbers
included.
"""

import functools
import inspect
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from web.errors import DoorbellError

log = structlog.get_logger(__name__)

STUCK_AFTER_S = 60.0
"""So long after it was first asked for, an activity that still fails is stuck, and somebody must know: every minute."""

MOST_TOLD = 10_000


class PlainFailures(Interceptor):
    """Give it to every worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap the activity."""
        return _PlainFailures(next)


class Told:
    """Which stuck activities this process has told of, and when by its own clock: (workflow, activity) -> seconds."""

    at_s: ClassVar[dict[tuple[str, str], float]] = {}


class _PlainFailures(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        _tell_if_stuck(info)
        if inspect.iscoroutinefunction(input.fn):
            await sync_to_async(close_old_connections)()
        else:
            input.fn = _with_fresh_connections(input.fn)
        try:
            return await self.next.execute_activity(input)
        except (ApplicationError, CancelledError):
            raise
        except DoorbellError as error:
            raise ApplicationError(error.code, type=error.code) from None
        except Exception as error:
            log.warning(
                "an activity failed", activity=info.activity_type, workflow=info.workflow_id, error=_name(error)
            )
            raise ApplicationError(_name(error), type=_name(error)) from None


def _tell_if_stuck(info: activity.Info) -> None:
    # By time and not by attempts: one that hangs until its timeout has few of them.
    stuck_s = (datetime.now(UTC) - info.scheduled_time).total_seconds()
    key, now_s = (info.workflow_id or "", info.activity_id), time.monotonic()
    if info.attempt == 1 or stuck_s < STUCK_AFTER_S or now_s - Told.at_s.get(key, -STUCK_AFTER_S) < STUCK_AFTER_S:
        return
    if len(Told.at_s) >= MOST_TOLD:
        Told.at_s.clear()
    Told.at_s[key] = now_s
    log.error(
        "an activity is stuck",
        activity=info.activity_type,
        workflow=info.workflow_id,
        attempt=info.attempt,
        since_s=round(stuck_s),
    )


def _with_fresh_connections(fn: Callable[..., Any]) -> Callable[..., Any]:
    """In the activity's own thread: connections are the thread's, and nothing else closes the stale ones there."""

    @functools.wraps(fn)
    def run(*args: Any) -> Any:
        close_old_connections()
        try:
            return fn(*args)
        finally:
            close_old_connections()

    return run


def _name(error: Exception) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"
