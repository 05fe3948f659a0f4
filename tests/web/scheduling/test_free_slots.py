"""The times a customer may choose from."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.people import ALWAYS, CENTRE, CITY, make_city, make_worker
from tests.web.scheduling.days import HOME, TRAVEL, at, north
from web.catalog.content import LONGEST_S
from web.orders.policies import Booking, Dispatch, Policies
from web.scheduling import services as scheduling
from web.scheduling.fit import Job
from web.scheduling.routing import Place
from web.scheduling.selectors import Slot, Wanted, earliest_starts, free_slots
from web.workforce import planning
from web.workforce.models import Holiday, Worker
from web.workforce.plan import Caps, Window
from web.workforce.planning import Away, PlanChange, Start
from web.workforce.week import Span

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURLY = Booking(slot_step_s=3600, min_notice_s=0, horizon_s=30 * 86400, buffer_s=600)
WEDNESDAY = date(2031, 5, 14)
THE_EVE = at(0) - timedelta(hours=12)

Ask = Callable[..., list[Slot]]


@pytest.fixture
def slots() -> Ask:
    """Asks on the Wednesday's eve for an hour's cleaning at the centre."""
    make_city()

    def ask(
        *,
        booking: Booking = HOURLY,
        place: Place = HOME,
        day: date = WEDNESDAY,
        skill: str = "cleaning",
        duration_s: float = 3600,
        now: datetime = THE_EVE,
        max_travel_s: float = 7200,
    ) -> list[Slot]:
        with time_machine.travel(now, tick=False):
            policies = Policies(booking=booking, travel=TRAVEL, dispatch=Dispatch(max_travel_s=max_travel_s))
            return free_slots(city=CITY, skill=skill, place=place, day=day, duration_s=duration_s, policies=policies)

    return ask


def hours_of(found: list[Slot]) -> list[int]:
    """The hours in Shanghai at which somebody is free."""
    return [slot.starts_at.astimezone(SHANGHAI).hour for slot in found]


def busy(worker: Worker, starts_at: datetime, place: Place = HOME, *, order_id: int = 1) -> None:
    """An hour of his day is kept."""
    scheduling.reserve(
        order_id=order_id,
        worker_id=worker.pk,
        home=HOME,
        job=Job(starts_at, starts_at + timedelta(hours=1), 600, place),
        travel=TRAVEL,
    )


def test_the_grid_is_the_day_of_shanghai(slots: Ask) -> None:
    make_worker()
    found = slots()
    assert hours_of(found) == list(range(24))
    assert found[0].starts_at == at(0) - timedelta(hours=8)
    half_hours = slots(booking=HOURLY.model_copy(update={"slot_step_s": 1800}))
    assert [one.starts_at for one in half_hours] == [found[0].starts_at + timedelta(minutes=30 * n) for n in range(48)]


def test_no_time_is_offered_for_a_visit_that_is_longer_than_any_that_is_sold(slots: Ask) -> None:
    make_worker()
    assert slots(duration_s=LONGEST_S)
    assert slots(duration_s=LONGEST_S + 1) == []
    policies = Policies(booking=HOURLY, travel=TRAVEL)
    wanted = [Wanted("cleaning", duration_s, policies) for duration_s in (LONGEST_S, LONGEST_S + 1)]
    with time_machine.travel(THE_EVE, tick=False):
        first, none = earliest_starts(wanted, city=CITY, place=HOME, days=7)
    assert first is not None
    assert none is None


def test_the_notice_takes_away_what_comes_too_soon(slots: Ask) -> None:
    make_worker()
    noon = datetime(2031, 5, 14, 12, tzinfo=SHANGHAI)
    assert hours_of(slots(now=noon, booking=HOURLY.model_copy(update={"min_notice_s": 7200}))) == list(range(14, 24))
    assert hours_of(slots(now=noon)) == list(range(12, 24))


def test_the_horizon_takes_away_what_is_too_far_ahead(slots: Ask) -> None:
    make_worker()
    day_before_noon = datetime(2031, 5, 13, 12, tzinfo=SHANGHAI)
    short = HOURLY.model_copy(update={"horizon_s": 86400})
    assert hours_of(slots(now=day_before_noon, booking=short)) == list(range(13))
    assert slots(now=day_before_noon, booking=short, day=WEDNESDAY + timedelta(days=1)) == []


def test_yesterday_has_no_slots(slots: Ask) -> None:
    make_worker()
    assert slots(day=WEDNESDAY - timedelta(days=3)) == []


def test_the_first_and_the_last_day_of_the_calendar_have_none(slots: Ask) -> None:
    make_worker()
    assert slots(day=date.min) == slots(day=date.max) == []


def test_only_within_working_hours_to_the_end_of_the_job(slots: Ask) -> None:
    make_worker(hours=[Span(2, 9 * 3600, 12 * 3600)])  # Wednesday
    assert hours_of(slots()) == [9, 10, 11]
    assert hours_of(slots(duration_s=7200)) == [9, 10]


def test_an_area_ends_at_its_border(slots: Ask) -> None:
    make_worker()  # the square of the tests reaches 30.4 degrees north
    assert slots(place=Place(CENTRE[0], 30.39))
    assert slots(place=Place(CENTRE[0], 30.41)) == []


def test_a_skill_that_nobody_has_is_never_free(slots: Ask) -> None:
    make_worker(skills=["cleaning"])
    assert slots(skill="massage") == []


def test_another_citys_worker_is_no_use(slots: Ask) -> None:
    make_city("shaoxing")
    make_worker(city="shaoxing")
    assert slots() == []


def test_a_worker_who_rests_now_can_be_booked_for_another_day(slots: Ask) -> None:
    make_worker(on_duty=False)
    assert len(slots()) == 24


def test_a_kept_hour_is_gone_with_its_buffer(slots: Ask) -> None:
    worker = make_worker(hours=[Span(2, 8 * 3600, 18 * 3600)])
    busy(worker, at(4))  # noon in Shanghai
    # 11:00 would end at 12:00 and its buffer at 12:10; 13:00 begins before the buffer of the noon job is over.
    assert hours_of(slots()) == [8, 9, 10, 14, 15, 16, 17]


def test_the_way_in_and_the_way_out_count(slots: Ask) -> None:
    away = north(11.9)  # a little less than twenty minutes
    busy(make_worker(), at(4), away)  # noon in Shanghai; he is free again at 13:10
    ten_minutes = HOURLY.model_copy(update={"slot_step_s": 600})

    def around_noon(place: Place) -> tuple[str, str]:
        found = [slot.starts_at for slot in slots(place=place, booking=ten_minutes)]
        before, after = [one for one in found if one < at(4)], [one for one in found if one > at(4)]
        return tuple(f"{one.astimezone(SHANGHAI):%H:%M}" for one in (before[-1], after[0]))  # type: ignore[return-value]

    assert around_noon(away) == ("10:50", "13:10")
    assert around_noon(HOME) == ("10:30", "13:30")


def test_who_would_travel_longer_than_dispatch_lets_him_is_not_free(slots: Ask) -> None:
    make_worker()
    assert slots(place=north(4), max_travel_s=600)
    assert slots(place=north(4), max_travel_s=300) == []


def test_the_number_of_free_workers_is_told(slots: Ask) -> None:
    first, _ = make_worker(), make_worker()
    busy(first, at(4))
    by_hour = {slot.starts_at.astimezone(SHANGHAI).hour: slot.workers for slot in slots()}
    assert by_hour[12] == 1
    assert by_hour[9] == 2


def test_an_unlimited_week_works_over_midnight(slots: Ask) -> None:
    make_worker(hours=ALWAYS)
    assert hours_of(slots(duration_s=7200))[-1] == 23
    assert hours_of(slots(duration_s=7200))[0] == 0


def plan(worker: Worker, **parts: Any) -> None:
    """On the Wednesday's eve he changes his plan, whatever it breaks."""
    with time_machine.travel(THE_EVE, tick=False):
        planning.change_plan(worker_id=worker.pk, change=PlanChange(**parts), keep=True)


