"""The demo's time: its people live `speed` times faster than the clock."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from random import Random

SHANGHAI = timedelta(hours=8)
OPENING_HOUR = 8.0
"""When the day of a demo that runs faster than the clock begins: at the clock's own hour everybody might be asleep."""


class Pace:
    """Turns the demo's seconds into the clock's."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._began = time.monotonic()

    def real(self, demo_s: float) -> float:
        """The clock's seconds for so many of the demo's."""
        return demo_s / self.speed

    async def sleep(self, demo_s: float) -> None:
        """Sleep for so many of the demo's seconds."""
        await asyncio.sleep(self.real(demo_s))

    async def think(self, dice: Random, least_s: float, most_s: float) -> None:
        """Sleep for somewhere between so many of the demo's seconds."""
        await self.sleep(dice.uniform(least_s, most_s))

    def hour(self) -> float:
        """The hour of the demo's day, 0 to 24: Shanghai's at speed 1, else counted from the start."""
        if self.speed <= 1:
            now = utc_now() + SHANGHAI
            return now.hour + now.minute / 60
        return (OPENING_HOUR + (time.monotonic() - self._began) * self.speed / 3600) % 24


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def moment(text: str) -> datetime:
    """A moment as the API writes it."""
    return datetime.fromisoformat(text)


def seconds_until(text: str) -> float:
    """The clock's seconds until such a moment; negative once it is over."""
    return (moment(text) - utc_now()).total_seconds()
