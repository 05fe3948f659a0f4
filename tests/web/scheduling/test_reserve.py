"""Keeping a worker's time: the way there is part of it; a job put between two changes the way of the second."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection

import hub
from tests.web.crowd import at_once
from tests.web.people import make_city, make_worker
from tests.web.scheduling.days import HOME, TRAVEL, at, job, leg, north
from web.errors import DoorbellError
from web.orders.policies import Travel
from web.scheduling import selectors
from web.scheduling import services as scheduling
from web.scheduling.fit import Job
from web.scheduling.models import Reservation

pytestmark = pytest.mark.django_db

Reserve = Callable[..., Reservation]


@pytest.fixture
def worker_id() -> int:
    make_city()
    return make_worker().user_id


@pytest.fixture
def reserve(worker_id: int) -> Reserve:
    """Keeps a job's time for order so-and-so."""

    def keep(order_id: int, wanted: Job, *, travel: Travel = TRAVEL) -> Reservation:
        return scheduling.reserve(order_id=order_id, worker_id=worker_id, home=HOME, job=wanted, travel=travel)

    return keep


def release(order_id: int, worker_id: int) -> None:
    scheduling.release(order_id=order_id, home_of=lambda *_: HOME, travel=TRAVEL)


def kept(order_id: int) -> Reservation:
    return Reservation.objects.get(order_id=order_id, active=True)


def test_the_kept_time_has_the_way_before_and_the_buffer_after(reserve: Reserve) -> None:
    row = reserve(1, job(at(10), north(3)))
    way = leg(HOME, north(3))
    row.refresh_from_db()
    assert row.travel_s == way.travel_s
    assert (row.starts_at, row.ends_at) == (at(10), at(11))
    assert (row.period.lower, row.period.upper) == (at(10) - timedelta(seconds=way.travel_s), at(11, 10))


def test_a_job_between_two_others_changes_the_way_of_the_one_after(reserve: Reserve) -> None:
    reserve(1, job(at(6), north(1)))
    reserve(2, job(at(14), north(2)))
    assert kept(2).travel_s == leg(north(1), north(2)).travel_s
    reserve(3, job(at(10), north(9)))
    assert kept(3).travel_s == leg(north(1), north(9)).travel_s
    assert kept(2).travel_s == leg(north(9), north(2)).travel_s
    assert (at(14) - kept(2).period.lower).total_seconds() == kept(2).travel_s


def test_both_rows_change_in_one_transaction_or_neither(reserve: Reserve) -> None:
    reserve(2, job(at(14), north(2)))
    before = kept(2).travel_s
    during = 0

    def interrupted() -> None:
        nonlocal during
        with hub.atomic():
            reserve(3, job(at(10), north(9)))
            during = kept(2).travel_s
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="the power went"):
        interrupted()
    assert during != before
    assert kept(2).travel_s == before
    assert not Reservation.objects.filter(order_id=3).exists()


def test_a_refused_job_leaves_the_way_of_the_one_after_as_it_was(reserve: Reserve) -> None:
    reserve(1, job(at(9), HOME))
    reserve(2, job(at(14), north(2)))
    before = kept(2).travel_s
    with pytest.raises(DoorbellError, match="slot_taken"):
        reserve(3, job(at(9, 30), north(9)))
    assert kept(2).travel_s == before


def test_release_gives_the_one_after_its_way_back(reserve: Reserve, worker_id: int) -> None:
    reserve(1, job(at(6), north(1)))
    reserve(2, job(at(14), north(2)))
    reserve(3, job(at(10), north(9)))
    release(3, worker_id)
    assert kept(2).travel_s == leg(north(1), north(2)).travel_s
    release(1, worker_id)
    assert kept(2).travel_s == leg(HOME, north(2)).travel_s
    assert (at(14) - kept(2).period.lower).total_seconds() == kept(2).travel_s


def test_a_released_time_can_be_kept_again(reserve: Reserve, worker_id: int) -> None:
    reserve(1, job(at(10)))
    release(1, worker_id)
    assert selectors.holder_of(1) is None
    reserve(2, job(at(10)))
    assert selectors.holder_of(2) == worker_id


