"""How far a city's workers come to a place, for what it costs: from where their day begins, by the estimate.

Unlike a way on a calendar it is not the one they will ride: it does not change with other visits, with the hour or with
what a vendor says, so what was quoted is what is paid. And it is measured from the middle of an h3 cell of a square
kilometre: whoever asks from many addresses learns no worker's door.
"""

import math
from collections.abc import Collection
from datetime import date
from functools import lru_cache

import h3

from web.orders.policies import Travel
from web.scheduling.roster import roster_of
from web.scheduling.routing import Place, straight_line_m

RESOLUTION = 8
"""Edges of 500 m."""


def distances_to(
    place: Place, *, city: str, skill: str, day: date, travel: Travel, without: Collection[int] = ()
) -> dict[int, int]:
    """Worker -> metres, of those of the city who have learnt it and serve that place, whenever they are free.

    day: the date of the visit in Asia/Shanghai. without: those who are never matched with the one who asks.
    """
    weekday = day.weekday()
    return {
        entry.worker_id: math.ceil(straight_line_m(_about(entry.homes[weekday]), place) * travel.detour)
        for entry in roster_of(city).members.serving(skill, place)
        if entry.worker_id not in without
    }


@lru_cache(maxsize=10_000)
def _about(home: Place) -> Place:
    lat, lng = h3.cell_to_latlng(h3.latlng_to_cell(home.lat, home.lng, RESOLUTION))
    return Place(lng, lat)
