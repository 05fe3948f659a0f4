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
from web.scheduling.fit import LOOK_AROUND, Job, fit
from web.scheduling.models import Reservation
from web.scheduling.routing import Place, Router
from web.scheduling.ways import router_near
from web.times import SHANGHAI, midnight
from web.workforce import selectors as workforce

if TYPE_CHECKING:
    from web.workforce.models import Worker


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
    workers = [worker for worker in candidates_for(city=city, skill=skill, place=place) if worker.pk not in without]
    router = router_near(place, travel=policies.travel)
    ids = [worker.pk for worker in workers]
    jobs = jobs_of(ids, around=starts[0], until=starts[-1], without_order=without_order)
    slots = []
    for starts_at in starts:
        wanted = Job.lasting(duration_s, starts_at=starts_at, buffer_s=policies.booking.buffer_s, place=place)
        free = [worker.pk for worker in workers if _is_free(worker, jobs.get(worker.pk, []), wanted, policies, router)]
        if free:
            slots.append(Slot(starts_at, tuple(free)))
    return slots


def candidates_for(*, city: str, skill: str, place: Place) -> list[Worker]:
    """Those of a city who have learnt it and serve that place, whenever."""
    return [
        worker
        for worker in workforce.workers_in(city)
        if skill in workforce.skills_of(worker) and workforce.serves(worker, place.lng, place.lat)
    ]


def is_on_grid(starts_at: datetime, booking: Booking) -> bool:
    """Whether it is one of the starts that a day (Asia/Shanghai) offers."""
    here = starts_at.astimezone(SHANGHAI)
    into_the_day = here - here.replace(hour=0, minute=0, second=0, microsecond=0)
    return into_the_day % timedelta(seconds=booking.slot_step_s) == timedelta(0)


def _is_free(worker: Worker, jobs: list[Job], wanted: Job, policies: Policies, router: Router) -> bool:
    """As the checkout judges it (`web.orders.ranking`): what is shown here must not be refused there."""
    if not workforce.works_at(worker, wanted.starts_at, wanted.ends_at):
        return False
    way = fit(jobs, wanted, home=Place(worker.home_lng, worker.home_lat), router=router)
    return way is not None and way.travel_s <= policies.dispatch.max_travel_s


def _grid(day: date, booking: Booking) -> list[datetime]:
    """The day's starts on the policy's grid, after the notice and within the horizon."""
    now = timezone.now()
    earliest, latest = now + timedelta(seconds=booking.min_notice_s), now + timedelta(seconds=booking.horizon_s)
    count = int(86400 // booking.slot_step_s)
    starts = (midnight(day) + timedelta(seconds=step * booking.slot_step_s) for step in range(count))
    return [start.astimezone(UTC) for start in starts if earliest <= start <= latest]
