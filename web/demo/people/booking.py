"""Finding a service and a time, and placing the order."""

import logging
import uuid
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

from web.demo.people.api import Refused
from web.demo.people.pace import SHANGHAI, Pace, moment, utc_now
from web.demo.people.person import PhonePerson
from web.demo.people.ways import Spot, near

log = logging.getLogger("people")

CITY = "hangzhou"
LEAD_MEAN_S = 2.5 * 3600
"""The demo's seconds that a visit is booked ahead, on average."""
LOOKS_AROUND_S = (20, 120)
DECIDES_WITHIN = timedelta(seconds=3)
"""The clock's, not the demo's: requests take their time."""
TRIES = 3
ANSWERS_SHARE, ADD_ON_SHARE = 0.6, 0.15
"""How often he answers what he need not, and adds an item of the price list."""
HOUSE_M = 180
OTHER_TIMES = frozenset({"slot_taken", "too_soon", "too_far_ahead", "price_changed"})
OTHER_SERVICES = frozenset({"not_served_here"})


class Booker:
    """A customer before he is one: who he is, where he lives, and what he wants this time."""

    def __init__(self, person: PhonePerson, *, phone: str, data: dict[str, Any], pace: Pace, dice: Random) -> None:
        self._person, self._pace, self._dice, self._data, self._phone = person, pace, dice, data, phone
        self._name = dice.choice(data["surnames"]) + dice.choice(data["given_names"].split())
        places = data["communities"]
        self._place: dict[str, Any] = dice.choices(places, [place["weight"] for place in places])[0]
        self._house = near(Spot(self._place["lng"], self._place["lat"]), HOUSE_M, dice)
        self._door = dice.choice(data["doors"]).format(
            b=dice.randint(1, 28), u=dice.randint(1, 3), f=dice.randint(2, 24), r=dice.randint(1, 4)
        )
        self._number = dice.randint(1, 388)

    async def book(self) -> int | None:
        """An order's id; None when nothing was free, or nothing is served where he lives."""
        await self._person.sign_in()
        address_id = await self._address_id()
        for _ in range(TRIES):
            service = await self._choose_service()
            await self._pace.think(self._dice, *LOOKS_AROUND_S)
            try:
                order_id = await self._place_order(service["id"], address_id)
            except Refused as refusal:
                if refusal.code not in OTHER_TIMES | OTHER_SERVICES:
                    raise
                log.info("no order: %s", refusal.code)
                continue
            if order_id is not None:
                return order_id
        return None

    async def _address_id(self) -> int:
        known = await self._person.get("/api/addresses")
        if known:
            return int(known[0]["id"])
        place = self._place
        body = {
            "city": CITY,
            "district": place["district"],
            "place": f"{place['street']}{place['road']}{self._number}号{place['community']}",
            "door": self._door,
            "contact_name": self._name,
            "contact_phone": self._phone,
            "lng": round(self._house.lng, 6),
            "lat": round(self._house.lat, 6),
        }
        return int((await self._person.post("/api/addresses", body))["id"])

    async def _choose_service(self) -> dict[str, Any]:
        categories: Sequence[dict[str, Any]] = await self._person.get("/api/categories")
        leaf = self._dice.choice([one["slug"] for one in categories if one["parent"]])
        services: Sequence[dict[str, Any]] = await self._person.get("/api/services", city=CITY, category=leaf)
        return self._dice.choice(services)

    async def _place_order(self, service_id: int, address_id: int) -> int | None:
        service = await self._person.get(f"/api/services/{service_id}")
        wanted = {"service_id": service_id, "address_id": address_id, **self._choices(service)}
        quote = await self._person.post("/api/quotes", wanted)
        starts_at = await self._choose_time(service_id, address_id, duration_s=quote["duration_s"])
        if starts_at is None:
            return None
        # Again: some times cost more.
        wanted |= {"starts_at": starts_at}
        quote = await self._person.post("/api/quotes", wanted)
        body = wanted | {"quoted_fen": quote["total_fen"], "request": self._request()}
        detail = await self._person.post("/api/orders", body, key=uuid.uuid4().hex)
        return int(detail["order"]["id"])

    def _choices(self, service: dict[str, Any]) -> dict[str, Any]:
        """What has to be answered, and now and then something on top."""
        asked = [one for one in service["options"] if one["required"] or self._dice.random() < ANSWERS_SHARE]
        wishes = [item for item in service["price_list"] if self._dice.random() < ADD_ON_SHARE]
        return {
            "answers": {option["key"]: self._answer(option) for option in asked},
            "add_ons": [{"item_id": item["id"], "quantity": 1} for item in wishes],
        }

    def _answer(self, option: dict[str, Any]) -> str | list[str] | int:
        if option["kind"] == "count":
            return self._dice.randint(option["least"], min(option["most"], option["included"] + 2))
        key: str = self._dice.choice(option["choices"])["key"]
        return [key] if option["kind"] == "some" else key

    async def _choose_time(self, service_id: int, address_id: int, *, duration_s: int) -> str | None:
        """The free time nearest to what he had in mind."""
        wanted = utc_now() + timedelta(seconds=self._pace.real(self._dice.expovariate(1 / LEAD_MEAN_S)))
        for day in sorted({(at + SHANGHAI).date().isoformat() for at in (wanted, wanted + timedelta(hours=6))}):
            path = f"/api/services/{service_id}/slots"
            slots = (await self._person.get(path, address_id=address_id, day=day, duration_s=duration_s))["slots"]
            if slots:
                # The first of them may be too soon by the time the order arrives.
                wanted = max(wanted, moment(slots[0]["starts_at"]) + DECIDES_WITHIN)
                nearest = min(slots, key=lambda slot: abs(moment(slot["starts_at"]) - wanted))
                return str(nearest["starts_at"])
        return None

    def _request(self) -> str:
        speaks = self._dice.random() < self._data["request_share"]
        return str(self._dice.choice(self._data["requests"])) if speaks else ""
