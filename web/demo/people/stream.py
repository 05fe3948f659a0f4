"""The stream of customers: as many as the hour of the demo's day brings."""

import asyncio
import json
import logging
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from web.demo.people.api import Api, Refused, Unreachable
from web.demo.people.customer import Customer
from web.demo.people.habits import Habits
from web.demo.people.pace import Pace

log = logging.getLogger("people")

LONGEST_STEP_S = 900
"""The demo's seconds after which the hour's rate is looked at again."""
OPENING, OPENING_EVERY_S = 8, 4.0
"""So many come at the start, one each so many of the clock's seconds: nobody likes to watch an empty board."""
PICK_UP_EVERY_S = 0.5


class Stream:
    """A pool of people, each of whom is sent off to order something when it is somebody's turn."""

    def __init__(
        self,
        data: dict[str, Any],
        *,
        api: Api,
        pace: Pace,
        habits: Callable[[str], Habits],
        seed: int,
        count: int,
        per_day: float,
    ) -> None:
        self._pace, self._per_day, self._curve = pace, per_day, data["daily_curve"]["per_hour"]
        self._dice = Random(f"stream:{seed}")
        first, pattern = data["first_number"], data["phone_pattern"]
        phones = [pattern.format(number=first + n) for n in range(count)]
        self._pool = [Customer(phone, data, api=api, pace=pace, habits=habits(phone), seed=seed) for phone in phones]
        self._errands: set[asyncio.Task[None]] = set()

    async def flow(self) -> None:
        """For ever."""
        self._send(self._pick_up())
        for _ in range(OPENING):
            self._somebody_orders()
            await asyncio.sleep(OPENING_EVERY_S)
        while True:
            wait_s = self._dice.expovariate(self._rate()) if self._rate() > 0 else LONGEST_STEP_S
            # Waiting has no memory: to wait again after a short step is the same, and follows the curve.
            await self._pace.sleep(min(wait_s, LONGEST_STEP_S))
            if wait_s <= LONGEST_STEP_S:
                self._somebody_orders()

    async def open_door(self, order_id: int) -> str | None:
        """A worker rings: whoever has ordered this opens."""
        for customer in self._pool:
            try:
                code = await customer.open_door(order_id)
            except (Refused, Unreachable):
                return None
            if code is not None:
                return code
        return None

    def _rate(self) -> float:
        """Arrivals per second of the demo."""
        return float(self._per_day * self._curve[int(self._pace.hour())]) / 86_400

    def _somebody_orders(self) -> None:
        idle = [customer for customer in self._pool if not customer.busy]
        if idle:
            self._send(_safely(self._dice.choice(idle).order_something()))

    async def _pick_up(self) -> None:
        """After a restart, gently: whoever has an order on its way goes on with it."""
        for customer in self._pool:
            if not customer.busy:
                self._send(_safely(customer.pick_up()))
            await asyncio.sleep(PICK_UP_EVERY_S)

    def _send(self, errand: Any) -> None:
        task = asyncio.get_running_loop().create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


async def _safely(errand: Any) -> None:
    """One customer's bad day is nobody else's."""
    try:
        await errand
    except (Refused, Unreachable) as error:
        log.info("a customer gave up: %s", error)
    except Exception:
        log.exception("a customer gave up")


def read_customers(folder: Path) -> dict[str, Any]:
    """`customers.json`."""
    content: dict[str, Any] = json.loads((folder / "customers.json").read_text(encoding="utf-8"))
    return content
