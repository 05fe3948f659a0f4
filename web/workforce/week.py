"""Weekly hours, in Asia/Shanghai (which has had no summer time since 1991, so a day has 86,400 seconds)."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

DAY_S = 86_400


class Span(NamedTuple):
    """Working time of one weekday (0 = Monday): seconds since midnight, ends_s up to 86400."""

    weekday: int
    starts_s: int
    ends_s: int


def check(spans: Iterable[Span]) -> None:
    """Raises ValueError for spans of one day that overlap."""
    ordered = sorted(spans)
    for one, after in pairwise(ordered):
        if one.weekday == after.weekday and after.starts_s < one.ends_s:
            raise ValueError("hours of one day overlap")
