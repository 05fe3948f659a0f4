"""Does a job fit into a worker's day? Pure: the way from the job before, the job with its buffer, the way to the job
after.

Ranking, free slots and reservations all ask here; how long a way may be (`dispatch.max_travel_s`) the first two judge
by the way that `fit` gives them. The database's exclusion constraint has the last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from web.scheduling.routing import Leg, Place, Router

LOOK_AROUND = timedelta(hours=24)
"""A job further away in time is no neighbour: a worker has been home since, and no way is longer than a day."""


@dataclass(frozen=True)
class Job:
    """Time already kept for a worker. starts_at and ends_at are of the service itself, UTC."""

    starts_at: datetime
    ends_at: datetime
    buffer_s: float
    place: Place

    @classmethod
    def lasting(cls, duration_s: float, *, starts_at: datetime, buffer_s: float, place: Place) -> Job:
        """A visit of so many seconds."""
        return cls(starts_at, starts_at + timedelta(seconds=duration_s), buffer_s, place)

    @property
    def free_from(self) -> datetime:
        """When the worker can leave for the next job."""
        return self.ends_at + timedelta(seconds=self.buffer_s)


def neighbours(jobs: Sequence[Job], starts_at: datetime) -> tuple[Job | None, Job | None]:
    """The last job that starts before or at `starts_at` and the first one after, within a day; `jobs` sorted by
    start.
    """
    before = [job for job in jobs if starts_at - LOOK_AROUND <= job.starts_at <= starts_at]
    after = [job for job in jobs if starts_at < job.starts_at <= starts_at + LOOK_AROUND]
    return (before[-1] if before else None), (after[0] if after else None)


def fit(jobs: Sequence[Job], wanted: Job, *, home: Place, router: Router) -> Leg | None:
    """The way to `wanted` from the job before it (or from home), or None where it does not fit between its
    neighbours.
    """
    before, after = neighbours(jobs, wanted.starts_at)
    way = router.leg(before.place if before else home, wanted.place, arriving=wanted.starts_at)
    if before and wanted.starts_at - timedelta(seconds=way.travel_s) < before.free_from:
        return None
    if after:
        onward = router.leg(wanted.place, after.place, arriving=after.starts_at)
        if wanted.free_from > after.starts_at - timedelta(seconds=onward.travel_s):
            return None
    return way
