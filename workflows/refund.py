"""A refund: money going back, in a workflow of its own, so that no order ever waits for a gateway."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.activities.payments import park_refund, record_refund, send_refund
    from workflows.gateway import ask
    from workflows.messages import OrderNews, RefundStart
    from workflows.step import step
    from workflows.telling import tell

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
        await tell(OrderNews(order_id, "refund_done", refund_id))
        return "done"

    async def _send(self, refund_id: int, quiet: timedelta) -> str:
        """Tried quietly at first; then people are shown it, and it is tried on without end."""
        if sent := await ask(send_refund, refund_id, within=quiet, summary="退款"):
            return str(sent.said)
        order_id: int = await step(park_refund, refund_id, summary="退款转人工")
        await tell(OrderNews(order_id, "refund_parked", refund_id))
        return await self._tried_on(refund_id, min(quiet / 2, SELDOM))

    async def _tried_on(self, refund_id: int, pause: timedelta) -> str:
        """Ever more seldom, and at once when somebody says so."""
        while True:
            if sent := await ask(send_refund, refund_id, summary="再次退款"):
                return str(sent.said)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(RefundStart(refund_id, pause.total_seconds()))
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self._woken, timeout=pause, timeout_summary="再次退款")
            self._woken, pause = False, min(pause * 2, SELDOM)
