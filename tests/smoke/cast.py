"""The people: customers, workers and dispatchers, who know the public HTTP API and their sockets and nothing else."""

import asyncio
import time
from random import Random
from typing import Any

from tests.smoke.listener import Hear, Listener
from tests.smoke.scripts import BY_HAND, LATE, Crew
from tests.smoke.stage import Case, Stage
from tests.world.people import Customer, Person, Worker
from tests.world.places import CENTER, CITY, customer_phone, worker_phone

EVENT_OF = {"depart": "departed", "arrive": "arrived", "start": "started", "finish": "finished"}


class Actor:
    """Somebody with a phone: HTTP to one of the servers, and a socket to the other."""

    def __init__(self, stage: Stage, person: Person, who: str, number: int) -> None:
        self.stage, self.person, self.who, self.number = stage, person, who, number
        self.dice = Random(number)
        self.listener: Listener

    async def listen(self, path: str, hear: Hear) -> None:
        """Open the socket and follow the stream of the snapshot at `path`."""
        stream = (await self.person.get(path))["stream"]
        token = (await self.person.post("/api/hub/token", key=None))["token"]
        self.listener = Listener(self.who, self.stage.base_urls, token=token, first=self.number + 1)
        self.stage.listeners.append(self.listener)
        self.stage.spawn(self.listener.run())
        await self.listener.follow(stream, hear)

    async def think(self) -> None:
        """So that orders are in all phases at any moment."""
        await asyncio.sleep(self.dice.uniform(0.1, 0.5))

    async def command(self, case: Case, event: str, path: str, body: Any = None) -> None:
        """Ask for something of an order until it is decided; it must be done. Raises Refused, RuntimeError."""
        case.ask(event)
        answer = await self.person.command(path, body)
        if answer["status"] != "done":
            raise RuntimeError(f"{path}: {answer}")


class Buyer(Actor):
    """A customer with several orders."""

    person: Customer

    def __init__(self, stage: Stage, number: int) -> None:
        super().__init__(stage, Customer(*stage.base_urls, first=number), f"customer {number}", number)

    async def enter(self) -> None:
        """Sign in, have an address, listen."""
        await self.person.sign_in(customer_phone(self.number))
        await self.person.move_in(lng=CENTER[0] + 0.003 * self.number)
        await self.listen("/api/orders", lambda type, data: None)

    async def live_through(self, case: Case) -> None:
        """One order, from booking to its end."""
        case.ask("placed")
        detail = await self.person.order(self.stage.services[case.script.skill], starts_in_s=case.starts_in_s)
        case.order_id, case.start_code = detail["order"]["id"], detail["start_code"]
        self.stage.by_order[case.order_id] = case
        await self.listener.follow(detail["stream"], case.hear)
        case.hear("order.placed", {})  # the snapshot has it already
        await self._pay(case)
        if case.script.cancels_at:
            await self._at(case, case.script.cancels_at, "cancelled", "cancel")
        elif "finished" in case.script.timeline and case.script.confirms:
            await self._at(case, "finished", "completed", "confirm")
        await case.until("closed")

    async def _pay(self, case: Case) -> None:
        if case.script.payment == "paid":
            case.ask("paid")
            await self.person.pay(case.order_id)
        elif case.script.payment == "opened":
            await self.person.post(f"/api/orders/{case.order_id}/pay", {"channel": "sandbox"}, key=None)

    async def _at(self, case: Case, heard: str, event: str, command: str) -> None:
        await case.until(heard)
        await self.think()
        await self.command(case, event, f"/api/orders/{case.order_id}/{command}")


class Hand(Actor):
    """A worker: answers offers as the order's script says, and serves one order at a time."""

    person: Worker

    def __init__(self, stage: Stage, number: int, crew: Crew) -> None:
        super().__init__(stage, Worker(*stage.base_urls, first=number), f"worker {number}", number)
        self.crew = crew
        self.busy = asyncio.Lock()

    async def enter(self) -> None:
        """Sign in and listen; who comes on duty late, comes late."""
        await self.person.sign_in(worker_phone(self.number))
        await self.listen("/api/worker/offers", self._hear)
        if LATE in self.crew.skills:
            self.stage.spawn(self._come_late())

    def _hear(self, type: str, data: dict[str, Any]) -> None:
        if type == "offer.made":
            case = self.stage.case_of(data["offer"]["order_id"])
            self.stage.spawn(self._answer(case, data["offer"]["id"]), case)
        elif type in ("order.accepted", "order.assigned") and data["order"]["worker"]["id"] == self.person.id:
            case = self.stage.case_of(data["order"]["id"])
            self.stage.spawn(self._serve(case), case)
        elif type == "worker.rested":
            self.stage.spawn(self.person.turn_switch(on_duty=True))

    async def _come_late(self) -> None:
        await self.stage.until_all_latecomers_wait()
        await self.think()
        self.stage.late_on_duty_at = self.stage.late_on_duty_at or time.time()
        await self.person.turn_switch(on_duty=True)

    async def _answer(self, case: Case, offer_id: int) -> None:
        answer = case.next_answer()
        await self.think()
        if answer == "accept":
            await self.command(case, "accepted", f"/api/offers/{offer_id}/accept")
        elif answer == "refuse":
            await self.command(case, "refused", f"/api/offers/{offer_id}/refuse", {"reason": "too_far"})

    async def _serve(self, case: Case) -> None:
        async with self.busy:
            for step in case.script.visit:
                await self.think()
                body = {"code": case.start_code} if step == "start" else None
                await self.command(case, EVENT_OF.get(step, "step_done"), f"/api/orders/{case.order_id}/{step}", body)
            if case.script.cancels_at and case.script.visit:
                # He is on his way until it is cancelled, and may not set out to the next one before.
                await case.until("cancelled")


class Dispatcher(Actor):
    """Watches the board. The first one also gives orders that nobody takes to somebody who rests."""

    def __init__(self, stage: Stage, number: int, username: str) -> None:
        super().__init__(stage, Person(*stage.base_urls, first=number), username, number)

    async def enter(self) -> None:
        """Sign in and watch the city."""
        await self.person.sign_in_as_staff(self.who)
        await self.listen(f"/api/board/{CITY}", self._hear if self.number == 0 else lambda type, data: None)

    def _hear(self, type: str, data: dict[str, Any]) -> None:
        if type != "alarm.raised" or data["alarm"]["kind"] != "nobody_accepts":
            return
        case = self.stage.case_of(data["alarm"]["order_id"])
        if case.script.skill == BY_HAND:
            self.stage.spawn(self._assign(case, data["alarm"]["id"]), case)

    async def _assign(self, case: Case, alarm_id: int) -> None:
        await self.person.post(f"/api/board/alarms/{alarm_id}/take", key=None)
        verdicts = await self.person.get(f"/api/board/orders/{case.order_id}/candidates")
        resting = [each["worker"]["id"] for each in verdicts["excluded"] if each["reason"] == "off_duty"]
        await self.command(
            case, "assigned", f"/api/orders/{case.order_id}/assign", {"worker_id": self.dice.choice(resting)}
        )
