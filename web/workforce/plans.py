"""Reading workers' plans: of a city, four queries more, however many they are; of one, what is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from web.orders.policies import Booking
from web.workforce.models import Break, DateOverride, Holiday, HomeBase, Leave, Worker
from web.workforce.plan import Base, Caps, DayOff, Interval, Plan, Window, day_of
from web.workforce.week import Span

Holidays = Mapping[date, DayOff]

NO_HOLIDAYS: Holidays = {}

PARTS = {"breaks": Break, "overrides": DateOverride, "leaves": Leave, "bases": HomeBase}
"""By the name under which a worker has them."""

LOOK_BACK = timedelta(days=8)
"""What was longer ago no calendar counts with: not even the week of yesterday's."""


def attach_plans(workers: Collection[Worker], *, city: str, only: Collection[int] | None) -> None:
    """Read what the plans of these workers (of that city, or only some of it) have beside the weekly hours."""
    found = {name: _by_worker(name, {"worker__city": city} if only is None else {"worker__in": only}) for name in PARTS}
    for worker in workers:
        for name, rows in found.items():
            setattr(worker, f"all_{name}", rows.get(worker.pk, []))


def plan_of(worker: Worker, holidays: Holidays = NO_HOLIDAYS) -> Plan:
    """His plan as it is now; no query for what was read with him."""
    return Plan(
        week=_spans(_rows(worker, "hours")),
        breaks=_spans(_rows(worker, "breaks")),
        overrides={one.date: [Window(*span) for span in one.spans] for one in _rows(worker, "overrides")},
        leaves=[Interval(one.starts_at, one.ends_at) for one in _rows(worker, "leaves")],
        holidays=holidays,
        caps=Caps(worker.max_day, worker.max_week),
        home=Base(worker.home_lng, worker.home_lat),
        homes={weekday: Base(one.lng, one.lat) for one in _rows(worker, "bases") for weekday in one.weekdays},
    )


def holidays_for(booking: Booking) -> Holidays:
    """What the table of holidays makes of which date, under these terms; one query, none where they stay open."""
    if booking.holidays == "open":
        return NO_HOLIDAYS
    rows = Holiday.objects.filter(date__gte=day_of(timezone.now()) - LOOK_BACK)
    return {row.date: DayOff(None if row.kind == Holiday.OFF else _works_as(row.as_weekday, row.date)) for row in rows}


def holidays_ahead(first: date, days: timedelta) -> list[Holiday]:
    """The lines of the table from that date on, for so long, in their order."""
    return list(Holiday.objects.filter(date__gte=first, date__lt=first + days).order_by("date"))


def off_days(first: date, last: date) -> frozenset[date]:
    """The dates from the first to the last, both included, that the table has off; 调休 workdays are none."""
    rows = Holiday.objects.filter(date__gte=first, date__lte=last, kind=Holiday.OFF)
    return frozenset(rows.values_list("date", flat=True))


def _works_as(weekday: int | None, day: date) -> int:
    return day.weekday() if weekday is None else weekday


def _spans(rows: Iterable[Any]) -> list[Span]:
    return sorted(Span(row.weekday, row.starts_s, row.ends_s) for row in rows)


def _rows(worker: Worker, name: str) -> Iterable[Any]:
    attached: list[Any] | None = getattr(worker, f"all_{name}", None)
    return getattr(worker, name).all() if attached is None else attached


def _by_worker(name: str, whose: dict[str, Any]) -> dict[int, list[Any]]:
    rows = PARTS[name]._default_manager.filter(**whose)
    if name == "leaves":
        rows = rows.filter(ends_at__gte=timezone.now() - LOOK_BACK)
    if name == "overrides":
        rows = rows.filter(date__gte=day_of(timezone.now()) - LOOK_BACK)
    found: dict[int, list[Any]] = defaultdict(list)
    row: Any
    for row in rows:
        found[row.worker_id].append(row)
    return found
