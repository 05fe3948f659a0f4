"""Reading workers' days."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet
from django.utils import timezone

from web.catalog.content import LONGEST_S
from web.orders.policies import Booking, Policies
from web.prepared import prepared
from web.scheduling.calendar import DAY, Instant, Wish, free_ranges, has_room, instant, microseconds, moment
from web.scheduling.fit import LOOK_AROUND, Job
from web.scheduling.models import Reservation
from web.scheduling.roster import Entry, Roster, roster_of
from web.scheduling.routing import Place, Router
from web.scheduling.ways import router_near
from web.times import SHANGHAI, midnight
from web.workforce.plan import ONE_DAY, day_of, monday_of
from web.workforce.plans import Holidays, holidays_for

if TYPE_CHECKING:
    from web.workforce.models import Worker

WEEK = timedelta(days=7)


def jobs_of(
    worker_ids: Iterable[int], *, around: datetime, until: datetime | None = None, without_order: int | None = None
) -> dict[int, list[Job]]:
    """Active reservations of each worker near [around, until], sorted by start; `without_order` leaves its own hold
    out.
    """
    rows = Reservation.objects.filter(
        worker_id__in=list(worker_ids),
        active=True,
        starts_at__gte=around - LOOK_AROUND,
        starts_at__lte=(until or around) + LOOK_AROUND,
    ).order_by("starts_at")
    jobs: dict[int, list[Job]] = defaultdict(list)
    for row in rows:
        if row.order_id != without_order:
            jobs[row.worker_id].append(Job(row.starts_at, row.ends_at, row.buffer_s, Place(row.lng, row.lat)))
    return jobs


def week_of(workers: Iterable[Worker], *, at: datetime, without_order: int | None = None) -> dict[int, list[datetime]]:
    """When the visits start that the capped ones of these workers have in the week of `at` (from Monday, in Shanghai):
    one query, none where nobody has a cap.
    """
    capped = [worker.pk for worker in workers if worker.max_day is not None or worker.max_week is not None]
    return starts_in_week(capped, at=at, without_order=without_order)


def starts_in_week(
    worker_ids: Collection[int], *, at: datetime, without_order: int | None = None
) -> dict[int, list[datetime]]:
    """As `week_of`, of all of these workers."""
    found: dict[int, list[datetime]] = defaultdict(list)
    if not worker_ids:
        return found
    begins = midnight(monday_of(day_of(at)))
    week = {"starts_at__gte": begins, "starts_at__lt": begins + WEEK}
    kept = Reservation.objects.filter(active=True, worker_id__in=worker_ids, **week)
    for worker_id, starts_at, order_id in kept.values_list("worker_id", "starts_at", "order_id"):
        if order_id != without_order:
            found[worker_id].append(starts_at)
    return found


def visits_of(worker_id: int, *, since: datetime) -> list[tuple[int, datetime, datetime]]:
    """(order, start, end) of each visit that is kept for a worker and has not ended at `since`, the next one first."""
    kept = Reservation.objects.filter(worker_id=worker_id, active=True, ends_at__gt=since)
    return list(kept.order_by("starts_at").values_list("order_id", "starts_at", "ends_at"))


def holder_of(order_id: int) -> int | None:
    """The worker whose time is kept for an order, or None."""
    return next(iter(_holders(order_id)), None)


@prepared
def _holders(order_id: int) -> QuerySet[Reservation, int]:
    return Reservation.objects.filter(order_id=order_id, active=True).values_list("worker_id", flat=True)


@dataclass(frozen=True)
class Slot:
    """A time a visit can start, UTC, and who is free for it."""

    starts_at: datetime
    worker_ids: tuple[int, ...]

    @property
    def workers(self) -> int:
        """How many are free."""
        return len(self.worker_ids)


def free_slots(
    *,
    city: str,
    skill: str,
    place: Place,
    day: date,
    duration_s: float,
    policies: Policies,
    without_order: int | None = None,
    without: Collection[int] = (),
) -> list[Slot]:
    """Starts on that day (Asia/Shanghai) at which at least one qualified worker is free, ways included.

    without_order: an order that would move, so that the time kept for it now is free. without: workers who are never
    matched with the one who asks.
    """
    roster = roster_of(city)
    view = _View.of(roster, place, policies)
    wish = view.wish(day, duration_s)
    free: list[list[int]] = [[] for _ in wish.starts]
    for entry in roster.members.serving(skill, place) if wish.starts else ():
        if entry.worker_id not in without:
            for first, last in view.free_ranges(wish, entry, without_order=without_order):
                for number in range(first, last):
                    free[number].append(entry.worker_id)
    return [Slot(moment(at), tuple(ids)) for at, ids in zip(wish.starts, free, strict=True) if ids]


@dataclass(frozen=True)
class Wanted:
    """A visit as somebody may book it: what it needs, and how long it lasts."""

    skill: str
    duration_s: float
    policies: Policies


def earliest_starts(
    wanted: Collection[Wanted], *, city: str, place: Place, days: int, without: Collection[int] = ()
) -> list[datetime | None]:
    """Of each, in their order: the first start, within so many days from today (Asia/Shanghai), at which anybody
    qualified is free; UTC. The city is looked at once for all.

    without: as for `free_slots`, whose first slot it is.
    """
    roster, today = roster_of(city), day_of(timezone.now())
    views = {id(one.policies): _View.of(roster, place, one.policies) for one in wanted}
    serving = {
        skill: [one for one in roster.members.serving(skill, place) if one.worker_id not in without]
        for skill in {one.skill for one in wanted}
    }
    dates = [today + ONE_DAY * number for number in range(days)]
    found = (_first(views[id(one.policies)], serving[one.skill], one.duration_s, dates) for one in wanted)
    return [None if at is None else moment(at) for at in found]


@dataclass(frozen=True)
class _View:
    """A city's days as some terms see them from a place."""

    roster: Roster
    place: Place
    policies: Policies
    holidays: Holidays
    router: Router

    @classmethod
    def of(cls, roster: Roster, place: Place, policies: Policies) -> Self:
        return cls(roster, place, policies, holidays_for(policies.booking), router_near(place, travel=policies.travel))

    def wish(self, day: date, duration_s: float) -> Wish:
        """Of all that day's starts: after the notice and within the horizon. None for a visit that is longer than any
        that is sold: its quote is refused.
        """
        booking = self.policies.booking
        now, begins = instant(timezone.now()), instant(midnight(day))
        grid = range(begins, begins + DAY, microseconds(booking.slot_step_s))
        first = bisect_left(grid, now + microseconds(booking.min_notice_s))
        last = bisect_right(grid, now + microseconds(booking.horizon_s))
        return Wish(
            day=day,
            lasts=microseconds(duration_s),
            buffer=microseconds(booking.buffer_s),
            place=self.place,
            max_travel_s=self.policies.dispatch.max_travel_s,
            starts=grid[first:last] if duration_s <= LONGEST_S else grid[:0],
        )

    def free_ranges(self, wish: Wish, entry: Entry, *, without_order: int | None = None) -> Iterable[tuple[int, int]]:
        """See `calendar.free_ranges`; none of who has no room for another visit that day."""
        jobs = self.roster.jobs_of(entry.worker_id, without_order=without_order)
        if not has_room(wish, caps=entry.plan.caps, jobs=jobs):
            return ()
        work, home = entry.work_between(wish.day, wish.last_day, self.holidays), entry.homes[wish.day.weekday()]
        return free_ranges(wish, work=work, jobs=jobs, home=home, router=self.router)


def _first(view: _View, serving: Sequence[Entry], duration_s: float, dates: Sequence[date]) -> Instant | None:
    """When one of these workers is free first."""
    for day in dates:
        wish, best = view.wish(day, duration_s), None
        for entry in serving:
            # The others only matter where they are earlier.
            if not wish.starts:
                break
            first = min((first for first, _ in view.free_ranges(wish, entry)), default=None)
            if first is not None:
                best = wish.starts[first]
                wish = replace(wish, starts=wish.starts[:first])
        if best is not None:
            return best
    return None


def is_on_grid(starts_at: datetime, booking: Booking) -> bool:
    """Whether it is one of the starts that a day (Asia/Shanghai) offers."""
    here = starts_at.astimezone(SHANGHAI)
    into_the_day = here - here.replace(hour=0, minute=0, second=0, microsecond=0)
    return into_the_day % timedelta(seconds=booking.slot_step_s) == timedelta(0)
