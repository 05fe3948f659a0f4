"""What a plan says of a date, and of a span of time: pure."""

from datetime import UTC, date, datetime, timedelta

import pytest

from web.times import SHANGHAI
from web.workforce.plan import Base, Caps, DayOff, Interval, Plan, Window, monday_of
from web.workforce.week import DAY_S, Span

MONDAY = date(2026, 11, 23)
TUESDAY = MONDAY + timedelta(days=1)
NINE_TO_SIX = Plan(week=[Span(weekday, 9 * 3600, 18 * 3600) for weekday in range(5)])


def moment(day: date, hour: float) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(hours=hour)


def test_breaks_are_cut_out_of_the_hours() -> None:
    plan = Plan(week=[Span(0, 0, DAY_S)], breaks=[Span(0, 3600, 7200), Span(0, 80_000, DAY_S), Span(1, 0, DAY_S)])
    assert plan.hours_on(MONDAY) == [Window(0, 3600), Window(7200, 80_000)]


def test_hours_that_touch_over_midnight_are_one() -> None:
    plan = Plan(week=[Span(0, 72_000, DAY_S), Span(1, 0, 7200), Span(1, 7200, 9000)])
    assert plan.work_between(MONDAY, TUESDAY) == [(moment(MONDAY, 20), moment(TUESDAY, 2.5))]


def test_a_date_joins_the_night_before_it() -> None:
    plan = Plan(week=[Span(0, 72_000, DAY_S)], overrides={TUESDAY: [Window(0, 3600)]})
    assert plan.covers(moment(MONDAY, 21), moment(TUESDAY, 1))
    assert not plan.covers(moment(MONDAY, 21), moment(TUESDAY, 1.1))


def test_leave_cuts_work_in_two() -> None:
    away = Interval(moment(MONDAY, 12).astimezone(UTC), moment(MONDAY, 13).astimezone(UTC))
    plan = Plan(week=NINE_TO_SIX.week, leaves=[away])
    assert plan.work_between(MONDAY, MONDAY) == [
        (moment(MONDAY, 9), moment(MONDAY, 12)),
        (moment(MONDAY, 13), moment(MONDAY, 18)),
    ]
    assert plan.covers(moment(MONDAY, 9), moment(MONDAY, 12))
    assert not plan.covers(moment(MONDAY, 11), moment(MONDAY, 14))


def test_a_date_of_ones_own_goes_before_a_holiday_and_a_holiday_before_the_week() -> None:
    plan = Plan(
        week=NINE_TO_SIX.week,
        holidays={MONDAY: DayOff(None), TUESDAY: DayOff(None)},
        overrides={TUESDAY: [Window(0, 60)]},
    )
    assert plan.hours_on(MONDAY) == []
    assert plan.hours_on(TUESDAY) == [(0, 60)]


def test_a_workday_made_up_for_has_its_weekdays_breaks_too() -> None:
    saturday = MONDAY + timedelta(days=5)
    plan = Plan(week=NINE_TO_SIX.week, breaks=[Span(4, 43_200, 46_800)], holidays={saturday: DayOff(4)})
    assert plan.hours_on(saturday) == [(32_400, 43_200), (46_800, 64_800)]


@pytest.mark.parametrize(
    ("caps", "room"),
    [(Caps(), True), (Caps(2, None), False), (Caps(3, 3), False), (Caps(3, 4), True), (Caps(0, None), False)],
)
def test_caps_count_the_day_and_the_week_from_monday(caps: Caps, room: bool) -> None:
    has = [moment(MONDAY, 0), moment(MONDAY, 23.9), moment(MONDAY, 6 * 24), moment(MONDAY, -1), moment(MONDAY, 7 * 24)]
    assert caps.leave_room(has, at=moment(MONDAY, 12)) is room


def test_a_week_begins_on_monday() -> None:
    assert {monday_of(MONDAY + timedelta(days=number)) for number in range(7)} == {MONDAY}


def test_a_weekday_without_a_base_begins_at_home() -> None:
    plan = Plan(home=Base(120, 30), homes={1: Base(121, 31)})
    assert (plan.home_on(MONDAY), plan.home_on(TUESDAY)) == ((120, 30), (121, 31))