def test_a_break_is_not_worked(slots: Ask) -> None:
    worker = make_worker(hours=[Span(2, 9 * 3600, 18 * 3600)])
    plan(worker, breaks=[Span(2, 12 * 3600, 13 * 3600)])
    assert hours_of(slots()) == [9, 10, 11, 13, 14, 15, 16, 17]
    assert hours_of(slots(duration_s=7200)) == [9, 10, 13, 14, 15, 16]


def test_a_date_of_its_own_replaces_hours_and_breaks(slots: Ask) -> None:
    worker = make_worker(hours=[Span(2, 9 * 3600, 18 * 3600)])
    plan(
        worker,
        breaks=[Span(2, 12 * 3600, 13 * 3600)],
        overrides={WEDNESDAY: [Window(20 * 3600, 22 * 3600), Window(11 * 3600, 14 * 3600)]},
    )
    assert hours_of(slots()) == [11, 12, 13, 20, 21]
    plan(worker, overrides={WEDNESDAY: []})
    assert slots() == []
    plan(worker, overrides={WEDNESDAY + timedelta(days=1): []})
    assert hours_of(slots()) == [9, 10, 11, 13, 14, 15, 16, 17]


def test_leave_is_taken_off_hours_and_dates(slots: Ask) -> None:
    worker = make_worker(hours=[Span(2, 9 * 3600, 18 * 3600)])
    plan(worker, leaves=[Away("sick", at(3, 30), at(5))])  # 11:30 to 13:00 in Shanghai
    assert hours_of(slots()) == [9, 10, 13, 14, 15, 16, 17]
    plan(worker, leaves=[Away("annual", at(0) - timedelta(days=3), at(0) + timedelta(days=3))])
    assert slots() == []


