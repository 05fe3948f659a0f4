"""A customer: books, pays (or does not), opens the door, cancels when he is that sort, confirms or forgets."""

import asyncio
import logging
from random import Random
from typing import Any

from web.demo.people.api import Api, Refused, Unreachable
from web.demo.people.booking import Booker
from web.demo.people.habits import Habits
from web.demo.people.live import Live
from web.demo.people.orders import Card, Orders
from web.demo.people.pace import Pace
from web.demo.people.person import PhonePerson
from web.demo.people.wishes import Wishes

log = logging.getLogger("people")

PAYS_AFTER_S, CANCELS_AFTER_S, OPENS_AFTER_S, CONFIRMS_AFTER_S = (30, 300), (60, 900), (10, 60), (60, 900)
LOOKS_AT_WALLET_AFTER_S = (60, 1800)
LOOKS_EVERY_S = 60.0
GONE_AFTER_S = 4 * 86_400
"""The demo's seconds after which he stops looking at an order that does not move."""
BEFORE_DEPARTURE, ON_THE_WAY = ("DISPATCHING", "ACCEPTED"), ("EN_ROUTE", "ARRIVED")
OPEN = ("AWAITING_PAYMENT", *BEFORE_DEPARTURE, *ON_THE_WAY, "IN_SERVICE", "EXCEPTION")
REASONS = ("changed_mind", "wrong_time", "found_other", "other")