def test_releasing_what_is_not_kept_does_nothing(reserve: Reserve, worker_id: int) -> None:
    reserve(1, job(at(10)))
    release(99, worker_id)
    release(1, worker_id)
    release(1, worker_id)
    assert not Reservation.objects.filter(active=True).exists()


def test_the_same_time_is_taken(reserve: Reserve) -> None:
    reserve(1, job(at(10)))
    with pytest.raises(DoorbellError, match="slot_taken"):
        reserve(2, job(at(10)))


def test_the_buffer_and_the_way_are_taken_too(reserve: Reserve) -> None:
    reserve(1, job(at(10)))
    with pytest.raises(DoorbellError, match="slot_taken"):
        reserve(2, job(at(11, 9)))
    with pytest.raises(DoorbellError, match="slot_taken"):
        reserve(2, job(at(11, 19), north(6)))  # ten minutes' way from the first one, free at 11:10
    with pytest.raises(DoorbellError, match="slot_taken"):
        reserve(2, job(at(8, 51)))  # its own buffer ends at 10:01
    reserve(2, job(at(11, 10)))


def test_a_job_that_makes_the_next_one_unreachable_is_refused(reserve: Reserve) -> None:
    reserve(1, job(at(12)))
    with pytest.raises(DoorbellError, match="slot_taken"):
        reserve(2, job(at(10, 45), north(6)))  # over at 11:45, buffer till 11:55, ten minutes away


def test_the_start_is_the_place_that_fit_had_counted_with(reserve: Reserve, worker_id: int) -> None:
    # A job three days before is not where he comes from that morning: he has been home.
    before = at(10).replace(day=11)
    reserve(1, job(before, north(15)))
    assert reserve(2, job(at(10), north(1))).travel_s == leg(HOME, north(1)).travel_s
    release(1, worker_id)
    assert kept(2).travel_s == leg(HOME, north(1)).travel_s


def test_the_one_after_comes_from_home_when_what_is_left_is_days_ago(reserve: Reserve, worker_id: int) -> None:
    reserve(1, job(at(4).replace(day=13), north(15)))
    reserve(2, job(at(0), north(7)))
    reserve(3, job(at(20), north(1)))
    release(2, worker_id)  # forty hours lie between the other two
    assert kept(3).travel_s == leg(HOME, north(1)).travel_s


def test_a_fault_of_ours_is_not_taken_for_a_busy_worker(reserve: Reserve) -> None:
    reserve(1, job(at(10)))
    with pytest.raises(IntegrityError, match="reservation_per_order"):
        reserve(1, job(at(15)))


@pytest.mark.django_db(transaction=True)
def test_of_many_who_want_the_same_hour_at_once_one_gets_it() -> None:
    make_city()
    worker_id = make_worker().pk
    numbers = iter(range(1, 7))

    def book() -> str:
        try:
            with hub.atomic():
                scheduling.lock_workers([worker_id])
                order_id = next(numbers)
                scheduling.reserve(order_id=order_id, worker_id=worker_id, home=HOME, job=job(at(10)), travel=TRAVEL)
        except DoorbellError as error:
            return error.code
        return "kept"

    assert sorted(at_once(6, book)) == ["kept"] + ["slot_taken"] * 5
    assert Reservation.objects.filter(active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_database_still_keeps_one() -> None:
    """The lock only makes refusals cheap and ways right: the constraint is what refuses."""
    make_city()
    worker_id = make_worker().pk
    numbers = iter(range(1, 5))

    def book() -> str:
        try:
            with hub.atomic():
                scheduling.reserve(
                    order_id=next(numbers), worker_id=worker_id, home=HOME, job=job(at(10)), travel=TRAVEL
                )
        except DoorbellError as error:
            return error.code
        return "kept"

    assert sorted(at_once(4, book)) == ["kept"] + ["slot_taken"] * 3


@pytest.mark.django_db(transaction=True)
def test_locks_are_taken_in_the_order_of_the_ids() -> None:
    turns = iter([[1, 2, 3], [3, 2, 1]] * 4)

    def lock() -> int:
        with hub.atomic():
            scheduling.lock_workers(next(turns))
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.02)")
        return 1

    assert sum(at_once(8, lock)) == 8
