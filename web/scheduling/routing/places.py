"""Points, the cells they lie in, and the ways between them. Coordinates are GCJ-02 degrees, as all of ours.

Distances are great circles by h3 (haversine on a sphere of 6371.0 km); the error of measuring on GCJ-02 instead of
WGS-84 is below a thousandth and cancels between near points.
"""

from typing import NamedTuple

import h3
import h3.api.basic_int as h3_int

Cell = int
"""An h3 cell: its 64 bits, of which the first is never set, so a bigint holds them."""

RESOLUTION = 9
"""Edges of 200 m: whoever lives in one cell is less than a minute apart, and a vendor is asked about it once."""


class Place(NamedTuple):
    """A point, degrees, GCJ-02."""

    lng: float
    lat: float


class Leg(NamedTuple):
    """A way: metres along the streets, seconds, and by whom: a vendor's name, or "estimate"."""

    distance_m: int
    travel_s: int
    by: str = "estimate"


def straight_line_m(a: Place, b: Place) -> float:
    """Great-circle distance in metres."""
    return float(h3.great_circle_distance((a.lat, a.lng), (b.lat, b.lng), unit="m"))


def cell_of(place: Place) -> Cell:
    """The cell that a place lies in."""
    return int(h3_int.latlng_to_cell(place.lat, place.lng, RESOLUTION))


def centre_of(cell: Cell) -> Place:
    """The middle of a cell: what a vendor is asked about instead of somebody's door."""
    lat, lng = h3_int.cell_to_latlng(cell)
    return Place(lng, lat)
