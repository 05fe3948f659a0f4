"""What everybody in the play shares: the orders, who listens, what was asked when, and when something was killed."""

import asyncio
import time
import traceback
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from typing import Any

from tests.smoke.listener import Listener
from tests.smoke.scripts import LATE, PLAIN, SILENT, Script, all_scripts
from tests.world.people import Refused


class Case:
    """One order: its script, and what its people did and heard. Times in seconds since the epoch."""

    def __init__(self, number: int, script: Script) -> None:
        self.number, self.script = number, script
        self.order_id = 0
        self.start_code = ""
        self.failure = ""
        # By type of event, n-th time by n-th time: when a person first asked for it; when the customer's socket had it.
        self.asked: dict[str, list[float]] = defaultdict(list)
        self.heard: dict[str, list[float]] = defaultdict(list)
        self._came: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._answers = iter(script.answers)
        self.living: asyncio.Task[None] | None = None

    @property
    def starts_in_s(self) -> float:
        """Ordinary visits compete for the same minutes; the crews of two must never be short of time. All within two
        hours: cancelling after acceptance then costs a fee.
        """
        return 600 + 120 * (self.number // 8) if self.script.skill in (PLAIN, SILENT) else 600 + 70 * self.number

    def ask(self, event: str) -> None:
        """A person asks for this event now."""
        self.asked[event].append(time.time())

    def hear(self, type: str, data: dict[str, Any]) -> None:
        """The customer's socket has it."""
        event = type.removeprefix("order.")
        self.heard[event].append(time.time())
        self._came[event].set()

    async def until(self, event: str) -> None:
        """Wait until the customer has heard of it."""
        await self._came[event].wait()

    def next_answer(self) -> str:
        """What the next worker it is offered to does. More offers than the script knows: nothing."""
        return next(self._answers, "ignore")

    def fail(self, reason: str) -> None:
        """Somebody could not do what the script says: its story ends here."""
        self.failure = self.failure or reason
        if self.living:
            self.living.cancel()


class Stage:
    """base_urls: the two servers. services: skill -> service id."""

    def __init__(self, base_urls: Sequence[str], services: dict[str, int]) -> None:
        self.base_urls, self.services = base_urls, services
        self.cases = [Case(number, script) for number, script in enumerate(all_scripts())]
        self.by_order: dict[int, Case] = {}
        self.listeners: list[Listener] = []
        self.kills: list[float] = []
        self.back_after_s: float | None = None
        self.late_on_duty_at = 0.0
        self.failures: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, doing: Coroutine[Any, Any, None], case: Case | None = None) -> asyncio.Task[None]:
        """Do it beside everything else; what goes wrong is the case's failure, or everybody's."""
        task = asyncio.get_running_loop().create_task(self._done(doing, case))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def case_of(self, order_id: int) -> Case:
        """The case behind an order that was placed."""
        return self.by_order[order_id]

    async def until_all_latecomers_wait(self) -> None:
        """Until every order of the crew that comes late has heard that there is nobody."""
        for case in self.cases:
            if case.script.skill == LATE:
                await case.until("exhausted")

    async def close(self) -> None:
        """End all that was spawned."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _done(self, doing: Coroutine[Any, Any, None], case: Case | None) -> None:
        try:
            await doing
        except Refused as refused:
            self._failed(case, str(refused))
        except Exception:
            self._failed(case, traceback.format_exc(limit=-3))

    def _failed(self, case: Case | None, reason: str) -> None:
        if case:
            case.fail(reason)
        else:
            self.failures.append(reason)
