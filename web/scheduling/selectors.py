"""Reading workers' days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from web.orders.policies import Booking, Policies
from web.prepared import prepared
from web.scheduling.calendar import Wish, free_ranges, has_room, instant, microseconds
from web.scheduling.fit import LOOK_AROUND, Job
from web.scheduling.models import Reservation
from web.scheduling.roster import roster_of
from web.scheduling.routing import Place
from web.scheduling.ways import router_near
from web.times import SHANGHAI, midnight
from web.workforce.plan import ONE_DAY, day_of, monday_of
from web.workforce.plans import holidays_for

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
    starts = _grid(day, policies.booking)
    if not starts:
        return []
    lasts, buffer = microseconds(duration_s), microseconds(policies.booking.buffer_s)
    wish = Wish(day, lasts, buffer, place, policies.dispatch.max_travel_s, [instant(one) for one in starts])
    free: list[list[int]] = [[] for _ in starts]
    roster, last_day = roster_of(city), day_of(starts[-1] + timedelta(microseconds=lasts))
    holidays, router = holidays_for(policies.booking), router_near(place, travel=policies.travel)
    for entry in roster.members.serving(skill, place):
        jobs = roster.jobs_of(entry.worker_id, without_order=without_order)
        if entry.worker_id in without or not has_room(wish, caps=entry.plan.caps, jobs=jobs):
            continue
        work, home = entry.work_between(day, last_day, holidays), entry.homes[day.weekday()]
        for first, last in free_ranges(wish, work=work, jobs=jobs, home=home, router=router):
            for number in range(first, last):
                free[number].append(entry.worker_id)
    return [Slot(starts_at, tuple(ids)) for starts_at, ids in zip(starts, free, strict=True) if ids]


@dataclass(frozen=True)
class Wanted:
    """A visit as somebody may book it: what it needs, and how long it lasts."""

    skill: str
    duration_s: float
    policies: Policies


def earliest_start(
    *, city: str, place: Place, wanted: Wanted, days: int, without: Collection[int] = ()
) -> datetime | None:
    """The first start, within so many days from today (Asia/Shanghai), at which anybody qualified is free; UTC.

    without: as for `free_slots`, whose first slot it is.
    """
    policies = wanted.policies
    roster, holidays = roster_of(city), holidays_for(policies.booking)
    router = router_near(place, travel=policies.travel)
    lasts, buffer = microseconds(wanted.duration_s), microseconds(policies.booking.buffer_s)
    serving = [one for one in roster.members.serving(wanted.skill, place) if one.worker_id not in without]
    for day in (day_of(timezone.now()) + ONE_DAY * number for number in range(days if serving else 0)):
        starts = _grid(day, policies.booking)
        if not starts:
            continue
        wish = Wish(day, lasts, buffer, place, policies.dispatch.max_travel_s, [instant(one) for one in starts])
        last_day = day_of(starts[-1] + timedelta(microseconds=lasts))
        best = len(starts)
        for entry in serving:
            jobs = roster.jobs_of(entry.worker_id)
            if not has_room(wish, caps=entry.plan.caps, jobs=jobs):
                continue
            work, home = entry.work_between(day, last_day, holidays), entry.homes[day.weekday()]
            ranges = free_ranges(wish, work=work, jobs=jobs, home=home, router=router)
            best = min([best, *(first for first, _ in ranges)])
            if best == 0:
                break
        if best < len(starts):
            return starts[best]
    return None


def is_on_grid(starts_at: datetime, booking: Booking) -> bool:
    """Whether it is one of the starts that a day (Asia/Shanghai) offers."""
    here = starts_at.astimezone(SHANGHAI)
    into_the_day = here - here.replace(hour=0, minute=0, second=0, microsecond=0)
    return into_the_day % timedelta(seconds=booking.slot_step_s) == timedelta(0)


def _grid(day: date, booking: Booking) -> list[datetime]:
    """The day's starts on the policy's grid, after the notice and within the horizon."""
    now = timezone.now()
    earliest, latest = now + timedelta(seconds=booking.min_notice_s), now + timedelta(seconds=booking.horizon_s)
    count = int(86400 // booking.slot_step_s)
    starts = (midnight(day) + timedelta(seconds=step * booking.slot_step_s) for step in range(count))
    return [start.astimezone(UTC) for start in starts if earliest <= start <= latest]
