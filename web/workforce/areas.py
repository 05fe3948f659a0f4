"""Service areas: GeoJSON polygons in GCJ-02, [lng, lat], asked many times for each time they change."""

import json
from functools import lru_cache
from typing import Any

import shapely
from shapely.geometry import Polygon, shape

RINGS_MAX = 5
POINTS_MAX = 500
SPAN_MAX_DEGREES = 3.0
"""No service area is wider than a province."""


def covers(area: dict[str, Any], lng: float, lat: float) -> bool:
    """Whether the point lies in the area or on its border."""
    # The text is the version of the row: a changed area is another key, and nothing has to be told.
    return bool(shapely.intersects_xy(_prepared(json.dumps(area)), lng, lat))


def shape_of(area: dict[str, Any]) -> Polygon:
    """The area itself, for those who ask many at once."""
    return _prepared(json.dumps(area))


def check(area: dict[str, Any]) -> None:
    """Raises ValueError, saying what is wrong with it, unless this is one polygon that can be asked."""
    rings = area.get("coordinates")
    if area.get("type") != "Polygon" or set(area) != {"type", "coordinates"} or not isinstance(rings, list):
        raise ValueError("not a GeoJSON Polygon")
    if not 1 <= len(rings) <= RINGS_MAX or sum(len(ring) for ring in rings) > POINTS_MAX:
        raise ValueError(f"at most {RINGS_MAX} rings and {POINTS_MAX} points")
    if any(len(ring) < 4 or ring[0] != ring[-1] for ring in rings):
        raise ValueError("a ring needs four points, the last being the first")
    polygon = shape(area)
    west, south, east, north = polygon.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise ValueError("not on earth")
    if not polygon.is_valid or polygon.is_empty or polygon.area == 0:
        raise ValueError("the rings cross each other or enclose nothing")
    if max(east - west, north - south) > SPAN_MAX_DEGREES:
        raise ValueError(f"wider than {SPAN_MAX_DEGREES:g} degrees")


@lru_cache(maxsize=4096)
def _prepared(area: str) -> Polygon:
    polygon = shape(json.loads(area))
    shapely.prepare(polygon)
    return polygon