class Customer:
    """One of the stream. He is `busy` while an order of his is on its way."""

    def __init__(self, phone: str, data: dict[str, Any], *, api: Api, pace: Pace, habits: Habits, seed: int) -> None:
        self._dice = Random(f"{seed}:{phone}")
        self._person = PhonePerson(api, phone)
        self._pace = pace
        self._orders = Orders()
        kinds = data["temperaments"]
        self._temper: dict[str, Any] = self._dice.choices(kinds, [kind["share"] for kind in kinds])[0]
        self._wishes = Wishes(self._person, pace=pace, habits=habits)
        self._booker = Booker(self._person, phone=phone, data=data, pace=pace, dice=self._dice)
        self.busy = False

    async def order_something(self) -> None:
        """One order, from looking around to the end of his interest in it."""
        async with self._present():
            order_id = await self._booker.book()
            if order_id is not None:
                await self._see_through(order_id)

    async def pick_up(self) -> None:
        """After a restart: go on with what he had ordered before."""
        await self._person.sign_in()
        cards = [card for group in ("unpaid", "waiting", "serving") for card in await self._listed(group)]
        if cards:
            async with self._present():
                await asyncio.gather(*(self._see_through(card["id"]) for card in cards))

    async def open_door(self, order_id: int) -> str | None:
        """Somebody rings for an order: the code, if it is his."""
        if self._orders.get(order_id) is None:
            return None
        detail = await self._person.get(f"/api/orders/{order_id}")
        await self._pace.think(self._dice, *OPENS_AFTER_S)
        return str(detail["start_code"])

    def _present(self) -> "_Present":
        return _Present(self)

    async def _listed(self, group: str) -> list[Card]:
        page = await self._person.get("/api/orders", group=group)
        cards: list[Card] = page["items"]
        return cards

    async def snapshot(self) -> dict[str, Any]:
        """For the socket: the orders that are on their way, and the position that was read before them."""
        page = await self._person.get("/api/orders")
        for card in page["items"]:
            self._orders.put(card)
        position: dict[str, Any] = page["stream"]
        return position

    def hear(self, kind: str, data: dict[str, Any]) -> None:
        """For the socket: an event."""
        if kind.startswith("order."):
            self._orders.put(data["order"])
            self._wishes.hear(kind, data["order"]["id"])

    @property
    def person(self) -> PhonePerson:
        return self._person

    async def _see_through(self, order_id: int) -> None:
        detail = await self._person.get(f"/api/orders/{order_id}")
        self._orders.put(detail["order"])
        self._wishes.read(detail)
        try:
            async with asyncio.timeout(self._pace.real(GONE_AFTER_S)):
                await self._pay(order_id)
                await self._wait_for_service(order_id)
                await self._say_goodbye(order_id)
                await self._take_what_he_is_owed(order_id)
        except TimeoutError:
            log.info("order %s: its customer stopped looking", order_id)
        finally:
            self._orders.forget(order_id)

    async def _pay(self, order_id: int) -> None:
        if self._phase(order_id) != "AWAITING_PAYMENT" or self._happens("never_pays"):
            return
        await self._pace.think(self._dice, *PAYS_AFTER_S)
        await self._person.pay(f"/api/orders/{order_id}/pay")

    async def _wait_for_service(self, order_id: int) -> None:
        """Until the worker has finished or it is over, unless he changes his mind on the way."""
        plans = [(BEFORE_DEPARTURE, self._happens("cancels_early")), (ON_THE_WAY, self._happens("cancels_late"))]
        regrets = [phases for phases, happens in plans if happens]
        while self._phase(order_id) in OPEN:
            await self._wishes.see_to(self._card(order_id))
            if any(self._phase(order_id) in phases for phases in regrets):
                regrets = []
                await self._pace.think(self._dice, *CANCELS_AFTER_S)
                await self._command(order_id, "cancel", {"reason": self._dice.choice(REASONS)})
            await self._orders.news(LOOKS_EVERY_S)

    async def _say_goodbye(self, order_id: int) -> None:
        """Confirm, or leave that to the platform's patience; and thank who has earned it."""
        if self._phase(order_id) == "AWAITING_CONFIRMATION" and self._happens("confirms"):
            await self._pace.think(self._dice, *CONFIRMS_AFTER_S)
            await self._command(order_id, "confirm")
            while self._phase(order_id) == "COMPLETED" and self._card(order_id)["settlement"] != "settled":
                await self._orders.news(LOOKS_EVERY_S)
            if self._phase(order_id) == "COMPLETED":
                await self._wishes.say_thanks(order_id)

    async def _take_what_he_is_owed(self, order_id: int) -> None:
        """What the platform pays because it let him down waits for his word in his wallet."""
        while under_way := await self._payouts(order_id):
            for payout_id in (one["payout_id"] for one in under_way if one["state"] == "waiting"):
                await self._pace.think(self._dice, *LOOKS_AT_WALLET_AFTER_S)
                await self._take(payout_id)
            await self._orders.news(LOOKS_EVERY_S)

    async def _payouts(self, order_id: int) -> list[dict[str, Any]]:
        detail = await self._person.get(f"/api/orders/{order_id}")
        return [one for one in detail["compensations"] if one["state"] in ("approved", "waiting")]

    async def _take(self, payout_id: int) -> None:
        try:
            await self._person.post(f"/api/sandbox/withdrawals/{payout_id}/confirm")
        except Refused as refusal:
            # It went back, or he has it already.
            log.info("payout %s: %s", payout_id, refusal)

    async def _command(self, order_id: int, what: str, body: dict[str, Any] | None = None) -> None:
        try:
            answer = await self._person.command(f"/api/orders/{order_id}/{what}", body)
        except Refused as refusal:
            # Too late, by a moment: the worker has started meanwhile.
            log.info("order %s: %s", order_id, refusal)
        else:
            if answer["state"]:
                self._orders.note(order_id, phase=answer["state"], version=answer["version"])

    def _phase(self, order_id: int) -> str:
        return str(self._card(order_id).get("phase", ""))

    def _card(self, order_id: int) -> Card:
        return self._orders.get(order_id) or {}

    def _happens(self, what: str) -> bool:
        return self._dice.random() < float(self._temper[what])


class _Present:
    """He is there: signed in, listening on his topic, and not to be sent off to order anything else."""

    def __init__(self, customer: Customer) -> None:
        self._customer = customer
        self._live: Live | None = None

    async def __aenter__(self) -> None:
        customer = self._customer
        customer.busy = True
        try:
            await customer.person.sign_in()
            topic = f"customer:{customer.person.id}"
            self._live = Live(customer.person, topic, snapshot=customer.snapshot, on_event=customer.hear)
            await self._live.__aenter__()
        except (Refused, Unreachable):
            customer.busy = False
            raise

    async def __aexit__(self, *raised: object) -> None:
        self._customer.busy = False
        if self._live:
            await self._live.__aexit__(*raised)
