"""The answer that costs nothing: what a vendor has said between these cells, else detour × speed by hour."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from web.orders.policies import Travel
from web.scheduling.routing.places import Cell, Leg, Place, cell_of, straight_line_m


class Said(NamedTuple):
    """What a vendor said of a way, in one hour of the day (Asia/Shanghai): metres, seconds, its name."""

    distance_m: int
    travel_s: int
    by: str


Known = Mapping[tuple[Cell, Cell], Mapping[int, Said]]
"""By the cells of start and end: hour of the day → what was said in it."""


@dataclass(frozen=True)
class Router:
    """Ways under a policy's terms. Asks nobody: cheap enough for every worker of a city, and in a transaction too."""

    travel: Travel
    known: Known = field(default_factory=dict)

    @cached_property
    def is_steady(self) -> bool:
        """Whether every hour has the same ways."""
        return not self.known and not self.travel.speeds_mps

    def leg(self, a: Place, b: Place, *, arriving: datetime) -> Leg:
        """The way from `a` to `b` that ends at `arriving`."""
        return self.leg_in(a, b, hour=hour_of(arriving))

    def leg_in(self, a: Place, b: Place, *, hour: int) -> Leg:
        """The way from `a` to `b` that ends in that hour of the day (Asia/Shanghai)."""
        said = self.known.get((cell_of(a), cell_of(b))) if self.known else None
        if said:
            return self._said_in(said, hour)
        distance = straight_line_m(a, b) * self.travel.detour
        return Leg(math.ceil(distance), math.ceil(distance / self.travel.speed_at(hour)))

    def _said_in(self, said: Mapping[int, Said], hour: int) -> Leg:
        # Traffic was asked about in other hours than this one? The road is the same, and the policy knows how much
        # slower it is now.
        asked = min(said, key=lambda other: (min((other - hour) % 24, (hour - other) % 24), other))
        answer = said[asked]
        slower = self.travel.speed_at(asked) / self.travel.speed_at(hour)
        return Leg(answer.distance_m, math.ceil(answer.travel_s * slower), answer.by)


def hour_of(moment: datetime) -> int:
    """The hour of the day in Shanghai, 0 to 23 (no summer time since 1991, so it is counted, not looked up)."""
    return (int(moment.timestamp()) // 3600 + 8) % 24
