"""Where a worker is, and telling the platform so: over the socket, and by HTTP for what piled up while it was away."""

import asyncio
import math
from random import Random
from typing import Any

from web.demo.people.api import Refused, Unreachable
from web.demo.people.live import Live
from web.demo.people.pace import Pace, utc_now
from web.demo.people.person import PhonePerson
from web.demo.people.ways import Spot, along, near, travel_s, way

TRAVELLING_EVERY_S = 10
STANDING_EVERY_S = 240
"""The demo's seconds between two positions, on the way and otherwise; never more often than these of the clock's:"""
TRAVELLING_LEAST_S = 2.0
STANDING_LEAST_S = 20.0
SCATTER_M = 12
KEPT = 100


class Walker:
    """A worker on the map."""

    def __init__(self, person: PhonePerson, *, pace: Pace, at: Spot, dice: Random) -> None:
        self._person, self._pace, self._dice = person, pace, dice
        self.at = at
        self.live: Live | None = None
        self._unsent: list[dict[str, Any]] = []
        self._travelling = False

    async def show_oneself(self) -> None:
        """While standing: a position now and then, so that he is not taken for lost."""
        while True:
            if not self._travelling:
                await self.tell()
            await asyncio.sleep(max(STANDING_LEAST_S, self._pace.real(STANDING_EVERY_S)))

    async def travel(self, to: Spot, *, slowness: float = 1.0) -> None:
        """Go there, telling where he is. slowness: so many times longer than usual."""
        start, corners = self.at, way(self.at, to, self._dice)
        takes_s = self._pace.real(travel_s(start, to)) * slowness
        every_s = max(TRAVELLING_LEAST_S, self._pace.real(TRAVELLING_EVERY_S))
        tells = max(1, math.ceil(takes_s / every_s))
        self._travelling = True
        try:
            for number in range(1, tells + 1):
                await asyncio.sleep(takes_s / tells)
                self.at = along(corners, number / tells)
                await self.tell()
        finally:
            self._travelling = False
        self.at = to

    async def tell(self) -> None:
        """Send where he is, and what could not be sent before."""
        seen = near(self.at, SCATTER_M, self._dice)
        position = {"lng": seen.lng, "lat": seen.lat, "accuracy_m": self._dice.uniform(4, 25)}
        self._unsent = [*self._unsent[-KEPT:], position | {"at": utc_now().isoformat()}]
        batch = {"positions": list(self._unsent)}
        if await self._sent(batch):
            self._unsent = self._unsent[len(batch["positions"]) :]

    async def _sent(self, batch: dict[str, Any]) -> bool:
        if self.live and await self.live.rpc("position", batch):
            return True
        try:
            await self._person.post("/api/worker/positions", batch)
        except (Refused, Unreachable):
            return False
        return True
