"""The database itself refuses a double booking, whoever writes."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests.web.people import make_city, make_worker
from tests.web.scheduling.days import at

pytestmark = pytest.mark.django_db

INSERT = """
INSERT INTO scheduling_reservation
    (worker_id, order_id, starts_at, ends_at, travel_s, buffer_s, period, lng, lat, active)
VALUES (%s, %s, %s, %s, 0, 0, tstzrange(%s, %s, '[)'), 120, 30, %s)
"""


@pytest.fixture
def workers() -> tuple[int, int]:
    make_city()
    return make_worker().pk, make_worker().pk


def insert(worker_id: int, order_id: int, start: datetime, *, minutes: int = 60, active: bool = True) -> None:
    end = start + timedelta(minutes=minutes)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, [worker_id, order_id, start, end, start, end, active])


@pytest.mark.parametrize(
    ("start", "minutes"), [(at(10), 60), (at(9, 30), 60), (at(10, 59, 59), 60), (at(10, 20), 10), (at(9), 180)]
)
def test_raw_sql_cannot_overlap(workers: tuple[int, int], start: datetime, minutes: int) -> None:
    insert(workers[0], 1, at(10))
    with pytest.raises(IntegrityError, match="reservation_no_overlap"):
        insert(workers[0], 2, start, minutes=minutes)


def test_what_only_touches_fits(workers: tuple[int, int]) -> None:
    insert(workers[0], 1, at(10))
    insert(workers[0], 2, at(11))
    insert(workers[0], 3, at(9))


def test_two_workers_may_work_at_the_same_time(workers: tuple[int, int]) -> None:
    insert(workers[0], 1, at(10))
    insert(workers[1], 2, at(10))


def test_a_freed_time_blocks_nobody(workers: tuple[int, int]) -> None:
    insert(workers[0], 1, at(10), active=False)
    insert(workers[0], 2, at(10))


def test_moving_a_kept_time_onto_another_is_refused_too(workers: tuple[int, int]) -> None:
    insert(workers[0], 1, at(10))
    insert(workers[0], 2, at(12))
    move = "UPDATE scheduling_reservation SET period = tstzrange(%s, %s) WHERE order_id = 2"
    with (
        pytest.raises(IntegrityError, match="reservation_no_overlap"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(move, [at(10), at(11)])


def test_an_order_keeps_one_time_only(workers: tuple[int, int]) -> None:
    insert(workers[0], 1, at(10))
    with pytest.raises(IntegrityError, match="reservation_per_order"):
        insert(workers[1], 1, at(10))
