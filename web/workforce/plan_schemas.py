"""Bodies and answers of a worker's plan."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Annotated, Self, TypeVar

from django.utils import timezone
from pydantic import BeforeValidator, Field, Strict, WithJsonSchema, model_validator

from web.schemas import Instant, Lat, Lng, Schema, line, listed
from web.workforce import plans, selectors, week
from web.workforce.models import Leave, Worker
from web.workforce.plan import Caps, Window, day_of
from web.workforce.planning import Away, PlanChange, Start
from web.workforce.schemas import Hours, HoursOfADay

HOLIDAYS_AHEAD = timedelta(days=400)

A = TypeVar("A")
B = TypeVar("B")


def _read_day(value: object) -> object:
    """YYYY-MM-DD, as text; anything else is left to the strict check behind."""
    if not isinstance(value, str) or len(value) != 10:
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


Day = Annotated[
    date,
    Strict(),
    BeforeValidator(_read_day),
    WithJsonSchema({"type": "string", "format": "date"}),
]
"""A date of Asia/Shanghai: YYYY-MM-DD on the wire."""

Weekday = Annotated[int, Field(ge=0, le=6)]
Visits = Annotated[int, Field(ge=1, le=200)]


class Place(Schema):
    """A point."""

    lng: Lng
    lat: Lat


class Override(Schema):
    """The hours of one date instead of the weekly ones and their breaks; none: no work that day."""

    date: Day
    hours: Annotated[list[HoursOfADay], Field(max_length=8)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        week.check(week.Span(0, one.starts_s, one.ends_s) for one in self.hours)
        return self


class LeaveBody(Schema):
    """Leave: whole days are from midnight to midnight of Asia/Shanghai."""

    kind: Annotated[str, listed(Leave.KINDS)]
    starts_at: Instant
    ends_at: Instant

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts_at >= self.ends_at:
            raise ValueError("ends before it starts")
        return self


class BaseBody(Schema):
    """Where these weekdays (0 = Monday) begin, instead of at home."""

    name: Annotated[str, line(40)] = ""
    lng: Lng
    lat: Lat
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]


class CapsBody(Schema):
    """So many visits at most in a day, and in a week from Monday; null: as many as fit."""

    max_day: Visits | None
    max_week: Visits | None


class HolidayCard(Schema):
    """A line of the table of holidays. kind: off 放假, work 调休上班."""

    date: Day
    name: str
    kind: str


class PlanRequest(Schema):
    """What a worker changes of his plan; what is left out stays as it is, what is named is replaced as a whole.

    keep: although orders that he has accepted do not fit it any more.
    """

    hours: Annotated[list[Hours], Field(max_length=28)] | None = None
    breaks: Annotated[list[Hours], Field(max_length=28)] | None = None
    overrides: Annotated[list[Override], Field(max_length=400)] | None = None
    leaves: Annotated[list[LeaveBody], Field(max_length=100)] | None = None
    bases: Annotated[list[BaseBody], Field(max_length=7)] | None = None
    home: Place | None = None
    caps: CapsBody | None = None
    keep: bool = False

    @model_validator(mode="after")
    def _possible(self) -> Self:
        week.check(one.span() for one in self.hours or ())
        week.check(one.span() for one in self.breaks or ())
        dates = [one.date for one in self.overrides or ()]
        weekdays = [weekday for base in self.bases or () for weekday in base.weekdays]
        if len(dates) != len(set(dates)) or len(weekdays) != len(set(weekdays)):
            raise ValueError("a date, or a weekday, is named twice")
        return self

    def change(self) -> PlanChange:
        """For the service."""
        return PlanChange(
            hours=_each(self.hours, Hours.span),
            breaks=_each(self.breaks, Hours.span),
            overrides=None
            if self.overrides is None
            else {one.date: [Window(hour.starts_s, hour.ends_s) for hour in one.hours] for one in self.overrides},
            leaves=_each(self.leaves, lambda one: Away(one.kind, one.starts_at, one.ends_at)),
            bases=_each(self.bases, lambda one: Start(one.name, one.lng, one.lat, tuple(one.weekdays))),
            home=None if self.home is None else (self.home.lng, self.home.lat),
            caps=None if self.caps is None else Caps(self.caps.max_day, self.caps.max_week),
        )


class PlanCard(Schema):
    """A worker's plan as he sees it: what is over of dates and leave is left out. holidays: those of the table ahead;
    whether they close, the operator's policy says.
    """

    hours: list[Hours]
    breaks: list[Hours]
    overrides: list[Override]
    leaves: list[LeaveBody]
    home: Place
    bases: list[BaseBody]
    caps: CapsBody
    holidays: list[HolidayCard]

    @classmethod
    def of(cls, worker: Worker) -> Self:
        """Of this worker, as of now."""
        now = timezone.now()
        today = day_of(now)
        overrides = worker.overrides.filter(date__gte=today).order_by("date")
        leaves = worker.leaves.filter(ends_at__gt=now).order_by("starts_at")
        return cls(
            hours=[Hours(**span._asdict()) for span in selectors.spans_of(worker)],
            breaks=[Hours.model_validate(one) for one in worker.breaks.order_by("weekday", "starts_s")],
            overrides=[Override(date=one.date, hours=_hours(one.spans)) for one in overrides],
            leaves=[LeaveBody.model_validate(one) for one in leaves],
            home=Place(lng=worker.home_lng, lat=worker.home_lat),
            bases=[BaseBody.model_validate(one) for one in worker.bases.order_by("pk")],
            caps=CapsBody(max_day=worker.max_day, max_week=worker.max_week),
            holidays=[HolidayCard.model_validate(one) for one in plans.holidays_ahead(today, HOLIDAYS_AHEAD)],
        )


def _each(bodies: Sequence[A] | None, make: Callable[[A], B]) -> list[B] | None:
    return None if bodies is None else [make(one) for one in bodies]


def _hours(spans: Sequence[tuple[int, int]]) -> list[HoursOfADay]:
    return [HoursOfADay(starts_s=starts_s, ends_s=ends_s) for starts_s, ends_s in spans]
