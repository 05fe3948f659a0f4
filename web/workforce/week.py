"""Weekly hours, in Asia/Shanghai (which has had no summer time since 1991, so a day has 86,400 seconds)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from web.times import SHANGHAI

DAY_S = 86_400


class Span(NamedTuple):
    """Working time of one weekday (0 = Monday): seconds since midnight, ends_s up to 86400."""

    weekday: int
    starts_s: int
    ends_s: int


def cover(spans: Iterable[Span], start: datetime, end: datetime) -> bool:
    """Whether [start, end] lies in working time. Spans that touch are one, over midnight too: that is how 24 h work."""
    ordered = sorted(spans)
    at, until = start.astimezone(SHANGHAI), end.astimezone(SHANGHAI)
    while at < until:
        reached = _end_of_span(ordered, at)
        if reached is None:
            return False
        at = reached
    return True


def _end_of_span(spans: list[Span], at: datetime) -> datetime | None:
    """Until when the work lasts that goes on at `at`, within its day; None while resting."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    second = (at - midnight).total_seconds()
    ends = [span.ends_s for span in spans if span.weekday == at.weekday() and span.starts_s <= second < span.ends_s]
    return midnight + timedelta(seconds=max(ends)) if ends else None


def check(spans: Iterable[Span]) -> None:
    """Raises ValueError for spans of one day that overlap."""
    ordered = sorted(spans)
    for one, after in pairwise(ordered):
        if one.weekday == after.weekday and after.starts_s < one.ends_s:
            raise ValueError("hours of one day overlap")
