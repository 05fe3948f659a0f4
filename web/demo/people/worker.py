"""A worker: listens, answers offers by his temperament, visits his customers, and says where he is."""

import asyncio
import logging
from random import Random
from typing import Any

from web.demo.people.api import Api, Refused, Unreachable
from web.demo.people.door import Door
from web.demo.people.habits import Habits
from web.demo.people.live import Live
from web.demo.people.offers import OfferDesk
from web.demo.people.orders import Orders
from web.demo.people.pace import Pace
from web.demo.people.person import PhonePerson
from web.demo.people.visits import Visits
from web.demo.people.walk import Walker
from web.demo.people.ways import Spot

log = logging.getLogger("people")

TIRED_FOR_S = (480, 1200)
"""The demo's seconds until a worker whom the platform sent to rest listens again."""
STARTS_WITHIN_S = 3.0
RECOVERS_AFTER_S = (5.0, 15.0)


class Worker:
    """One of the thirty."""

    def __init__(self, entry: dict[str, Any], *, api: Api, pace: Pace, door: Door, habits: Habits, seed: int) -> None:
        self._dice = Random(f"{seed}:{entry['phone']}")
        self._person = PhonePerson(api, entry["phone"])
        self._pace = pace
        self._orders = Orders()
        self._rested = asyncio.Event()
        temperament = entry["temperament"]
        home = Spot(*entry["home"])
        self._walker = Walker(self._person, pace=pace, at=home, dice=self._dice)
        self._offers = OfferDesk(self._person, pace=pace, temperament=temperament, dice=self._dice)
        self._visits = Visits(
            self._person,
            orders=self._orders,
            walker=self._walker,
            door=door,
            pace=pace,
            habits=habits,
            late_share=temperament["late_share"],
            seed=seed,
        )

    async def live(self) -> None:
        """For ever: whatever goes wrong, he signs in again a little later and goes on where the platform says he is."""
        await asyncio.sleep(self._dice.uniform(0, STARTS_WITHIN_S))
        while True:
            try:
                await self._work()
            except* (Refused, Unreachable) as errors:
                log.warning("worker %s starts over: %s", self._person.id, errors.exceptions[0])
            except* Exception:
                log.exception("worker %s starts over", self._person.id)
            await asyncio.sleep(self._dice.uniform(*RECOVERS_AFTER_S))

    async def _work(self) -> None:
        await self._person.sign_in()
        topic = f"worker:{self._person.id}"
        async with (
            Live(self._person, topic, snapshot=self._snapshot, on_event=self._hear) as live,
            asyncio.TaskGroup() as group,
        ):
            self._walker.live = live
            group.create_task(self._walker.show_oneself())
            group.create_task(self._visits.make())
            group.create_task(self._stay_on_duty())

    async def _snapshot(self) -> dict[str, Any]:
        """What waits for an answer and what has been promised. The position of the first read is the oldest."""
        offers = await self._person.get("/api/worker/offers")
        for group in ("waiting", "serving"):
            for card in (await self._person.get("/api/orders", group=group))["items"]:
                self._orders.put(card)
        for offer in offers["items"]:
            self._offers.consider(offer)
        if not (await self._person.get("/api/worker/duty"))["on_duty"]:
            self._rested.set()
        position: dict[str, Any] = offers["stream"]
        return position

    def _hear(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "offer.made":
            self._offers.consider(data["offer"])
        elif kind.startswith("order."):
            self._orders.put(data["order"])
        elif kind == "worker.rested":
            self._rested.set()

    async def _stay_on_duty(self) -> None:
        """Listen for offers; after three in a row that he missed the platform lets him rest, and he returns later."""
        while True:
            await self._person.put("/api/worker/duty", {"on_duty": True})
            self._rested.clear()
            await self._rested.wait()
            await self._pace.think(self._dice, *TIRED_FOR_S)
