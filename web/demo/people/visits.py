"""A worker's visits: leave in time (or not), travel, ring, work step by step. Where a visit stands, the platform says:
whatever interrupts him, he reads the order again and goes on from there.
"""

import asyncio
import logging
from random import Random
from typing import Any

from web.demo.people.api import Refused, Unreachable
from web.demo.people.door import Door
from web.demo.people.habits import Habits
from web.demo.people.incidents import Incidents
from web.demo.people.orders import Card, Orders
from web.demo.people.pace import Pace, seconds_until
from web.demo.people.person import PhonePerson
from web.demo.people.walk import Walker
from web.demo.people.ways import Spot, travel_s

log = logging.getLogger("people")

MINE = ("ACCEPTED", "EN_ROUTE", "ARRIVED", "IN_SERVICE", "EXCEPTION")
AHEAD = ("ACCEPTED", "EXCEPTION")
"""Nothing is to be done at once: it starts later, or others decide."""
LOOKS_EVERY_S = 60.0
AFTER_REFUSAL_S = 3.0
DOOR_OPENS_WITHIN_S = 10.0
EARLY_S, DAWDLES_S, EARLY_RING_S = (0, 240), (240, 900), (0, 300)
SLOW = (1.5, 2.2)
MISHEARS_SHARE = 0.02