def test_a_holiday_closes_where_the_policy_says_so(slots: Ask) -> None:
    worker = make_worker(hours=[Span(2, 9 * 3600, 11 * 3600), Span(4, 14 * 3600, 16 * 3600)])
    planning.put_holiday(day=WEDNESDAY, name="端午节", kind=Holiday.OFF)
    closed = HOURLY.model_copy(update={"holidays": "closed"})
    assert hours_of(slots()) == [9, 10]
    assert slots(booking=closed) == []
    plan(worker, overrides={WEDNESDAY: [Window(8 * 3600, 9 * 3600)]})
    assert hours_of(slots(booking=closed)) == [8]


def test_a_workday_made_up_for_has_the_hours_of_the_weekday_it_stands_for(slots: Ask) -> None:
    make_worker(hours=[Span(2, 9 * 3600, 11 * 3600), Span(4, 14 * 3600, 16 * 3600)])
    closed = HOURLY.model_copy(update={"holidays": "closed"})
    planning.put_holiday(day=WEDNESDAY, name="国庆节调休", kind=Holiday.WORK, as_weekday=4)
    assert hours_of(slots(booking=closed)) == [14, 15]
    planning.put_holiday(day=WEDNESDAY, name="国庆节调休", kind=Holiday.WORK)
    assert hours_of(slots(booking=closed)) == [9, 10]
    planning.remove_holiday(day=WEDNESDAY)
    assert hours_of(slots(booking=closed)) == [9, 10]


@pytest.mark.parametrize("caps", [Caps(max_day=1), Caps(max_week=1)])
def test_a_full_day_or_week_has_no_slots(slots: Ask, caps: Caps) -> None:
    worker = make_worker()
    plan(worker, caps=caps)
    assert len(slots()) == 24
    monday = at(4) - timedelta(days=2)
    busy(worker, monday if caps.max_week else at(4))
    assert slots() == []
    assert hours_of(slots(day=WEDNESDAY + timedelta(days=7)))  # the week after is another one


def test_the_day_begins_at_the_weekdays_own_base(slots: Ask) -> None:
    worker = make_worker()
    assert slots(place=north(4), max_travel_s=300) == []
    plan(worker, bases=[Start("女儿家", *north(4), (2,)), Start("", *north(9), (3,))])
    assert slots(place=north(4), max_travel_s=300)
    assert slots(place=north(4), max_travel_s=300, day=WEDNESDAY + timedelta(days=2)) == []
    plan(worker, bases=[], home=north(4))
    assert slots(place=north(4), max_travel_s=300, day=WEDNESDAY + timedelta(days=2))


def test_a_city_costs_as_many_queries_as_one_worker(slots: Ask) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert slots()
        return len(made)

    plan(make_worker(), caps=Caps(max_day=3))
    one = queries()
    for _ in range(5):
        worker = make_worker()
        plan(worker, caps=Caps(max_day=3), breaks=[Span(2, 0, 600)], leaves=[Away("other", at(3), at(4))])
        busy(worker, at(1), order_id=worker.pk)
    assert queries() == one == 10
