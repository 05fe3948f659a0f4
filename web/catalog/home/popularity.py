"""How popular a city's services are: counted from its orders and views, for many visitors at once."""

import time
from datetime import datetime, timedelta
from functools import cached_property
from math import inf

from web.catalog import interest
from web.catalog.home.scoring import Day, Weights, heat
from web.orders import habits
from web.workforce.plan import day_of

LOOK_BACK = timedelta(days=90)
"""What is longer ago makes nothing popular, whatever the half-life."""

TOGETHER_WITHIN = timedelta(days=180)
TOGETHER_GOOD_FOR_S = 6 * 3600.0


class Popularity:
    """How often a city's services were booked and looked at, by day; and what was booked together."""

    def __init__(self, city: str, at: datetime, *, before: "Popularity | None" = None) -> None:
        """before: what was counted the last time; what is booked together changes slowly, and is taken from there."""
        self.city, self.at = city, at
        self._together: dict[int, tuple[float, dict[int, float]]] = before._together if before else {}
        self._heats: dict[tuple[int, float, float], float] = {}

    @cached_property
    def days(self) -> dict[int, list[Day]]:
        """By service."""
        today, since = day_of(self.at), self.at - LOOK_BACK
        counted: dict[tuple[int, int], list[int]] = {}
        for booked in habits.booked_by_day(city=self.city, since=since):
            counted.setdefault((booked.service_id, (today - booked.day).days), [0, 0])[0] += booked.times
        for viewed in interest.viewed_by_day(city=self.city, since=day_of(since)):
            counted.setdefault((viewed.service_id, (today - viewed.day).days), [0, 0])[1] += viewed.times
        found: dict[int, list[Day]] = {}
        for (service_id, age), (orders, views) in counted.items():
            found.setdefault(service_id, []).append(Day(age, orders, views))
        return found

    def heat_of(self, service_id: int, weights: Weights) -> float:
        """How popular it is; worked out once."""
        key = (service_id, weights.half_life_days, weights.view_counts)
        if key not in self._heats:
            self._heats[key] = heat(self.days.get(service_id, ()), weights)
        return self._heats[key]

    def together_with(self, service_id: int) -> dict[int, float]:
        """What those booked, too, who booked this one; asked once in hours."""
        asked_at, found = self._together.get(service_id, (-inf, {}))
        if time.monotonic() - asked_at >= TOGETHER_GOOD_FOR_S:
            found = habits.booked_together(service_id, city=self.city, since=self.at - TOGETHER_WITHIN)
            self._together[service_id] = (time.monotonic(), found)
        return found
