"""A worker's answers: yes, no with a reason, or nothing at all."""

import asyncio
import logging
from random import Random
from typing import Any

from web.demo.people.api import Refused, Unreachable
from web.demo.people.pace import Pace, seconds_until
from web.demo.people.person import PhonePerson

log = logging.getLogger("people")

REASONS = ("too_far", "busy", "busy", "unwell", "no_tools", "other")
THINKS_S = (4, 28)
"""The demo's seconds that a worker looks at an offer."""
LATEST_SHARE = 0.6
"""Of the time that is left for an answer he uses so much at most: the answer has to travel too."""


class OfferDesk:
    """Decides each offer once, in a task of its own."""

    def __init__(self, person: PhonePerson, *, pace: Pace, temperament: dict[str, float], dice: Random) -> None:
        self._person, self._pace, self._temperament, self._dice = person, pace, temperament, dice
        self._seen: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def consider(self, offer: dict[str, Any]) -> None:
        """An offer came in, perhaps not for the first time."""
        if offer["id"] in self._seen:
            return
        self._seen.add(offer["id"])
        task = asyncio.get_running_loop().create_task(self._answer(offer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, offer: dict[str, Any]) -> None:
        mood = self._dice.random()
        takes = mood < self._temperament["accept_share"]
        if not takes and mood < self._temperament["accept_share"] + self._temperament["lapse_share"]:
            return
        left_s = max(0.0, seconds_until(offer["due_at"]))
        await asyncio.sleep(min(self._pace.real(self._dice.uniform(*THINKS_S)), left_s * LATEST_SHARE))
        try:
            if takes:
                await self._person.command(f"/api/offers/{offer['id']}/accept")
            else:
                reason = {"reason": self._dice.choice(REASONS)}
                await self._person.command(f"/api/offers/{offer['id']}/refuse", reason)
        except (Refused, Unreachable) as error:
            # Taken, withdrawn, lapsed: an offer is gone when it is gone.
            log.info("offer %s: %s", offer["id"], error)
