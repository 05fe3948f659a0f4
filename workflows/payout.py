"""A payout: from the approved withdrawal to its payee's wallet, or owed again, in a workflow of its own."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.activities.payouts import move_payout, park_payout, record_payout, return_payout
    from workflows.gateway import ask
    from workflows.messages import PayoutNews, PayoutStart
    from workflows.step import step

SOON, SELDOM = timedelta(seconds=1), timedelta(minutes=10)
"""Between two questions: from the first to the second, doubled each time. `retry` asks at once."""

UNPAID = ("failed", "expired")
"""Ends that bring the money back."""

Undo = Callable[[PayoutNews], Awaitable[None]]


@workflow.defn(name="payout")
class PayoutWorkflow:
    """A saga: what undoes the withdrawal is registered before the channel hears of it. It never fails, and every part
    is idempotent by the withdrawal's id, so that it may run again from the start.
    """

    @workflow.init
    def __init__(self, start: PayoutStart) -> None:
        self._id = start.withdrawal_id
        self._quiet = timedelta(seconds=start.quiet_s)
        self._undo: list[Undo] = []
        self._pause = SOON
        self._failing_since: datetime | None = None
        self._parked = False
        self._told = ""
        self._woken = False

    @workflow.run
    async def run(self, start: PayoutStart) -> str:
        """Returns "paid" or "returned"."""
        self._undo.append(self._give_back)
        news = await self._end()
        if news.state in UNPAID:
            for undo in reversed(self._undo):
                await undo(news)
            return "returned"
        await step(record_payout, self._id, news, summary="打款入账")
        return "paid"

    @workflow.signal
    def retry(self) -> None:
        """Somebody looked, or the receiver has confirmed it: ask now."""
        self._woken, self._pause = True, SOON

    async def _end(self) -> PayoutNews:
        """What the channel says in the end. That it will not pay must be said twice: money sent after it was given
        back would be paid twice.
        """
        before = ""
        while True:
            news = await self._asked()
            if news and (news.state == "success" or (news.state in UNPAID and news.state == before)):
                return news
            before = news.state if news else ""
            if before == "wait_user_confirm" and self._told != before:
                self._told = before
                await step(record_payout, self._id, news, summary="待收款确认")
            await self._wait()

    async def _asked(self) -> PayoutNews | None:
        """None where the channel does not answer, or contradicts itself: people are shown it when that lasts."""
        if answer := await ask(move_payout, self._id, summary="打款"):
            self._failing_since, self._parked = None, False
            news: PayoutNews = answer.said
            return news
        self._failing_since = self._failing_since or workflow.now()
        if not self._parked and workflow.now() - self._failing_since >= self._quiet:
            self._parked = True
            await step(park_payout, self._id, summary="打款转人工")
        return None

    async def _wait(self) -> None:
        if workflow.info().is_continue_as_new_suggested():
            workflow.continue_as_new(PayoutStart(self._id, self._quiet.total_seconds()))
        pause = min(self._pause, self._quiet) if self._failing_since and not self._parked else self._pause
        self._pause = min(self._pause * 2, SELDOM)
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._woken, timeout=pause, timeout_summary="再问渠道")
        self._woken = False

    async def _give_back(self, news: PayoutNews) -> None:
        await step(return_payout, self._id, news, summary="退回余额")
