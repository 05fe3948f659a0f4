"""What comes between a worker and his visit: he hands it back, asks for another time or for more money, reports."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from web.demo.people.api import Refused
from web.demo.people.habits import Entry, Habits
from web.demo.people.orders import Card
from web.demo.people.pace import SHANGHAI, Pace, moment, seconds_until
from web.demo.people.person import PhonePerson
from web.demo.people.pictures import photograph

log = logging.getLogger("people")

THINKS_AGAIN_S = (60, 900)
"""The demo's seconds after which he has second thoughts about an order that he has taken."""
PHOTOS_SHARE = 0.7
NEVER = float("inf")

Ask = Callable[[int, str, dict[str, Any]], Awaitable[None]]


class Incidents:
    """Each thing once per order: what the platform knows of already is not done again, after a restart either.

    ask: how he asks something of an order.
    """

    def __init__(self, person: PhonePerson, *, pace: Pace, habits: Habits, ask: Ask) -> None:
        self._person, self._pace, self._habits, self._ask = person, pace, habits, ask
        self._done: set[tuple[str, int]] = set()

    def thinks_again_in(self, card: Card) -> float:
        """The clock's seconds until he has second thoughts about an order that he has not left for."""
        order_id = card["id"]
        has = self._habits.happens("hands_back", order_id) or self._habits.happens("asks_to_move", order_id)
        if not has or ("second thoughts", order_id) in self._done:
            return NEVER
        after = self._habits.dice("second thoughts", order_id).uniform(*THINKS_AGAIN_S)
        return self._pace.real(after) + seconds_until(card["phase_since"])

    async def think_again(self, detail: dict[str, Any]) -> None:
        """Hand it back, or ask the customer for another time."""
        order_id = detail["order"]["id"]
        self._done.add(("second thoughts", order_id))
        if self._habits.happens("hands_back", order_id):
            await self._ask(order_id, "hand-back", {"reason": self._habits.choice("hand_back_reasons", order_id)})
        elif not any(one["kind"] == "reschedule" for one in detail["proposals"]):
            starts_at = await another_time(self._person, self._habits, detail["order"])
            if starts_at:
                reason = self._habits.choice("move_reasons", order_id)
                await self._ask(order_id, "proposals/move", {"starts_at": starts_at, "reason": reason})

    def trouble(self, detail: dict[str, Any]) -> Entry | None:
        """What goes wrong where the visit is now, unless he has reported it."""
        card = detail["order"]
        entry = self._habits.trouble(card["id"])
        known = ("report", card["id"]) in self._done or any(one["mine"] for one in detail["exceptions"])
        return entry if entry and entry["phase"] == card["phase"] and not known else None

    async def report(self, order_id: int, entry: Entry) -> None:
        """Tell the platform, often with a photo."""
        self._done.add(("report", order_id))
        dice = self._habits.dice("photos", order_id)
        photos = [await self._photo(order_id, "trouble")] if dice.random() < PHOTOS_SHARE else []
        report = {"type": entry["type"], "text": entry["text"], "photos": photos}
        await self._ask(order_id, "exceptions", report)

    async def show_step(self, order_id: int, position: int, stage: str) -> None:
        """A photo of a step, before or after it."""
        if self._habits.happens("shows_photos", order_id):
            photo = await self._photo(order_id, f"{stage} {position}")
            path = f"/api/orders/{order_id}/steps/{position}/photos"
            await self._person.post(path, {"stage": stage, "photos": [photo]})

    async def say_something(self, order_id: int) -> None:
        """A line to the customer, on the way."""
        if self._habits.happens("says_something", order_id) and ("said", order_id) not in self._done:
            self._done.add(("said", order_id))
            await self._person.say(order_id, self._habits.choice("sayings", order_id))

    async def want_more(self, detail: dict[str, Any]) -> None:
        """Propose a 补差价: of the price list, or a sum with its reason. The work goes on meanwhile."""
        order_id = detail["order"]["id"]
        told = any(one["outcome"] == "continue_with_supplement" for one in detail["exceptions"])
        known = ("more", order_id) in self._done or any(one["kind"] == "supplement" for one in detail["proposals"])
        if known or not (told or self._habits.happens("proposes_supplement", order_id)):
            return
        self._done.add(("more", order_id))
        try:
            await self._ask(order_id, "proposals/supplement", self._extra(detail))
        except Refused as refusal:
            # No time left for it, say: then he does what was booked.
            log.info("order %s: %s", order_id, refusal)

    def _extra(self, detail: dict[str, Any]) -> dict[str, Any]:
        dice = self._habits.dice("extra", detail["order"]["id"])
        listed = detail["price_list"]
        if listed and dice.random() < 0.5:
            return {"items": [{"item_id": dice.choice(listed)["id"], "quantity": 1}]}
        data = self._habits.data
        return {"other_fen": dice.choice(data["supplements_fen"]), "reason": dice.choice(data["supplements"])}

    async def _photo(self, order_id: int, of: str) -> int:
        return await self._person.send_photo(photograph(self._habits.dice(of, order_id)))


async def another_time(person: PhonePerson, habits: Habits, card: Card) -> str | None:
    """A time for the visit that its worker has free too, if there is one that day or the next."""
    first = moment(card["starts_at"]) + SHANGHAI
    for day in (first, first + timedelta(days=1)):
        found = await person.get(f"/api/orders/{card['id']}/slots", day=day.date().isoformat())
        times = [one["starts_at"] for one in found["slots"] if one["same_worker"]]
        if times:
            return str(habits.dice("another time", card["id"]).choice(times[:12]))
    return None
