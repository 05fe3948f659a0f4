"""Who could do a job: his area, his hours, his skills."""

import copy
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tests.web.people import CENTRE, SQUARE, make_worker
from web.times import SHANGHAI
from web.workforce import selectors, services
from web.workforce.models import Worker
from web.workforce.plan import Plan
from web.workforce.plans import plan_of
from web.workforce.week import DAY_S, Span

MONDAY = datetime(2026, 11, 23, tzinfo=SHANGHAI)
ALWAYS = [Span(weekday, 0, DAY_S) for weekday in range(7)]
OFFICE = [Span(weekday, 9 * 3600, 18 * 3600) for weekday in range(5)]


def hour(day: int, hours: float) -> datetime:
    """So many hours into that day of the week (0 = Monday)."""
    return MONDAY + timedelta(days=day, hours=hours)


def works(spans: list[Span], start: datetime, end: datetime) -> bool:
    return Plan(week=spans).covers(start, end)


def test_office_hours_cover_what_lies_in_them_and_nothing_else() -> None:
    assert works(OFFICE, hour(0, 9), hour(0, 18))
    assert not works(OFFICE, hour(0, 8.99), hour(0, 10))
    assert not works(OFFICE, hour(0, 17), hour(0, 18.01))
    assert not works(OFFICE, hour(5, 10), hour(5, 11))


def test_hours_are_shanghais_whatever_zone_the_question_is_in() -> None:
    utc = hour(0, 9).astimezone(tz=None)
    assert works(OFFICE, utc, utc + timedelta(hours=9))


def test_who_works_round_the_clock_works_over_midnight_and_over_sunday() -> None:
    assert works(ALWAYS, hour(0, 22), hour(1, 2))
    assert works(ALWAYS, hour(6, 23), hour(7, 1))
    assert works(ALWAYS, hour(0, 0), hour(6, 24))


def test_a_night_shift_is_two_spans_that_touch() -> None:
    night = [Span(0, 20 * 3600, DAY_S), Span(1, 0, 4 * 3600)]
    assert works(night, hour(0, 22), hour(1, 4))
    assert not works(night, hour(0, 22), hour(1, 4.5))
    assert not works(night, hour(1, 22), hour(2, 1))


def test_spans_that_touch_at_noon_are_one() -> None:
    assert works([Span(0, 0, 43_200), Span(0, 43_200, DAY_S)], hour(0, 11), hour(0, 13))
    assert not works([Span(0, 0, 43_200), Span(0, 43_201, DAY_S)], hour(0, 11), hour(0, 13))


@given(st.data())
def test_hours_cover_exactly_what_a_second_by_second_look_says(data: st.DataObject) -> None:
    quarter = 21_600
    spans = [
        Span(day, start * quarter, end * quarter)
        for day in range(7)
        for start, end in data.draw(st.sampled_from([[], [(0, 4)], [(1, 3)], [(0, 1), (3, 4)], [(0, 2), (2, 4)]]))
    ]
    start, length = data.draw(st.integers(0, 27)), data.draw(st.integers(1, 12))
    at_work = {
        span.weekday * 4 + part for span in spans for part in range(span.starts_s // quarter, span.ends_s // quarter)
    }
    expected = all((start + step) % 28 in at_work for step in range(length))
    begins = MONDAY + timedelta(seconds=start * quarter)
    assert works(spans, begins, begins + timedelta(seconds=length * quarter)) is expected


@pytest.mark.django_db
def test_an_area_has_an_inside_an_outside_and_a_border() -> None:
    worker = make_worker()
    assert selectors.serves(worker, *CENTRE)
    assert selectors.serves(worker, 120.0, 30.2)
    assert not selectors.serves(worker, 121.0, 30.2)


@pytest.mark.django_db
def test_a_hole_in_an_area_is_outside() -> None:
    holed = copy.deepcopy(SQUARE)
    holed["coordinates"].append([[120.1, 30.2], [120.2, 30.2], [120.2, 30.3], [120.1, 30.3], [120.1, 30.2]])
    assert not selectors.serves(make_worker(area=holed), *CENTRE)


@pytest.mark.django_db
def test_a_changed_area_counts_at_once() -> None:
    worker = make_worker()
    assert selectors.serves(worker, *CENTRE)
    elsewhere: dict[str, Any] = {
        "type": "Polygon",
        "coordinates": [[[121, 31], [121.1, 31], [121.1, 31.1], [121, 31.1], [121, 31]]],
    }
    services.change_profile(worker_id=worker.pk, area=elsewhere)
    assert not selectors.serves(Worker.objects.get(pk=worker.pk), *CENTRE)


@pytest.mark.django_db
def test_a_city_is_judged_in_a_handful_of_queries() -> None:
    for _ in range(5):
        make_worker(skills=["cleaning", "windows"])
    make_worker(skills=["massage"])
    make_worker(city="shanghai")
    with CaptureQueriesContext(connection) as queries:
        workers = [one for one in selectors.workers_in("hangzhou") if "windows" in selectors.skills_of(one)]
        for worker in workers:
            assert plan_of(worker).covers(hour(0, 1), hour(0, 2))
            assert selectors.serves(worker, *CENTRE)
            assert selectors.skills_of(worker) == {"cleaning", "windows"}
            assert selectors.position_of(worker) is None
            assert worker.user.display_name == "王师傅"
    assert len(workers) == 5
    assert len(queries) == 7  # skills, hours, breaks, dates, leave, bases; users and positions come with the workers


@pytest.mark.django_db
def test_a_closed_account_is_nobodys_candidate() -> None:
    worker = make_worker()
    worker.user.is_active = False
    worker.user.save()
    assert selectors.workers_in("hangzhou") == []
    assert selectors.skills_in("hangzhou") == set()
