"""A payment: from the trade at the gateway to the booked money, in a workflow of its own that tells the order."""

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from workflows.activities.payments import close_at_gateway, open_at_gateway, park_payment, record_payment
    from workflows.gateway import GATEWAY_TIMEOUT, ask
    from workflows.messages import OrderNews, PaymentNews, PaymentStart, RefundStart, refund_workflow_id
    from workflows.refund import SELDOM, RefundWorkflow
    from workflows.step import MISSED_AFTER, step
    from workflows.telling import tell

RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=10))


@workflow.defn(name="payment")
class PaymentWorkflow:
    """Open the trade, wait for the gateway's message, book it. A message that comes after all starts it again."""

    @workflow.init
    def __init__(self, start: PaymentStart) -> None:
        self._trade = ""
        self._heard = False
        self._messages: list[int] = []
        self._woken = False

    @workflow.run
    async def run(self, start: PaymentStart) -> str:
        """Returns "paid", "late" (given back), "closed", or the code of a message that could not be booked."""
        end = await self._end_of(start)
        # Directly before the return and nowhere else: with work after it, histories are not deterministic (SDK #1591).
        await workflow.wait_condition(workflow.all_handlers_finished)
        return end

    async def _end_of(self, start: PaymentStart) -> str:
        if not self._messages:
            self._trade = await self._open(start.payment_id)
        if not await self._heard_before(start.due_at):
            paid = await self._close(start)
            if paid is None:
                return "closed"
            self._messages.append(paid)
        news: PaymentNews = await step(record_payment, self._messages.pop(0), summary="支付入账")
        if news.code:
            return news.code
        if news.refund_id:
            await self._give_back(RefundStart(news.refund_id, news.refund_quiet_s))
            return "late"
        await tell(OrderNews(news.order_id, news.signal, start.payment_id))
        return "paid"

    @workflow.update(name="opened")
    async def opened(self) -> str:
        """The gateway's number of the trade, as soon as there is one: what the customer's cashier needs."""
        await workflow.wait_condition(lambda: bool(self._trade) or self._heard)
        return self._trade

    @workflow.signal
    def gateway_said(self, message_id: int) -> None:
        """A row of the inbox waits to be booked."""
        self._messages.append(message_id)
        self._heard = True

    @workflow.signal
    def retry(self) -> None:
        """Somebody has looked: ask now."""
        self._woken = True

    async def _open(self, payment_id: int) -> str:
        """Without end: no money moves before there is a trade."""
        return await workflow.execute_activity(
            open_at_gateway,
            payment_id,
            start_to_close_timeout=GATEWAY_TIMEOUT,
            heartbeat_timeout=MISSED_AFTER,
            retry_policy=RETRY,
            summary="开单",
        )

    async def _close(self, start: PaymentStart) -> int | None:
        """The inbox's row of what was paid after all, None once the trade is closed. Asked quietly at first; then
        people are shown it, and it is asked on without end, ever more seldom.
        """
        quiet = timedelta(seconds=start.quiet_s)
        answer, pause = await ask(close_at_gateway, start.payment_id, within=quiet, summary="关单"), quiet / 2
        if answer is None and not self._messages:
            await step(park_payment, start.payment_id, summary="支付转人工")
        while answer is None and not self._messages:
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(start)
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self._woken or bool(self._messages), timeout=pause, timeout_summary="再次关单"
                )
            self._woken, pause = False, min(pause * 2, SELDOM)
            answer = None if self._messages else await ask(close_at_gateway, start.payment_id, summary="再次关单")
        return answer.said if answer else self._messages.pop(0)

    async def _heard_before(self, due: datetime) -> bool:
        left = due - workflow.now()
        if self._messages or left <= timedelta(0):
            return bool(self._messages)
        try:
            await workflow.wait_condition(lambda: bool(self._messages), timeout=left, timeout_summary="待支付")
        except TimeoutError:
            return False
        return True

    async def _give_back(self, start: RefundStart) -> None:
        try:
            await workflow.start_child_workflow(
                RefundWorkflow.run,
                start,
                id=refund_workflow_id(start.refund_id),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary="迟到的支付退回",
            )
        except WorkflowAlreadyStartedError:
            # An earlier message of the same money has started it, and the gateway takes its time.
            return