class Visits:
    """One visit after the other, the earliest first."""

    def __init__(
        self,
        person: PhonePerson,
        *,
        orders: Orders,
        walker: Walker,
        door: Door,
        pace: Pace,
        habits: Habits,
        late_share: float,
        seed: int,
    ) -> None:
        self._person, self._orders, self._walker, self._door, self._pace = person, orders, walker, door, pace
        self._late_share, self._seed = late_share, seed
        self._incidents = Incidents(person, pace=pace, habits=habits, ask=self._ask)
        self._misheard: set[int] = set()
        self._asking = False

    async def make(self) -> None:
        """For ever."""
        while True:
            card = self._next()
            wait_s = LOOKS_EVERY_S if card is None else self._acts_in(card)
            if card is None or wait_s > 0:
                await self._orders.news(min(wait_s, LOOKS_EVERY_S))
            else:
                await self._go_on(card["id"])

    def _next(self) -> Card | None:
        """The order in hand, else the one that starts first. What is over is forgotten on the way."""
        for card in self._orders.all():
            if not self._is_mine(card["id"]) and card["phase"] not in ("DISPATCHING", "AWAITING_PAYMENT"):
                self._orders.forget(card["id"])
        mine = [card for card in self._orders.all() if self._is_mine(card["id"])]
        return min(mine, key=lambda card: (card["phase"] in AHEAD, card["starts_at"]), default=None)

    def _is_mine(self, order_id: int) -> bool:
        card = self._orders.get(order_id)
        if card is None or card["phase"] not in MINE:
            return False
        return bool(card["worker"] and card["worker"]["id"] == self._person.id)

    def _acts_in(self, card: Card) -> float:
        """The clock's seconds until there is something for him to do."""
        if card["phase"] == "EXCEPTION":
            return LOOKS_EVERY_S
        if card["phase"] != "ACCEPTED":
            return 0.0
        return min(self._leaves_in(card), self._incidents.thinks_again_in(card))

    def _leaves_in(self, card: Card) -> float:
        """The clock's seconds until he leaves."""
        dice = self._dice(card["id"])
        travel = self._pace.real(travel_s(self._walker.at, Spot(card["lng"], card["lat"])))
        early, dawdles = dice.uniform(*EARLY_S), dice.uniform(*DAWDLES_S)
        if self._is_late(card["id"]) and card["deadlines"]["depart_by"]:
            return seconds_until(card["deadlines"]["depart_by"]) + self._pace.real(dawdles)
        return seconds_until(card["starts_at"]) - travel - self._pace.real(early)

    def _dice(self, order_id: int) -> Random:
        """The same for an order whenever it is asked for: a restart changes nobody's mind."""
        return Random(f"{self._seed}:{self._person.id}:{order_id}")

    def _is_late(self, order_id: int) -> bool:
        return Random(f"late:{self._seed}:{self._person.id}:{order_id}").random() < self._late_share

    async def _go_on(self, order_id: int) -> None:
        """One phase of a visit, given up as soon as the order is no longer his."""
        work = asyncio.create_task(self._phase(order_id))
        gone = asyncio.create_task(self._orders.until(lambda: not self._is_mine(order_id)))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if self._asking:
                # Often his own question has taken it from him, and its event was here before the answer.
                await asyncio.wait({work})
            if work.done():
                work.result()
        except Refused as refusal:
            log.info("order %s: %s", order_id, refusal)
            await asyncio.sleep(AFTER_REFUSAL_S)
        except Unreachable as error:
            log.warning("order %s: no answer from %s", order_id, error)
        finally:
            work.cancel()
            gone.cancel()

    async def _phase(self, order_id: int) -> None:
        detail = await self._person.get(f"/api/orders/{order_id}")
        card, contact = detail["order"], detail["contact"]
        self._orders.put(card)
        match card["phase"]:
            case "ACCEPTED" if self._incidents.thinks_again_in(card) <= 0:
                await self._incidents.think_again(detail)
            case "ACCEPTED":
                await self._ask(order_id, "depart")
            case "EN_ROUTE":
                await self._incidents.say_something(order_id)
                await self._travel(detail, Spot(contact["lng"], contact["lat"]))
            case "ARRIVED":
                self._walker.at = Spot(contact["lng"], contact["lat"])
                if not await self._report_trouble(detail):
                    await self._enter(card)
            case "IN_SERVICE":
                self._walker.at = Spot(contact["lng"], contact["lat"])
                await self._incidents.want_more(detail)
                await self._serve(detail)

    async def _report_trouble(self, detail: dict[str, Any]) -> bool:
        """Whether something went wrong. The platform is told where he is as well."""
        trouble = self._incidents.trouble(detail)
        if trouble:
            await self._walker.tell()
            await self._incidents.report(detail["order"]["id"], trouble)
        return trouble is not None

    async def _travel(self, detail: dict[str, Any], to: Spot) -> None:
        """To the door, unless something happens half-way."""
        order_id, here = detail["order"]["id"], self._walker.at
        slowness = self._dice(order_id).uniform(*SLOW) if self._is_late(order_id) else 1.0
        if self._incidents.trouble(detail):
            halfway = Spot((here.lng + to.lng) / 2, (here.lat + to.lat) / 2)
            await self._walker.travel(halfway, slowness=slowness)
            await self._report_trouble(detail)
        else:
            await self._walker.travel(to, slowness=slowness)
            await self._ask(order_id, "arrive")

    async def _enter(self, card: Card) -> None:
        """Ring, not too early, until somebody opens and says the code."""
        dice = self._dice(card["id"])
        await asyncio.sleep(max(0.0, seconds_until(card["starts_at"]) - self._pace.real(dice.uniform(*EARLY_RING_S))))
        code = None
        while code is None:
            code = await self._door.ask(card["id"], timeout_s=DOOR_OPENS_WITHIN_S)
        if dice.random() < MISHEARS_SHARE and card["id"] not in self._misheard:
            self._misheard.add(card["id"])
            code = code[::-1]
        await self._ask(card["id"], "start", {"code": code})

    async def _serve(self, detail: dict[str, Any]) -> None:
        """Tick the steps that are left, spread over the time that is left. Half of them go well in any case."""
        card, dice = detail["order"], self._dice(detail["order"]["id"])
        open_steps = [record for record in detail["records"] if not record["done_at"]]
        spent_s = -seconds_until(card["phase_since"])
        left_s = max(0.0, card["duration_s"] * dice.uniform(0.8, 1.0) - spent_s)
        for at, record in enumerate(open_steps):
            if at == len(open_steps) // 2 and await self._report_trouble(detail):
                return
            await self._incidents.show_step(card["id"], record["position"], "before")
            await asyncio.sleep(left_s / len(open_steps) * dice.uniform(0.9, 1.1))
            await self._incidents.show_step(card["id"], record["position"], "after")
            await self._ask(card["id"], f"steps/{record['position']}")
        await self._pace.think(dice, 10, 60)
        await self._ask(card["id"], "finish")

    async def _ask(self, order_id: int, what: str, body: dict[str, Any] | None = None) -> None:
        self._asking = True
        try:
            answer = await self._person.command(f"/api/orders/{order_id}/{what}", body)
        finally:
            self._asking = False
        if answer["state"]:
            self._orders.note(order_id, phase=answer["state"], version=answer["version"])
