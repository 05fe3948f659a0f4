"""Whether a job fits into a day: the way in, the job with its buffer, the way out."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.web.scheduling.days import HOME, ROUTER, at, job, leg, north
from web.scheduling.fit import Job, fit, neighbours


def test_an_empty_day_takes_it_and_the_way_comes_from_home() -> None:
    way = fit([], job(at(10), north(2)), home=HOME, router=ROUTER)
    assert way == leg(HOME, north(2))


def test_the_way_comes_from_the_job_before() -> None:
    way = fit([job(at(8), north(5))], job(at(12), north(2)), home=HOME, router=ROUTER)
    assert way == leg(north(5), north(2))


def test_the_job_before_needs_its_buffer_and_the_way() -> None:
    before = [job(at(8), HOME)]  # free from 9:10
    way = leg(HOME, north(6))  # ten minutes
    earliest = at(9, 10) + timedelta(seconds=way.travel_s)
    assert fit(before, job(earliest, north(6)), home=HOME, router=ROUTER) == way
    assert fit(before, job(earliest - timedelta(seconds=1), north(6)), home=HOME, router=ROUTER) is None


def test_the_job_after_must_still_be_reached() -> None:
    way = leg(HOME, north(6))
    after = [job(at(12), north(6))]
    latest = at(12) - timedelta(seconds=way.travel_s) - timedelta(minutes=70)  # an hour's work and its buffer
    assert fit(after, job(latest, HOME), home=HOME, router=ROUTER) is not None
    assert fit(after, job(latest + timedelta(seconds=1), HOME), home=HOME, router=ROUTER) is None


def test_the_same_start_twice_does_not_fit() -> None:
    assert fit([job(at(10))], job(at(10)), home=HOME, router=ROUTER) is None


def test_only_the_neighbours_matter() -> None:
    day = [job(at(6)), job(at(8)), job(at(12)), job(at(15))]
    assert neighbours(day, at(10)) == (day[1], day[2])
    assert neighbours(day, at(8)) == (day[1], day[2])
    assert neighbours(day, at(5)) == (None, day[0])
    assert neighbours(day, at(16)) == (day[3], None)


minutes = st.integers(0, 14 * 60)
jobs = st.builds(
    lambda start, km, length: job(at(4) + timedelta(minutes=start), north(km), minutes=length),
    minutes,
    st.integers(0, 20),
    st.integers(10, 120),
)


@given(st.lists(jobs, max_size=12))
def test_a_day_filled_by_fit_never_overlaps_ways_and_buffers_included(wanted: list[Job]) -> None:
    day: list[Job] = []
    for one in wanted:
        if fit(day, one, home=HOME, router=ROUTER) is not None:
            day = sorted([*day, one], key=lambda kept: kept.starts_at)
    for before, after in pairwise(day):
        way = leg(before.place, after.place)
        assert before.free_from <= after.starts_at - timedelta(seconds=way.travel_s)


def test_a_job_of_another_day_is_no_neighbour() -> None:
    day_before, day_after = job(at(9).replace(day=13), north(50)), job(at(11).replace(day=15), north(50))
    assert neighbours([day_before, day_after], at(10)) == (None, None)
    assert fit([day_before, day_after], job(at(10), north(2)), home=HOME, router=ROUTER) == leg(HOME, north(2))
