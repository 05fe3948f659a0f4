"""A refund: money going back, in a workflow of its own, so that no order ever waits for a gateway."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from workflows.activities.payments import park_refund, record_refund, send_refund
    from workflows.activities.telling import tell_order
    from workflows.messages import OrderNews, RefundStart
    from workflows.step import MISSED_AFTER, step

GATEWAY_TIMEOUT = timedelta(seconds=15)
EAGER = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))
ONCE = RetryPolicy(maximum_attempts=1)
SELDOM = timedelta(minutes=5)


@workflow.defn(name="refund")
class RefundWorkflow:
    """Send, book, tell the order. Every part is idempotent by the refund's id, so it may run again from the start."""

    @workflow.init
    def __init__(self, start: RefundStart) -> None:
        self._woken = False

    @workflow.signal
    def retry(self) -> None:
        """Somebody has looked: try now."""
        self._woken = True

    @workflow.run
    async def run(self, start: RefundStart) -> str:
        """Returns "done" when the money is back; never fails."""
        refund_id = start.refund_id
        gateway_no = await self._send(refund_id, timedelta(seconds=start.quiet_s))
        order_id: int = await step(record_refund, refund_id, gateway_no, summary="退款入账")
        await self._tell(OrderNews(order_id, "refund_done", refund_id))
        return "done"

    async def _send(self, refund_id: int, quiet: timedelta) -> str:
        """Tried quietly at first; then people are shown it, and it is tried on without end."""
        try:
            return await workflow.execute_activity(
                send_refund,
                refund_id,
                start_to_close_timeout=GATEWAY_TIMEOUT,
                schedule_to_close_timeout=quiet,
                heartbeat_timeout=MISSED_AFTER,
                retry_policy=EAGER,
            )
        except ActivityError as failure:
            if is_cancelled_exception(failure):
                raise
        order_id: int = await step(park_refund, refund_id, summary="退款转人工")
        await self._tell(OrderNews(order_id, "refund_parked", refund_id))
        return await self._tried_on(refund_id, min(quiet / 2, SELDOM))

    async def _tried_on(self, refund_id: int, pause: timedelta) -> str:
        """Ever more seldom, and at once when somebody says so."""
        while True:
            try:
                return await workflow.execute_activity(
                    send_refund,
                    refund_id,
                    start_to_close_timeout=GATEWAY_TIMEOUT,
                    heartbeat_timeout=MISSED_AFTER,
                    retry_policy=ONCE,
                )
            except ActivityError as failure:
                if is_cancelled_exception(failure):
                    raise
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(RefundStart(refund_id, pause.total_seconds()))
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._woken, timeout=pause, timeout_summary="再次退款")
            self._woken, pause = False, min(pause * 2, SELDOM)

    async def _tell(self, news: OrderNews) -> None:
        await workflow.execute_activity(
            tell_order, news, start_to_close_timeout=GATEWAY_TIMEOUT, heartbeat_timeout=MISSED_AFTER
        )
