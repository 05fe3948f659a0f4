"""When a worker works, from all that his plan says. Pure; times of day are Asia/Shanghai, which has no summer time.

Of one date: what he said of that very date, else (where the policy closes) what the table of holidays says, else his
week without its breaks. Leave is taken off whatever that gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple, TypeVar

from web.times import SHANGHAI, midnight
from web.workforce.week import Span

T = TypeVar("T", int, datetime)

ONE_DAY = timedelta(days=1)


class Window(NamedTuple):
    """Seconds of a day: since midnight, ends_s up to 86400."""

    starts_s: int
    ends_s: int


class Interval(NamedTuple):
    """From one moment to another, UTC."""

    starts_at: datetime
    ends_at: datetime


class DayOff(NamedTuple):
    """What a holiday makes of a date. works_as: the weekday whose hours it has (0 = Monday); None: nobody works."""

    works_as: int | None


class Base(NamedTuple):
    """Where a weekday begins. GCJ-02 degrees."""

    lng: float
    lat: float


class Caps(NamedTuple):
    """So many visits at most in a day and in a week (from Monday); None: as many as fit."""

    max_day: int | None = None
    max_week: int | None = None

    def leave_room(self, starts: Iterable[datetime], *, at: datetime) -> bool:
        """Whether a visit at `at` may join those that start at `starts`."""
        if self == NO_CAPS:
            return True
        day = day_of(at)
        days = [day_of(start) for start in starts]
        in_week = sum(monday_of(one) == monday_of(day) for one in days)
        return (self.max_day is None or days.count(day) < self.max_day) and (
            self.max_week is None or in_week < self.max_week
        )


NO_CAPS = Caps()
NOWHERE = Base(0, 0)


@dataclass(frozen=True)
class Plan:
    """A worker's plan. week, breaks: by weekday. overrides: date → its hours, empty for none. holidays: what counts of
    the table; empty where the policy stays open. homes: weekday → where it begins, `home` on the others.
    """

    week: Sequence[Span] = ()
    breaks: Sequence[Span] = ()
    overrides: Mapping[date, Sequence[Window]] = field(default_factory=dict)
    leaves: Sequence[Interval] = ()
    holidays: Mapping[date, DayOff] = field(default_factory=dict)
    caps: Caps = NO_CAPS
    home: Base = NOWHERE
    homes: Mapping[int, Base] = field(default_factory=dict)

    def hours_on(self, day: date) -> Sequence[Window]:
        """The hours of a date, sorted, leave not yet taken off."""
        if day in self.overrides:
            return self.overrides[day]
        weekday = day.weekday()
        if day in self.holidays:
            works_as = self.holidays[day].works_as
            if works_as is None:
                return []
            weekday = works_as
        return self.weekly[weekday]

    @cached_property
    def weekly(self) -> Sequence[Sequence[Window]]:
        """By weekday: its hours without its breaks, sorted."""
        hours: list[list[Window]] = [[] for _ in range(7)]
        breaks: list[list[Window]] = [[] for _ in range(7)]
        for spans, by_weekday in ((self.week, hours), (self.breaks, breaks)):
            for span in spans:
                by_weekday[span.weekday].append(Window(span.starts_s, span.ends_s))
        return [
            [Window(*left) for left in without(sorted(work), pauses)]
            for work, pauses in zip(hours, breaks, strict=True)
        ]

    def work_between(self, first: date, last: date) -> list[Interval]:
        """When he works from the first to the last of these dates, both included: apart, sorted. Hours that touch are
        one, over midnight too: that is how 24 h work.
        """
        found: list[Interval] = []
        for number in range((last - first).days + 1):
            begins = midnight(first + number * ONE_DAY).astimezone(UTC)
            for window in self.hours_on(first + number * ONE_DAY):
                starts_at, ends_at = (begins + timedelta(seconds=second) for second in window)
                if found and found[-1].ends_at >= starts_at:
                    found[-1] = Interval(found[-1].starts_at, max(found[-1].ends_at, ends_at))
                else:
                    found.append(Interval(starts_at, ends_at))
        return [Interval(*piece) for piece in without(found, self.leaves)] if self.leaves else found

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether he works from `start` to `end` without a pause."""
        work = self.work_between(day_of(start), day_of(end))
        return any(one.starts_at <= start and end <= one.ends_at for one in work)

    def home_on(self, day: date) -> Base:
        """From where the day's first way begins."""
        return self.homes.get(day.weekday(), self.home)


def day_of(moment: datetime) -> date:
    """The date in Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - day.weekday() * ONE_DAY


def without(pieces: Iterable[tuple[T, T]], holes: Iterable[tuple[T, T]]) -> list[tuple[T, T]]:
    """What is left of pieces that are apart when the holes are taken out."""
    left = list(pieces)
    for hole_starts, hole_ends in holes:
        parts = [
            part
            for starts, ends in left
            for part in ((starts, min(ends, hole_starts)), (max(starts, hole_ends), ends))
            if part[0] < part[1]
        ]
        left = parts
    return left
