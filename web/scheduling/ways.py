"""The ways that vendors have told: read by everybody who counts with them, written by `web.scheduling.learning`."""

from collections import defaultdict
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from web.orders.policies import Travel
from web.scheduling.models import Way
from web.scheduling.routing import Cell, Place, Router, Said, cell_of
from web.scheduling.routing.configured import vendors

GOOD_FOR = timedelta(days=30)
"""Streets change slowly."""


def router_near(place: Place, *, travel: Travel) -> Router:
    """A router that knows what was said of all ways from and to a place: one query, none where there are no vendors."""
    if not vendors():
        return Router(travel)
    known: dict[tuple[Cell, Cell], dict[int, Said]] = defaultdict(dict)
    for way in ways_near(cell_of(place)).exclude(by=""):
        known[way.start, way.end][way.hour] = Said(way.distance_m, way.travel_s, way.by)
    return Router(travel, known)


def ways_near(cell: Cell) -> QuerySet[Way]:
    """What was said of ways from and to a cell, not too long ago."""
    return Way.objects.filter(Q(start=cell) | Q(end=cell), known_at__gte=timezone.now() - GOOD_FOR)
