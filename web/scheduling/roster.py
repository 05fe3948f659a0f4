"""A city's workers and what is kept for them, in memory: what a calendar would otherwise read anew for each visitor.

Before each use one statement asks the database what has changed since the last time, in the numbers of transactions
(columns `changed`, filled by triggers; migration 0005), so nothing is told by anybody and nothing committed is missed:
what was not visible to the snapshot of the last time and is to the one of now. Inside of a transaction, whose own
changes nobody else may see yet, all is read anew and nothing kept.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import shapely
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from web.scheduling.calendar import SECOND, Instant, Kept, instant
from web.scheduling.models import Reservation
from web.scheduling.routing import Place
from web.times import midnight
from web.workforce import selectors as workforce
from web.workforce.areas import shape_of
from web.workforce.plan import ONE_DAY, Plan, without
from web.workforce.plans import Holidays, plan_of

if TYPE_CHECKING:
    from web.workforce.models import Worker

LOOK_BACK = timedelta(days=8)
"""What was kept longer ago no calendar counts with: not even for the caps of this week."""

ANEW_S = 3600.0
"""So often all is read anew: what has been deleted (and nothing of ours is) leaves no trace."""

DAYS_KEPT = 40
"""So many days' hours are remembered of each worker."""

Work = Sequence[tuple[Instant, Instant]]


@dataclass(frozen=True)
class Entry:
    """A worker as a calendar sees him. homes: from where each weekday begins."""

    worker_id: int
    skills: frozenset[str]
    plan: Plan
    homes: Sequence[Place]
    area: shapely.Polygon
    work: dict[tuple[date, date], Work] = field(default_factory=dict)

    def work_between(self, first: date, last: date, holidays: Holidays) -> Work:
        """When he works on these dates, the day after the first included; remembered where no holiday counts."""
        last = max(last, first + ONE_DAY)
        if holidays:
            return work_of(replace(self.plan, holidays=holidays), first, last)
        found = self.work.get((first, last))
        if found is None:
            if len(self.work) >= DAYS_KEPT:
                self.work.clear()
            found = self.work[first, last] = work_of(self.plan, first, last)
        return found


class Kind(NamedTuple):
    """Those who have learnt a skill, and where they serve."""

    entries: list[Entry]
    areas: shapely.STRtree


class Members:
    """The workers of a city. Never changed: another one takes its place, and a thread goes on with the one it has."""

    def __init__(self, entries: dict[int, Entry]) -> None:
        self.entries = entries
        self._kinds: dict[str, Kind] = {}

    def serving(self, skill: str, place: Place) -> list[Entry]:
        """Those who have learnt it and serve that place, in the order of their ids."""
        kind = self._kinds.get(skill)
        if kind is None:
            able = [entry for _, entry in sorted(self.entries.items()) if skill in entry.skills]
            kind = self._kinds[skill] = Kind(able, shapely.STRtree([entry.area for entry in able]))
        found = kind.areas.query(shapely.Point(place), predicate="intersects")
        return [kind.entries[number] for number in sorted(found)]


class Roster:
    """One city, as it was at the last `refresh`. kept: worker → what is kept for him, sorted by start."""

    def __init__(self, city: str) -> None:
        self.city, self.lock = city, threading.Lock()
        self.members = Members({})
        self.kept: dict[int, Sequence[Kept]] = {}
        self._rows: dict[int, dict[int, Kept]] = defaultdict(dict)
        self._seen: Seen | None = None
        self._read_at = 0.0

    def refresh(self) -> None:
        """Read what has changed since the last time."""
        # Outside of the lock: who has to wait for a connection, or in vain, must not let others wait for him.
        seen = _snapshot()
        if seen == self._seen and not self._is_old:
            return
        with self.lock:
            if self._is_old:
                self._read_all()
            else:
                self._read_changed()

    @property
    def _is_old(self) -> bool:
        return self._seen is None or time.monotonic() - self._read_at > ANEW_S

    def jobs_of(self, worker_id: int, *, without_order: int | None = None) -> Sequence[Kept]:
        """What is kept for him, sorted by start; `without_order` leaves its own hold out."""
        jobs = self.kept.get(worker_id, ())
        return jobs if without_order is None else [job for job in jobs if job.order_id != without_order]

    def _read_all(self) -> None:
        seen = _snapshot()
        workers = workforce.workers_in(self.city)
        self.members = Members({worker.pk: _entry(worker) for worker in workers})
        self._rows = _kept(Reservation.objects.filter(worker__worker__city=self.city))
        self.kept = {worker_id: sorted(rows.values()) for worker_id, rows in self._rows.items()}
        self._seen, self._read_at = seen, time.monotonic()

    def _read_changed(self) -> None:
        seen = _snapshot()
        if self._seen is None or seen.tables != self._seen.tables:
            self._read_all()
        elif seen.snapshot != self._seen.snapshot:
            # Workers first: of one who is new here, all that is kept is read.
            self._replace(_since(self._seen.snapshot, WORKERS_SINCE))
            self._keep(_since(self._seen.snapshot, KEPT_SINCE))
            self._seen = seen

    def _replace(self, rows: Sequence[tuple[Any, ...]]) -> None:
        known = self.members.entries
        ids = [worker_id for worker_id, city in rows if city == self.city or worker_id in known]
        if not ids:
            return
        found = {worker.pk: _entry(worker) for worker in workforce.workers_in(self.city, only=ids)}
        new = found.keys() - known.keys()
        kept = _kept(Reservation.objects.filter(worker_id__in=new)) if new else {}
        for worker_id in new:
            self._rows[worker_id] = kept.get(worker_id, {})
            self.kept[worker_id] = sorted(self._rows[worker_id].values())
        self.members = Members({id: entry for id, entry in known.items() if id not in ids} | found)

    def _keep(self, rows: Sequence[tuple[Any, ...]]) -> None:
        for id, worker_id, active, *kept in rows:
            if worker_id in self.members.entries:
                if active:
                    self._rows[worker_id][id] = _one(*kept)
                else:
                    self._rows[worker_id].pop(id, None)
                self.kept[worker_id] = sorted(self._rows[worker_id].values())


