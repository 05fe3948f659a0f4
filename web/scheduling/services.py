"""Keeping and freeing a worker's time. All run inside the caller's `hub.atomic()`: a slot and its order move
together.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import psycopg
from django.db import IntegrityError, connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet

import hub
from web.errors import DoorbellError
from web.orders.policies import Travel
from web.prepared import prepared
from web.scheduling.fit import LOOK_AROUND, Job
from web.scheduling.models import Reservation
from web.scheduling.routing import Place, Router
from web.scheduling.selectors import starts_in_week
from web.scheduling.ways import router_near
from web.workforce.plan import NO_CAPS, Caps

NO_OVERLAP = "reservation_no_overlap"


def lock_workers(worker_ids: Iterable[int]) -> None:
    """Serialise changes of these workers' days until the transaction ends; in order of their ids: no deadlock."""
    with connection.cursor() as cursor:
        for worker_id in sorted(set(worker_ids)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"worker-day:{worker_id}"])


def reserve(
    *, order_id: int, worker_id: int, home: Place, job: Job, travel: Travel, caps: Caps = NO_CAPS
) -> Reservation:
    """Keep `job`'s time, the way to it included, for an order. The caller holds `lock_workers`.

    home: from where that day begins. caps: how many visits the worker takes in a day and in a week. A job put between
    two others changes the way to the one after it: both rows change here.
    Raises DoorbellError slot_taken when the database refuses the overlap, or a cap is reached.
    """
    if caps != NO_CAPS and not caps.leave_room(_week_of(worker_id, job), at=job.starts_at):
        raise DoorbellError("slot_taken")
    before = _before(worker_id, job.starts_at)
    router = router_near(job.place, travel=travel)
    way = router.leg(_place(before) if before else home, job.place, arriving=job.starts_at)
    try:
        # A savepoint, because the caller goes on with the next candidate after a refusal.
        with hub.atomic():
            _retravel(_after(worker_id, job.starts_at), start=job.place, router=router)
            return Reservation.objects.create(
                worker_id=worker_id,
                order_id=order_id,
                starts_at=job.starts_at,
                ends_at=job.ends_at,
                travel_s=way.travel_s,
                buffer_s=int(job.buffer_s),
                period=_period(job.starts_at, way.travel_s, job.ends_at, job.buffer_s),
                lng=job.place.lng,
                lat=job.place.lat,
            )
    except IntegrityError as error:
        # Any other is a fault of ours, and must not be taken for a busy worker.
        if _constraint_of(error) != NO_OVERLAP:
            raise
        raise DoorbellError("slot_taken") from error


def release(*, order_id: int, home_of: Callable[[int, datetime], Place], travel: Travel) -> None:
    """Free an order's time, if it holds any, and shorten or lengthen the way to the job after it.

    home_of: from where the day of the worker who holds it begins, asked for where that is then with the job after it.
    The caller holds `lock_workers`.
    """
    held = next(iter(_held_for(order_id)), None)
    if held is None:
        return
    Reservation.objects.filter(pk=held.pk).update(active=False)
    after = _after(held.worker_id, held.starts_at)
    if after is None:
        return
    before = _before(held.worker_id, after.starts_at)
    start = _place(before) if before else home_of(held.worker_id, after.starts_at)
    try:
        with hub.atomic():
            _retravel(after, start=start, router=router_near(_place(after), travel=travel))
    except IntegrityError as error:
        if _constraint_of(error) != NO_OVERLAP:
            raise
        # The way without the job between can only be longer than the gap under a router that breaks the triangle
        # inequality; the old, shorter one then stays.
        return


def end_at(*, order_id: int, starts_at: datetime, ends_at: datetime) -> None:
    """Give the time that is kept for an order from `starts_at` on another end; nothing where none is kept from then on.
    The caller holds `lock_workers`.

    Raises DoorbellError slot_taken when the database refuses the overlap with the job after it.
    """
    held = Reservation.objects.filter(order_id=order_id, active=True, starts_at=starts_at).first()
    if held is None:
        return
    period = _period(held.starts_at, held.travel_s, ends_at, held.buffer_s)
    try:
        with hub.atomic():
            Reservation.objects.filter(pk=held.pk).update(ends_at=ends_at, period=period)
    except IntegrityError as error:
        if _constraint_of(error) != NO_OVERLAP:
            raise
        raise DoorbellError("slot_taken") from error


def _constraint_of(error: IntegrityError) -> str:
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, psycopg.Error) else ""


def _week_of(worker_id: int, job: Job) -> list[datetime]:
    return starts_in_week([worker_id], at=job.starts_at).get(worker_id, [])


def _retravel(after: Reservation | None, *, start: Place, router: Router) -> None:
    if after is None:
        return
    way = router.leg(start, _place(after), arriving=after.starts_at)
    period = _period(after.starts_at, way.travel_s, after.ends_at, after.buffer_s)
    Reservation.objects.filter(pk=after.pk).update(travel_s=way.travel_s, period=period)


def _before(worker_id: int, starts_at: datetime) -> Reservation | None:
    """As `fit.neighbours` has it: what the two count with must be the same way."""
    return next(iter(_earlier(worker_id, starts_at - LOOK_AROUND, starts_at)), None)


def _after(worker_id: int, starts_at: datetime) -> Reservation | None:
    return next(iter(_later(worker_id, starts_at, starts_at + LOOK_AROUND)), None)


@prepared
def _held_for(order_id: int) -> QuerySet[Reservation]:
    return Reservation.objects.filter(order_id=order_id, active=True)


@prepared
def _earlier(worker_id: int, since: datetime, before: datetime) -> QuerySet[Reservation]:
    active = Reservation.objects.filter(worker_id=worker_id, active=True, starts_at__gte=since, starts_at__lt=before)
    return active.order_by("-starts_at")[:1]


@prepared
def _later(worker_id: int, after: datetime, until: datetime) -> QuerySet[Reservation]:
    active = Reservation.objects.filter(worker_id=worker_id, active=True, starts_at__gt=after, starts_at__lte=until)
    return active.order_by("starts_at")[:1]


def _place(reservation: Reservation) -> Place:
    return Place(reservation.lng, reservation.lat)


def _period(starts_at: datetime, travel_s: float, ends_at: datetime, buffer_s: float) -> DateTimeTZRange:
    return DateTimeTZRange(starts_at - timedelta(seconds=travel_s), ends_at + timedelta(seconds=buffer_s), "[)")
