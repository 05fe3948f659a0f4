"""At which of a day's times could this worker do the job? Pure: his plan, his caps, his other jobs and the ways.

The calendar asks it for every worker; a ranking asks the same of one time (`web.orders.ranking`), and a reservation has
the last word (`web.scheduling.services`): what is offered here must be refused by neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from web.scheduling.fit import Job, fit
from web.scheduling.routing import Place, Router
from web.workforce.plan import Plan, day_of


@dataclass(frozen=True)
class Wish:
    """What is asked for, whenever it may be: seconds, and where. max_travel_s: so long the way there may take."""

    duration_s: float
    buffer_s: float
    place: Place
    max_travel_s: float

    def at(self, starts_at: datetime) -> Job:
        """The visit, were it then."""
        return Job.lasting(self.duration_s, starts_at=starts_at, buffer_s=self.buffer_s, place=self.place)


def free_starts(
    starts: Sequence[datetime],
    wish: Wish,
    *,
    plan: Plan,
    jobs: Sequence[Job],
    in_week: Sequence[datetime],
    router: Router,
) -> list[datetime]:
    """Those of `starts`, all of one day of Asia/Shanghai, at which he could. jobs: his, near that day, sorted by start;
    in_week: when the visits of its week start that he has already.
    """
    if not starts or not plan.caps.leave_room(in_week, at=starts[0]):
        return []
    day = day_of(starts[0])
    lasts = timedelta(seconds=wish.duration_s)
    work = plan.work_between(day, day_of(starts[-1] + lasts))
    home = Place(*plan.home_on(day))
    free = []
    for starts_at in starts:
        if not any(one.starts_at <= starts_at and starts_at + lasts <= one.ends_at for one in work):
            continue
        way = fit(jobs, wish.at(starts_at), home=home, router=router)
        if way is not None and way.travel_s <= wish.max_travel_s:
            free.append(starts_at)
    return free