class Seen(NamedTuple):
    """What was visible; and the files that the tables are in, which are others after a TRUNCATE."""

    snapshot: str
    tables: str


_rosters: dict[str, Roster] = {}


def roster_of(city: str) -> Roster:
    """The city as it is now."""
    roster = Roster(city) if connection.in_atomic_block else _rosters.setdefault(city, Roster(city))
    roster.refresh()
    return roster


COLUMNS = ("id", "worker_id", "active", "order_id", "starts_at", "ends_at", "buffer_s", "lng", "lat")

SNAPSHOT = """
SELECT pg_current_snapshot()::text,
    concat(pg_relation_filenode('scheduling_reservation'), ' ', pg_relation_filenode('workforce_worker'))
"""

# The last condition is for a database that was restored, and whose transactions have begun at 1 again.
KEPT_SINCE = """
SELECT id, worker_id, active, order_id, starts_at, ends_at, buffer_s, lng, lat FROM scheduling_reservation
WHERE changed >= pg_snapshot_xmin(%(seen)s) AND NOT pg_visible_in_snapshot(changed, %(seen)s)
    AND changed < pg_snapshot_xmax(pg_current_snapshot())
"""

WORKERS_SINCE = """
SELECT user_id, city FROM workforce_worker
WHERE changed >= pg_snapshot_xmin(%(seen)s) AND NOT pg_visible_in_snapshot(changed, %(seen)s)
    AND changed < pg_snapshot_xmax(pg_current_snapshot())
"""


def _snapshot() -> Seen:
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        return Seen(*cursor.fetchone())


def _since(snapshot: str, statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"seen": snapshot})
        return list(cursor.fetchall())


def _kept(rows: QuerySet[Reservation]) -> dict[int, dict[int, Kept]]:
    since = timezone.now() - LOOK_BACK
    found: dict[int, dict[int, Kept]] = defaultdict(dict)
    for id, worker_id, _, *kept in rows.filter(active=True, starts_at__gte=since).values_list(*COLUMNS):
        found[worker_id][id] = _one(*kept)
    return found


def _one(order_id: int, starts_at: datetime, ends_at: datetime, buffer_s: int, lng: float, lat: float) -> Kept:
    return Kept(instant(starts_at), instant(ends_at) + buffer_s * SECOND, Place(lng, lat), order_id)


def _entry(worker: Worker) -> Entry:
    plan, skills = plan_of(worker), frozenset(workforce.skills_of(worker))
    homes = [Place(*plan.homes.get(weekday, plan.home)) for weekday in range(7)]
    return Entry(worker.pk, skills, plan, homes, shape_of(worker.area))


def work_of(plan: Plan, first: date, last: date) -> Work:
    """As `Plan.work_between`, for thousands of workers: without a datetime."""
    found: list[tuple[Instant, Instant]] = []
    for number in range((last - first).days + 1):
        begins = _midnight(day := first + number * ONE_DAY)
        for window in plan.hours_on(day):
            starts, ends = begins + window.starts_s * SECOND, begins + window.ends_s * SECOND
            if found and found[-1][1] >= starts:
                starts, ends = found[-1][0], max(found.pop()[1], ends)
            found.append((starts, ends))
    if not plan.leaves:
        return found
    return without(found, [(instant(away.starts_at), instant(away.ends_at)) for away in plan.leaves])


@lru_cache(maxsize=1000)
def _midnight(day: date) -> Instant:
    return instant(midnight(day))
