"""A pulse for every activity whose workflow listens for one (`heartbeat_timeout`).

A gateway may take fifteen seconds to answer, and a killed process never answers: without a pulse its activity is missed
only when all that time is over, and the order waits. With one it is given to another process after MISSED_AFTER.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)


class Heartbeats(Interceptor):
    """Give it to every worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap the activity."""
        return _Heartbeats(next)


class _Heartbeats(ActivityInboundInterceptor):
    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        # Kept, because activity.heartbeat() of a sync activity belongs to its thread: called here it would block.
        self._outbound = outbound
        super().init(outbound)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        missed_after = activity.info().heartbeat_timeout
        if missed_after is None:
            return await self.next.execute_activity(input)
        async with self._beating(missed_after / 3):
            return await self.next.execute_activity(input)

    @asynccontextmanager
    async def _beating(self, every: timedelta) -> AsyncIterator[None]:
        beats = asyncio.create_task(self._beat(every.total_seconds()))
        try:
            yield
        finally:
            beats.cancel()

    async def _beat(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            self._outbound.heartbeat()
