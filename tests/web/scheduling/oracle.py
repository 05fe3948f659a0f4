"""The calendar of a worker's day, minute by minute, from what people were promised: it shares no code with the product.

Everything is whole minutes since a Monday's midnight in Shanghai; places are numbers, and `ways[a][b]` is how many
minutes it is from one to the other. Slow on purpose: nothing here is clever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

DAY, WEEK = 1440, 7 * 1440

Span = tuple[int, int]
"""From a minute to another, which is not in it any more."""


@dataclass(frozen=True)
class Visit:
    """A job that he has: its minutes, so many kept free after it, and where."""

    starts: int
    ends: int
    buffer: int
    place: int


@dataclass(frozen=True)
class Case:
    """A worker, and what a customer asks for on a day (its number since that Monday).

    week, breaks: by weekday, minutes of a day. overrides: by day. leaves: minutes since the Monday. holidays: by day,
    None for a day off, else the weekday whose hours it has. homes: by weekday; home on the others.
    """

    day: int
    step: int
    lasts: int
    buffer: int
    place: int
    max_way: int
    ways: list[list[int]]
    week: dict[int, list[Span]]
    breaks: dict[int, list[Span]] = field(default_factory=dict)
    overrides: dict[int, list[Span]] = field(default_factory=dict)
    leaves: list[Span] = field(default_factory=list)
    holidays: dict[int, int | None] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    home: int = 0
    homes: dict[int, int] = field(default_factory=dict)
    max_day: int | None = None
    max_week: int | None = None

    @cached_property
    def starting(self) -> dict[int, Visit]:
        """The visits by the minute in which they start."""
        return {visit.starts: visit for visit in self.visits}


def working(case: Case, day: int) -> list[bool]:
    """Whether he works, in each minute of a day."""
    weekday: int | None = day % 7
    if day in case.holidays:
        weekday = case.holidays[day]
    minutes = [False] * DAY
    if day in case.overrides:
        paint(minutes, case.overrides[day], True)
    elif weekday is not None:
        paint(minutes, case.week.get(weekday, []), True)
        paint(minutes, case.breaks.get(weekday, []), False)
    paint(minutes, [(begins - day * DAY, ends - day * DAY) for begins, ends in case.leaves], False)
    return minutes


def paint(minutes: list[bool], spans: list[Span], works: bool) -> None:
    """So it is in all minutes of these spans that the day has."""
    for begins, ends in spans:
        for minute in range(max(begins, 0), min(ends, DAY)):
            minutes[minute] = works


def comes_from(case: Case, starts: int) -> int:
    """Where he is before a visit: at the last one of the 24 hours before, or where that day begins for him."""
    for minute in range(starts, starts - DAY - 1, -1):
        if minute in case.starting:
            return case.starting[minute].place
    return case.homes.get(starts // DAY % 7, case.home)


def goes_on_to(case: Case, starts: int) -> Visit | None:
    """The visit after, if it is within 24 hours."""
    for minute in range(starts + 1, starts + DAY + 1):
        if minute in case.starting:
            return case.starting[minute]
    return None


def can(case: Case, starts: int, works: list[bool], first: int) -> bool:
    """Whether he can start then. works: minute by minute from `first` on."""
    if not all(works[minute - first] for minute in range(starts, starts + case.lasts)):
        return False
    way = case.ways[comes_from(case, starts)][case.place]
    if way > case.max_way:
        return False
    needed = range(starts - way, starts + case.lasts + case.buffer)
    for visit in case.visits:
        if any(minute in needed for minute in range(visit.starts, visit.ends + visit.buffer)):
            return False
    after = goes_on_to(case, starts)
    if after and any(
        minute in needed for minute in range(after.starts - case.ways[case.place][after.place], after.starts)
    ):
        return False
    that_day = [visit for visit in case.visits if visit.starts // DAY == starts // DAY]
    that_week = [visit for visit in case.visits if visit.starts // WEEK == starts // WEEK]
    if case.max_day is not None and len(that_day) >= case.max_day:
        return False
    return case.max_week is None or len(that_week) < case.max_week


def calendar(case: Case) -> list[int]:
    """The minutes at which he can start on that day."""
    first = case.day * DAY
    works = working(case, case.day) + working(case, case.day + 1)
    return [
        minute
        for minute in range(first, first + DAY)
        if minute % DAY % case.step == 0 and can(case, minute, works, first)
    ]
