"""Vendors are asked before a calendar is made, and everybody then counts with what they said."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.web.people import CITY, make_city, make_worker
from tests.web.scheduling.days import HOME, TRAVEL, at, job, north
from tests.web.scheduling.vendors_standin import KEY, SK, Vendors, vendors
from web.orders.policies import Booking, Policies
from web.orders.ranking import Wanted, rank
from web.scheduling import services as scheduling
from web.scheduling.learning import learn_ways
from web.scheduling.models import Reservation, Way
from web.scheduling.routing import Place, cell_of, centre_of, configured
from web.scheduling.routing.tencent import Tencent
from web.scheduling.selectors import free_slots
from web.scheduling.ways import router_near
from web.workforce.models import HomeBase, Worker
from web.workforce.selectors import workers_in

pytestmark = pytest.mark.django_db

WEDNESDAY = date(2031, 5, 14)
DOOR = north(3)


@pytest.fixture(autouse=True)
def the_eve() -> Iterator[None]:
    with time_machine.travel(at(0) - timedelta(hours=12), tick=False):
        yield


@pytest.fixture
def tencent(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    """It is set up, and says that every way takes a hundred seconds for each start's place in line."""
    monkeypatch.setattr(Tencent, "name", f"t-{uuid4().hex[:16]}")
    configured._vendors.cache_clear()
    make_city()
    with vendors() as standin:
        settings.TENCENT_MAP_KEY, settings.TENCENT_MAP_SK, settings.TENCENT_MAP_API = KEY, SK, standin.address
        yield standin


def learn(place: Place = DOOR, day: date = WEDNESDAY) -> int:
    return learn_ways(city=CITY, skill="cleaning", place=place, day=day)


def keep(worker: Worker, starts_at: datetime, place: Place, *, order_id: int = 1) -> Reservation:
    return scheduling.reserve(
        order_id=order_id, worker_id=worker.pk, home=HOME, job=job(starts_at, place), travel=TRAVEL
    )


def test_without_a_vendor_nothing_is_read_and_nobody_asked() -> None:
    make_city()
    make_worker()
    with CaptureQueriesContext(connection) as queries:
        assert learn() == 0
        assert router_near(DOOR, travel=TRAVEL).known == {}
    assert len(queries) == 0


def test_the_ways_from_homes_and_jobs_and_on_to_jobs_are_learnt(tencent: Vendors) -> None:
    worker = make_worker()
    make_worker(skills=["massage"], home=north(1))
    keep(worker, at(4), north(5))
    assert learn() == 3
    known = set(Way.objects.values_list("start", "end"))
    home, there, door = cell_of(HOME), cell_of(north(5)), cell_of(DOOR)
    assert known == {(home, door), (there, door), (door, there)}
    assert tencent.pairs == 3


def test_the_way_is_from_where_that_weekday_begins(tencent: Vendors) -> None:
    worker = make_worker()
    HomeBase.objects.create(worker=worker, name="公司", lng=north(7).lng, lat=north(7).lat, weekdays=[2])
    assert learn() == 1
    assert Way.objects.get().start == cell_of(north(7))
    assert learn(day=WEDNESDAY + timedelta(days=1)) == 1
    assert Way.objects.filter(start=cell_of(HOME)).exists()


@pytest.mark.django_db(transaction=True)
def test_a_calendar_that_asks_reads_no_worker_anew(tencent: Vendors) -> None:
    for _ in range(3):
        make_worker()
    learn()
    with CaptureQueriesContext(connection) as queries:
        assert learn() == 0
    # The roster's own question, who has changed, is not Django's and has no quotes.
    assert not [query["sql"] for query in queries if '"workforce_' in query["sql"]]


def test_calendar_ranking_and_reservation_count_with_what_was_said(tencent: Vendors) -> None:
    worker = make_worker()
    keep(worker, at(4), north(5))  # noon in Shanghai, free again at 13:10
    learn()
    Way.objects.update(travel_s=3000)  # fifty minutes; by the estimate it is three and a half
    policies = Policies(booking=Booking(slot_step_s=600, min_notice_s=0, buffer_s=600), travel=TRAVEL)
    slots = free_slots(city=CITY, skill="cleaning", place=DOOR, day=WEDNESDAY, duration_s=3600, policies=policies)
    after = [slot.starts_at for slot in slots if slot.starts_at > at(4)]
    assert after[0] == at(6)  # 14:00
    wanted = Wanted(CITY, "cleaning", job(after[0], DOOR), policies, live=False)
    [verdict] = rank(wanted, workers_in(CITY)).verdicts
    assert (verdict.reason, verdict.candidate.travel_s) == (None, 3000)
    assert keep(worker, after[0], DOOR, order_id=2).travel_s == 3000


def test_nothing_is_asked_twice_in_an_hour_and_anew_in_the_next(tencent: Vendors) -> None:
    make_worker()
    assert [learn(), learn()] == [1, 0]
    assert tencent.pairs == 1
    with time_machine.travel(at(0) - timedelta(hours=11), tick=False):
        assert learn() == 1
    assert sorted(Way.objects.values_list("hour", flat=True)) == [20, 21]


def test_what_is_a_month_old_is_asked_again(tencent: Vendors) -> None:
    make_worker()
    learn()
    Way.objects.update(known_at=at(0) - timedelta(days=32), travel_s=1)
    assert router_near(DOOR, travel=TRAVEL).known == {}
    assert learn() == 1
    assert Way.objects.get().travel_s == 100


def test_a_way_that_nobody_knows_is_not_asked_about_again_and_again(tencent: Vendors) -> None:
    make_worker()
    make_worker(home=north(1))
    keep(make_worker(home=HOME), at(4), north(5))
    there = cell_of(north(5))
    door = centre_of(cell_of(DOOR))
    tencent.without_road = {(round(door.lat, 6), round(door.lng, 6))}
    assert learn() == 4
    assert set(router_near(DOOR, travel=TRAVEL).known) == {(cell_of(DOOR), there)}  # only the way on has a road
    tencent.asked.clear()
    assert learn() == 0
    assert tencent.asked == []


def test_a_vendor_that_is_away_leaves_the_estimate(tencent: Vendors) -> None:
    make_worker()
    tencent.script = ["503"]
    assert learn() == 0
    assert router_near(DOOR, travel=TRAVEL).leg(HOME, DOOR, arriving=at(4)).by == "estimate"


def test_only_the_nearest_are_asked_about(tencent: Vendors) -> None:
    for number in range(30):
        make_worker(home=north(4 + number))
    assert learn() == 25
    assert cell_of(north(33)) not in set(Way.objects.values_list("start", flat=True))


def test_a_day_that_no_calendar_has_is_not_asked_about(tencent: Vendors) -> None:
    make_worker()
    assert [learn(day=date.min), learn(day=date.max)] == [0, 0]
    assert tencent.asked == []
