"""Changing a worker's plan: what it says beside his profile, and which of his orders a change would break.

The plan is the workforce's, beside the weekly hours that it refines: scheduling reads the workforce, never the other
way round. Only this page asks scheduling which visits are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone

import hub
from web.errors import DoorbellError
from web.orders import in_hand
from web.orders import selectors as orders
from web.scheduling import selectors as scheduling
from web.times import iso
from web.workforce import services, week
from web.workforce.models import Break, DateOverride, Holiday, HomeBase, Leave, Worker
from web.workforce.plan import Caps, Plan, Window, day_of
from web.workforce.plans import Holidays, holidays_for, plan_of
from web.workforce.week import Span


class Away(NamedTuple):
    """Leave: a kind of `Leave.KINDS`, from when until when (UTC)."""

    kind: str
    starts_at: datetime
    ends_at: datetime


class Start(NamedTuple):
    """Where these weekdays (0 = Monday) begin; degrees, GCJ-02."""

    name: str
    lng: float
    lat: float
    weekdays: tuple[int, ...]


@dataclass(frozen=True)
class PlanChange:
    """What is replaced as a whole; None leaves it as it is. overrides, leaves: what is over already stays history.

    home: (lng, lat) of the weekdays that no base names.
    """

    hours: Sequence[Span] | None = None
    breaks: Sequence[Span] | None = None
    overrides: Mapping[date, Sequence[Window]] | None = None
    leaves: Sequence[Away] | None = None
    bases: Sequence[Start] | None = None
    home: tuple[float, float] | None = None
    caps: Caps | None = None
    area: dict[str, Any] | None = None


Visit = tuple[int, datetime, datetime]
"""Order, start, end."""


def change_plan(*, worker_id: int, change: PlanChange, keep: bool = False) -> None:
    """Replace parts of a worker's plan. keep: although orders that he has accepted do not fit it any more; they stay
    his, and are his to hand back.

    Raises DoorbellError plan_breaks_orders (details: those orders), break_outside_hours; ValueError for an impossible
    plan. Nothing has changed then.
    """
    with hub.atomic():
        # Locked first, so that two changes do not end up mixed, and none is judged by a plan that is not his any more.
        worker = Worker.objects.select_for_update(no_key=True).get(pk=worker_id)
        holidays = holidays_for(orders.policies_for(city=worker.city, service_id=0).booking)
        before = plan_of(worker, holidays)
        _write(worker, change)
        after = _now(worker_id, holidays)
        _check_breaks(after, change)
        broken = [] if keep else _broken(worker_id, before, after)
        if broken:
            told = [{"order_id": id, "starts_at": iso(starts), "ends_at": iso(ends)} for id, starts, ends in broken]
            raise DoorbellError("plan_breaks_orders", details={"orders": told})


def put_holiday(*, day: date, name: str, kind: str, as_weekday: int | None = None) -> Holiday:
    """A line of the table of holidays, new or instead of what it said of that date. kind: of `Holiday.KINDS`.

    Raises ValueError for no kind of them, DoorbellError holiday_off_with_hours for a day off that has hours.
    """
    if kind not in Holiday.KINDS:
        raise ValueError(f"no kind of holidays: {kind}")
    if kind == Holiday.OFF and as_weekday is not None:
        raise DoorbellError("holiday_off_with_hours")
    with hub.atomic():
        values = {"name": name, "kind": kind, "as_weekday": as_weekday}
        row, _ = Holiday.objects.update_or_create(date=day, defaults=values)
    return row


def remove_holiday(*, day: date) -> None:
    """That date is as any other."""
    with hub.atomic():
        Holiday.objects.filter(date=day).delete()


def _now(worker_id: int, holidays: Holidays) -> Plan:
    return plan_of(Worker.objects.get(pk=worker_id), holidays)


def _write(worker: Worker, change: PlanChange) -> None:
    services.change_profile(worker_id=worker.pk, area=change.area, spans=change.hours)
    if change.breaks is not None:
        week.check(change.breaks)
        worker.breaks.all().delete()
        Break.objects.bulk_create(Break(worker=worker, **one._asdict()) for one in change.breaks)
    if change.overrides is not None:
        _put_overrides(worker, change.overrides)
    if change.leaves is not None:
        _put_leaves(worker, change.leaves)
    if change.bases is not None:
        _put_bases(worker, change.bases)
    columns: dict[str, Any] = change.caps._asdict() if change.caps else {}
    if change.home:
        columns |= {"home_lng": change.home[0], "home_lat": change.home[1]}
    if columns:
        Worker.objects.filter(pk=worker.pk).update(**columns)


def _put_overrides(worker: Worker, overrides: Mapping[date, Sequence[Window]]) -> None:
    today = day_of(timezone.now())
    for windows in overrides.values():
        week.check(Span(0, *window) for window in windows)
    worker.overrides.filter(date__gte=today).delete()
    DateOverride.objects.bulk_create(
        DateOverride(worker=worker, date=day, spans=sorted([*window] for window in windows))
        for day, windows in overrides.items()
        if day >= today
    )


def _put_leaves(worker: Worker, leaves: Iterable[Away]) -> None:
    now = timezone.now()
    worker.leaves.filter(ends_at__gt=now).delete()
    Leave.objects.bulk_create(Leave(worker=worker, **one._asdict()) for one in leaves if one.ends_at > now)


def _put_bases(worker: Worker, bases: Sequence[Start]) -> None:
    named = [weekday for base in bases for weekday in base.weekdays]
    if len(named) != len(set(named)):
        raise ValueError("a weekday begins at one place")
    worker.bases.all().delete()
    HomeBase.objects.bulk_create(
        HomeBase(worker=worker, **(base._asdict() | {"weekdays": sorted(base.weekdays)})) for base in bases
    )


def _check_breaks(after: Plan, change: PlanChange) -> None:
    """What he says of his breaks has to lie in his hours; hours that he changes later may leave one without effect."""
    for one in change.breaks or ():
        if not any(
            work.weekday == one.weekday and work.starts_s <= one.starts_s and one.ends_s <= work.ends_s
            for work in after.week
        ):
            raise DoorbellError("break_outside_hours", details={"break": one._asdict()})


def _broken(worker_id: int, before: Plan, after: Plan) -> list[Visit]:
    """The visits he has promised that fitted the plan before and do not fit it now, the next one first."""
    now = timezone.now()
    kept = scheduling.visits_of(worker_id, since=now - timedelta(days=7))
    his = in_hand.promised_by(worker_id, among=[order_id for order_id, _, _ in kept])
    # Those that are only kept for him while he is asked, or while a customer pays, go to somebody else by themselves.
    return [
        visit
        for visit in kept
        if visit[0] in his and visit[1] > now and _fits(before, visit, kept) and not _fits(after, visit, kept)
    ]


def _fits(plan: Plan, visit: Visit, kept: Sequence[Visit]) -> bool:
    _, starts, ends = visit
    # Of too many the last ones are too many.
    earlier = [start for _, start, _ in kept if start < starts]
    return plan.covers(starts, ends) and plan.caps.leave_room(earlier, at=starts)
