"""How far and how long from here to there: the default router, which needs nothing from outside.

Distance: great circle by h3 (haversine on a sphere of 6371.0 km), times a detour factor for streets. Coordinates are
GCJ-02 on both ends; the error of measuring on GCJ-02 instead of WGS-84 is below a thousandth and cancels between near
points.
"""

import math
from typing import NamedTuple

import h3

from web.orders.policies import Travel


class Place(NamedTuple):
    """A point, degrees, GCJ-02."""

    lng: float
    lat: float


class Leg(NamedTuple):
    """A way: metres along the streets and seconds at the policy's speed."""

    distance_m: int
    travel_s: int


def straight_line_m(a: Place, b: Place) -> float:
    """Great-circle distance in metres."""
    return float(h3.great_circle_distance((a.lat, a.lng), (b.lat, b.lng), unit="m"))


def leg(a: Place, b: Place, *, travel: Travel) -> Leg:
    """The way from `a` to `b` under the policy's detour and speed."""
    distance = straight_line_m(a, b) * travel.detour
    return Leg(distance_m=math.ceil(distance), travel_s=math.ceil(distance / travel.speed_mps))
