"""Having vendors asked about the ways that a calendar or a ranking is about to count with.

This leaves the machine: before a ranking, never inside of one or of a transaction. What is learnt is a row, which every
process reads, so that a calendar, the checkout and an actor's ranking count with the same ways.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import timezone

import hub
from web.scheduling.calendar import LOOK, MICROSECOND, instant
from web.scheduling.models import Way
from web.scheduling.roster import roster_of
from web.scheduling.routing import Cell, Place, Said, cell_of, hour_of, straight_line_m
from web.scheduling.routing.configured import vendors
from web.scheduling.routing.vendors import SIDE_MAX, ask
from web.scheduling.ways import ways_near
from web.times import SHANGHAI, midnight
from web.workforce.plan import ONE_DAY

FARTHEST = timedelta(days=100)
"""No calendar shows a later day."""

NOBODY_KNOWS = Said(0, 0, "")
"""Kept as well: what all were asked in vain is not asked about again and again."""


def learn_ways(*, city: str, skill: str, place: Place, day: date) -> int:
    """Have vendors asked how those who are near get to `place` on that day, and on from it; returns how much was new.

    Nothing is asked where no vendor is configured, and nothing twice in an hour. Never raises for a vendor's failure.
    """
    if not vendors() or abs(day - timezone.now().astimezone(SHANGHAI).date()) > FARTHEST:
        return 0
    roster, begins = roster_of(city), instant(midnight(day))
    serving = roster.members.serving(skill, place)
    jobs = [job for entry in serving for job in roster.jobs_of(entry.worker_id)]
    between = [job.place for job in jobs if begins - LOOK <= job.starts <= begins + ONE_DAY // MICROSECOND + LOOK]
    # From where that very weekday begins for each, as calendar and reservation count.
    homes = [entry.homes[day.weekday()] for entry in serving]
    return _learn(place, starts=[*homes, *between], ends=between)


def _learn(place: Place, *, starts: Iterable[Place], ends: Iterable[Place]) -> int:
    here, now = cell_of(place), timezone.now()
    hour = hour_of(now)
    known = set(ways_near(here).filter(hour=hour).values_list("start", "end"))
    new_starts = _nearest(place, starts, but={start for start, end in known if end == here})
    new_ends = _nearest(place, ends, but={end for start, end in known if start == here})
    told = ask(vendors(), new_starts, [here]) | ask(vendors(), [here], new_ends)
    rows = [
        Way(start=start, end=end, hour=hour, known_at=now, **(said or NOBODY_KNOWS)._asdict())
        for (start, end), said in told.items()
    ]
    with hub.atomic():
        Way.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["start", "end", "hour"],
            update_fields=["distance_m", "travel_s", "by", "known_at"],
        )
    return len(rows)


def _nearest(place: Place, others: Iterable[Place], *, but: set[Cell]) -> list[Cell]:
    """The cells of the nearest of these places, each once: the others are not the ones who come."""
    here = cell_of(place)
    by_distance = sorted(others, key=lambda other: straight_line_m(place, other))
    cells = dict.fromkeys(cell for cell in map(cell_of, by_distance[: 4 * SIDE_MAX]) if cell != here)
    return [cell for cell in list(cells)[:SIDE_MAX] if cell not in but]
