"""GCJ-02, which everything of ours is in, to WGS-84, which OpenStreetMap is in: at the border to a router on its map.

The shift is the well-known polynomial with sines on the Krasovsky 1940 ellipsoid; it is undone by iteration.
"""

import math

from web.scheduling.routing.places import Place

AXIS_M = 6_378_245.0
ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943
ROUNDS = 4
"""The first leaves a metre or two, each further one divides that by about a hundred thousand."""


def to_wgs84(place: Place) -> Place:
    """The WGS-84 point that GCJ-02 shows as `place`; to the centimetre. Only meant for places in China."""
    lng, lat = place
    for _ in range(ROUNDS):
        shifted = to_gcj02(Place(lng, lat))
        lng, lat = lng - (shifted.lng - place.lng), lat - (shifted.lat - place.lat)
    return Place(lng, lat)


def to_gcj02(place: Place) -> Place:
    """Where GCJ-02 shows a WGS-84 point of China."""
    x, y = place.lng - 105.0, place.lat - 35.0
    radians = math.radians(place.lat)
    flat = 1 - ECCENTRICITY_SQUARED * math.sin(radians) ** 2
    metres_per_lat = AXIS_M * (1 - ECCENTRICITY_SQUARED) / flat**1.5 * math.pi / 180
    metres_per_lng = AXIS_M / math.sqrt(flat) * math.cos(radians) * math.pi / 180
    return Place(place.lng + _east_m(x, y) / metres_per_lng, place.lat + _north_m(x, y) / metres_per_lat)


def _east_m(x: float, y: float) -> float:
    metres = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    return (
        metres + _waves(x, (6, 20), (2, 20)) + _waves(x, (1, 20), (1 / 3, 40)) + _waves(x, (1 / 12, 150), (1 / 30, 300))
    )


def _north_m(x: float, y: float) -> float:
    metres = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    return (
        metres + _waves(x, (6, 20), (2, 20)) + _waves(y, (1, 20), (1 / 3, 40)) + _waves(y, (1 / 12, 160), (1 / 30, 320))
    )


def _waves(at: float, *waves: tuple[float, float]) -> float:
    return sum(height * math.sin(often * at * math.pi) for often, height in waves) * 2 / 3
