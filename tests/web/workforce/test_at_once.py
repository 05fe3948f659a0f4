"""What waits for a worker's row, and what must not: two transactions that would wait for each other."""

from threading import Event, Thread

import pytest
from django.db import connection

import hub
from tests.web.people import make_city, make_worker
from web.workforce import services
from web.workforce.models import PointsEntry

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_tells_of_a_worker_keeps_nobody_from_pointing_at_him() -> None:
    """A step takes points: its row is checked at its commit, when it has the heads of its topics. Were it to wait then
    for somebody who holds the worker's row and wants one of those heads, neither would come to an end.
    """
    make_city()
    worker_id = make_worker(on_duty=True).pk
    told, done = Event(), Event()

    def take_points() -> None:
        told.wait(10)
        services.take_points(worker_id=worker_id, order_id=1, rule="no_show", points=2)
        connection.close()
        done.set()

    taking = Thread(target=take_points)
    taking.start()
    with hub.atomic():
        services.publish_worker(worker_id=worker_id)
        told.set()
        waited = not done.wait(1.5)
    taking.join()
    assert not waited
    assert PointsEntry.objects.count() == 1
