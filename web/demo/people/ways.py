"""Ways across the city: how far, how long, and where one is on the way. Degrees are GCJ-02, [lng, lat] order."""

import itertools
import math
from random import Random
from typing import NamedTuple

METRES_PER_DEGREE = 111_320.0
DETOUR = 1.35
WALK_MPS = 5.5
"""What a scooter makes through a city; the same as the platform's own guess."""


class Spot(NamedTuple):
    """A point of the map."""

    lng: float
    lat: float


def metres(a: Spot, b: Spot) -> float:
    """Straight line, good to a thousandth within a city."""
    narrowing = math.cos(math.radians((a.lat + b.lat) / 2))
    return math.hypot((b.lng - a.lng) * narrowing, b.lat - a.lat) * METRES_PER_DEGREE


def travel_s(a: Spot, b: Spot) -> float:
    """The demo's seconds from a to b."""
    return metres(a, b) * DETOUR / WALK_MPS


def way(a: Spot, b: Spot, dice: Random) -> list[Spot]:
    """From a to b by a few corners, as streets go: mostly along one axis, then the other."""
    corners = [a]
    pieces = 1 + min(3, int(metres(a, b) // 2500))
    for piece in range(1, pieces + 1):
        share = piece / pieces
        stop = Spot(a.lng + (b.lng - a.lng) * share, a.lat + (b.lat - a.lat) * share)
        before = corners[-1]
        bend = dice.uniform(0.15, 0.85)
        along = Spot(stop.lng, before.lat) if dice.random() < 0.5 else Spot(before.lng, stop.lat)
        middle = Spot((before.lng + stop.lng) / 2, (before.lat + stop.lat) / 2)
        corners += [Spot(_between(middle.lng, along.lng, bend), _between(middle.lat, along.lat, bend)), stop]
    return [*corners[:-1], b]


def along(corners: list[Spot], share: float) -> Spot:
    """Where one is after `share` (0 to 1) of the way."""
    lengths = [metres(one, other) for one, other in itertools.pairwise(corners)]
    left = max(0.0, min(1.0, share)) * sum(lengths)
    for (one, other), length in zip(itertools.pairwise(corners), lengths, strict=True):
        if left <= length and length > 0:
            part = left / length
            return Spot(_between(one.lng, other.lng, part), _between(one.lat, other.lat, part))
        left -= length
    return corners[-1]


def near(spot: Spot, metres_off: float, dice: Random) -> Spot:
    """Somewhere around a spot."""
    turn, off = dice.uniform(0, math.tau), metres_off * math.sqrt(dice.random()) / METRES_PER_DEGREE
    return Spot(spot.lng + off * math.cos(turn) / math.cos(math.radians(spot.lat)), spot.lat + off * math.sin(turn))


def _between(a: float, b: float, share: float) -> float:
    return a + (b - a) * share
