"""At which of a day's times could this worker do the job? Pure: his plan, his other jobs and the ways.

The calendar asks it for every worker; a ranking asks `fit` of one time (`web.orders.ranking`), and a reservation has
the last word (`web.scheduling.services`): what is offered here must be refused by neither. A city has thousands of
workers, so times are whole microseconds here, in which no comparison differs from one of datetimes, and a worker costs
as much as he has gaps between jobs, not as the day has times.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from web.scheduling.fit import LOOK_AROUND
from web.scheduling.routing import Place, Router
from web.times import midnight
from web.workforce.plan import ONE_DAY, Caps, day_of, monday_of

Instant = int
"""Microseconds since the epoch."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
LOOK = LOOK_AROUND // MICROSECOND
FOREVER = 2**62


class Kept(NamedTuple):
    """Time kept for an order: when its visit starts, when the worker can leave, and where."""

    starts: Instant
    free: Instant
    place: Place
    order_id: int = 0


@dataclass(frozen=True)
class Wish:
    """What is asked for: how long it lasts and is kept free after it (microseconds), and where; at which of these
    starts, sorted, all of that day (Asia/Shanghai). max_travel_s: so long the way there may take.
    """

    day: date
    lasts: int
    buffer: int
    place: Place
    max_travel_s: float
    starts: Sequence[Instant]

    @cached_property
    def last_day(self) -> date:
        """The date (Asia/Shanghai) on which the last of them would end."""
        return day_of(moment(self.starts[-1] + self.lasts))

    @cached_property
    def of_day(self) -> tuple[Instant, Instant]:
        """When the day begins, and when the next one does."""
        return instant(midnight(self.day)), instant(midnight(self.day + ONE_DAY))

    @cached_property
    def of_week(self) -> tuple[Instant, Instant]:
        """When its week begins, and when the next one does."""
        monday = monday_of(self.day)
        return instant(midnight(monday)), instant(midnight(monday + 7 * ONE_DAY))


class Gap(NamedTuple):
    """Starts from `first` to `last`, both included, that have the same job before and after; None: none is near."""

    first: Instant
    last: Instant
    before: Kept | None
    after: Kept | None


def free_ranges(
    wish: Wish, *, work: Sequence[tuple[Instant, Instant]], jobs: Sequence[Kept], home: Place, router: Router
) -> Iterator[tuple[int, int]]:
    """Which of `wish.starts`, of which there must be some, are free: from one place in it to another, which is not free
    any more.

    work: when he works, apart. jobs: his near that day, sorted by start. home: from where that day begins.
    """
    begin, end = wish.starts[0], wish.starts[-1]
    work = [window for window in work if window[0] <= end and begin + wish.lasts <= window[1]]
    if not work:
        return
    near = jobs[bisect_left(jobs, begin - LOOK, key=_starts) : bisect_right(jobs, end + LOOK, key=_starts)]
    for gap in _gaps(near, begin, end):
        latest = gap.last
        if gap.after:
            onward = router.leg_in(wish.place, gap.after.place, hour=_hour(gap.after.starts // HOUR))
            latest = min(latest, gap.after.starts - onward.travel_s * SECOND - wish.buffer - wish.lasts)
        for begins, ends in work:
            first = bisect_left(wish.starts, max(gap.first, begins))
            last = bisect_right(wish.starts, min(latest, ends - wish.lasts), lo=first)
            if first < last:
                yield from _reached(wish, first, last, gap.before, home, router)


def has_room(wish: Wish, *, caps: Caps, jobs: Sequence[Kept]) -> bool:
    """Whether he takes one more visit on that day, beside those he has."""
    return (caps.max_day is None or _starting(jobs, wish.of_day) < caps.max_day) and (
        caps.max_week is None or _starting(jobs, wish.of_week) < caps.max_week
    )


def instant(moment: datetime) -> Instant:
    """In microseconds since the epoch."""
    return (moment - EPOCH) // MICROSECOND


def moment(at: Instant) -> datetime:
    """In UTC."""
    return EPOCH + at * MICROSECOND


def microseconds(seconds: float) -> int:
    """As a timedelta rounds them."""
    return timedelta(seconds=seconds) // MICROSECOND


def _starting(jobs: Sequence[Kept], span: tuple[Instant, Instant]) -> int:
    first, until = (bisect_left(jobs, moment, key=_starts) for moment in span)
    return until - first


def _gaps(jobs: Sequence[Kept], first: Instant, last: Instant) -> Iterator[Gap]:
    """The pieces of [first, last] in which `fit.neighbours` finds the same two jobs, in their order."""
    before: Kept | None = None
    begins = first
    for job in jobs:
        if job.starts > begins:
            yield from _within_reach(Gap(begins, min(job.starts - 1, last), before, job))
            begins = job.starts
        if begins > last:
            return
        before = job
    yield from _within_reach(Gap(begins, last, before, None))


def _within_reach(gap: Gap) -> Iterable[Gap]:
    """The same, cut where a job begins or ceases to be near enough in time to count."""
    first, last, before, after = gap
    if (not before or last - before.starts <= LOOK) and (not after or after.starts - first <= LOOK):
        return (gap,)
    return _cut(gap)


def _cut(gap: Gap) -> Iterator[Gap]:
    first, last, before, after = gap
    cuts = [first, last + 1]
    if before and first <= before.starts + LOOK < last:
        cuts.append(before.starts + LOOK + 1)
    if after and first < after.starts - LOOK <= last:
        cuts.append(after.starts - LOOK)
    for begins, until in pairwise(sorted(cuts)):
        yield Gap(
            begins,
            until - 1,
            before if before and begins - before.starts <= LOOK else None,
            after if after and after.starts - begins <= LOOK else None,
        )


def _reached(
    wish: Wish, first: int, last: int, before: Kept | None, home: Place, router: Router
) -> Iterator[tuple[int, int]]:
    """Of these starts those that he can be there for, from the job before or from home."""
    origin, free = (before.place, before.free) if before else (home, -FOREVER)
    while first < last:
        # The ways of one hour take the same time; where the hour does not matter, all are of one.
        hour = wish.starts[first] // HOUR
        until = last if router.is_steady else bisect_left(wish.starts, (hour + 1) * HOUR, first, last)
        travel_s = router.leg_in(origin, wish.place, hour=_hour(hour)).travel_s
        if travel_s <= wish.max_travel_s:
            there = bisect_left(wish.starts, free + travel_s * SECOND, first, until)
            if there < until:
                yield there, until
        first = until


_starts = attrgetter("starts")


def _hour(since_epoch: int) -> int:
    """Of the day in Shanghai."""
    return (since_epoch + 8) % 24
