"""What the calendar offers, ranking and reservation accept, and nothing else, whatever plans, jobs and ways."""

import itertools
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

import hub
from tests.web.people import CITY, make_city, make_worker
from tests.web.scheduling.days import at, north
from web.errors import DoorbellError
from web.orders.policies import Booking, Dispatch, Policies, Travel
from web.orders.ranking import Wanted, rank
from web.scheduling import selectors as calendar
from web.scheduling import services as scheduling
from web.scheduling.fit import Job
from web.scheduling.routing import Place
from web.scheduling.selectors import free_slots
from web.workforce import planning
from web.workforce.models import Holiday, Worker
from web.workforce.plan import Caps, Window, day_of
from web.workforce.planning import Away, PlanChange, Start
from web.workforce.selectors import home_and_caps_of, workers_in
from web.workforce.week import Span

pytestmark = pytest.mark.django_db

WEDNESDAY = date(2031, 5, 14)
HOUR_S = 3600.0
POLICIES = Policies(
    booking=Booking(slot_step_s=1800, min_notice_s=0, horizon_s=30 * 86_400, buffer_s=600, holidays="closed"),
    travel=Travel(detour=1.2, speed_mps=8, speeds_mps={8: 3, 9: 4, 17: 3, 18: 3}),
    dispatch=Dispatch(max_travel_s=3000),
)


def a_worker(chance: random.Random) -> Worker:
    """Somebody with a plan of all kinds."""
    worker = make_worker(home=north(chance.uniform(0, 12)))
    starts = chance.randrange(0, 12) * 3600
    change = PlanChange(
        hours=[Span(weekday, starts, min(86_400, starts + 36_000)) for weekday in range(7)],
        breaks=[Span(2, starts + 7200, starts + 9000)],
        overrides=chance.choice([{}, {}, {WEDNESDAY: [Window(0, 30_000), Window(36_000, 86_400)]}]),
        leaves=[Away("other", at(0) + timedelta(hours=chance.uniform(-9, 6)), at(8))] if chance.random() < 0.3 else [],
        bases=[Start("", *north(chance.uniform(0, 12)), (2,))] if chance.random() < 0.5 else [],
        caps=chance.choice([Caps(), Caps(max_day=2), Caps(max_week=3)]),
    )
    planning.change_plan(worker_id=worker.pk, change=change, keep=True)
    return worker


def keep(worker_id: int, job: Job, order_id: int) -> bool:
    """As checkout does; whether the slot is kept."""
    home, caps = home_and_caps_of(worker_id, at=job.starts_at)
    try:
        with hub.atomic():
            scheduling.lock_workers([worker_id])
            scheduling.reserve(
                order_id=order_id,
                worker_id=worker_id,
                home=Place(*home),
                job=job,
                travel=POLICIES.travel,
                caps=caps,
            )
    except DoorbellError:
        return False
    return True


def a_town(chance: random.Random, numbers: Iterator[int]) -> list[Worker]:
    """Four workers with visits around the Wednesday."""
    make_city()
    if chance.random() < 0.5:
        planning.put_holiday(day=WEDNESDAY, name="调休", kind=Holiday.WORK, as_weekday=chance.randrange(7))
    workers = [a_worker(chance) for _ in range(4)]
    for _ in range(30):
        starts_at = at(0) + timedelta(minutes=30 * chance.randrange(-60, 80))
        lasts, place = HOUR_S * chance.randint(1, 3), north(chance.uniform(0, 12))
        job = Job.lasting(lasts, starts_at=starts_at, buffer_s=600, place=place)
        keep(chance.choice(workers).pk, job, next(numbers))
    return workers


@pytest.mark.parametrize("seed", range(6))
def test_what_is_offered_can_be_kept_and_what_is_not_is_not_ranked(seed: int) -> None:
    chance, numbers = random.Random(seed), itertools.count(1)
    with time_machine.travel(at(0) - timedelta(hours=20), tick=False):
        a_town(chance, numbers)
        place, lasts = north(chance.uniform(0, 12)), HOUR_S * chance.randint(1, 3)
        offered = {
            slot.starts_at: set(slot.worker_ids)
            for slot in free_slots(
                city=CITY, skill="cleaning", place=place, day=WEDNESDAY, duration_s=lasts, policies=POLICIES
            )
        }
        assert offered
        for number in range(48):
            starts_at = at(0) - timedelta(hours=8) + timedelta(minutes=30 * number)
            job = Job.lasting(lasts, starts_at=starts_at, buffer_s=600, place=place)
            ranked = set(rank(Wanted(CITY, "cleaning", job, POLICIES, live=False), workers_in(CITY)).worker_ids)
            free = offered.get(starts_at, set())
            assert (ranked, starts_at) == (free, starts_at)
            assert [worker_id for worker_id in sorted(free) if not tried(worker_id, job, next(numbers))] == []


@pytest.mark.parametrize("seed", range(6))
def test_the_first_time_of_each_length_is_the_first_that_the_calendar_offers(seed: int) -> None:
    chance = random.Random(seed)
    lengths = [HOUR_S / 2 * number for number in (*range(1, 18), 60)]
    with time_machine.travel(at(0) - timedelta(hours=chance.uniform(0, 40)), tick=False):
        away = {a_town(chance, itertools.count(1))[0].pk}
        today = day_of(timezone.now())

        def first_offered(lasts: float, place: Place) -> datetime | None:
            visit: dict[str, Any] = {"skill": "cleaning", "duration_s": lasts, "policies": POLICIES}
            days = [today + timedelta(days=number) for number in range(4)]
            slots = (free_slots(city=CITY, place=place, day=day, **visit, without=away) for day in days)
            return next((day[0].starts_at for day in slots if day), None)

        for place in [north(chance.uniform(0, 12)) for _ in range(2)]:
            wanted = [calendar.Wanted("cleaning", lasts, POLICIES) for lasts in lengths]
            found = calendar.earliest_starts(wanted, city=CITY, place=place, days=4, without=away)
            assert found == [first_offered(lasts, place) for lasts in lengths]
            assert found[0] is not None
            assert found[-1] is None


@pytest.mark.parametrize("begins", [*itertools.permutations([7.0, 7.5, 9.0])])
def test_whoever_is_free_first_the_first_time_is_his(begins: tuple[float, ...]) -> None:
    make_city()
    with time_machine.travel(at(0) - timedelta(hours=20), tick=False):
        for hour in begins:
            starts_s = int(hour * 3600)
            # Who begins earlier has less time.
            hours = [Span(weekday, starts_s, starts_s + int(1800 * (2 * hour - 12))) for weekday in range(7)]
            planning.change_plan(worker_id=make_worker(home=north(0)).pk, change=PlanChange(hours=hours), keep=True)
        wanted = [calendar.Wanted("cleaning", HOUR_S * lasts, POLICIES) for lasts in (0.5, 1, 1.5, 3, 4)]
        found = calendar.earliest_starts(wanted, city=CITY, place=north(0), days=2)
        assert found == [*(at(0) + timedelta(hours=hour - 8) for hour in (7, 7, 7.5, 9)), None]


def tried(worker_id: int, job: Job, order_id: int) -> bool:
    """Whether it could be kept; afterwards it is not."""
    kept = keep(worker_id, job, order_id)
    scheduling.release(
        order_id=order_id,
        home_of=lambda id, moment: Place(*home_and_caps_of(id, at=moment)[0]),
        travel=POLICIES.travel,
    )
    return kept
