"""What a price depends on beside the choice: who comes from nearest, and what kind of day it is."""

from datetime import timedelta
from typing import Any

import pytest

from tests.web.orders.story import Story, booking_of, terms, tomorrow
from tests.web.people import CENTRE, Api, body_of, make_address, make_city, make_customer, make_service, make_worker
from web.accounts import ties
from web.accounts.models import Address
from web.catalog.models import Service
from web.errors import DoorbellError
from web.ledger.checking import disagreements
from web.orders.models import Proposal
from web.orders.policies import Travel
from web.orders.quoting import price_today, quote
from web.orders.selectors import policies_for
from web.scheduling.distances import distances_to
from web.scheduling.routing import Place
from web.workforce import planning
from web.workforce.models import Holiday
from web.workforce.plan import day_of
from web.workforce.planning import PlanChange, Start
from workflows.transitions import Role

pytestmark = pytest.mark.django_db

BY_WAY = {"free_m": 3_000, "km_fen": 200}
KM_LNG = 0.0104
"""Degrees: a kilometre east, in Hangzhou."""


def east(km: float) -> tuple[float, float]:
    return CENTRE[0] + km * KM_LNG, CENTRE[1]


@pytest.fixture
def at_home() -> tuple[Address, Service]:
    make_city()
    terms("pricing", visit_fee=BY_WAY)
    return make_address(make_customer()), make_service()


def asked(at_home: tuple[Address, Service], **wanted: Any) -> dict[str, Any]:
    address, service = at_home
    body = {"service_id": service.pk, "address_id": address.pk, "starts_at": tomorrow().isoformat()}
    quote: dict[str, Any] = body_of(Api(address.user).post("/quotes", body | wanted))
    return quote


def way_of(quote: dict[str, Any]) -> int:
    return sum(line["amount_fen"] for line in quote["lines"] if line["rule"] == "visit_fee:way")


def test_the_nearest_who_can_do_it_makes_the_price(at_home: tuple[Address, Service]) -> None:
    make_worker(home=east(10))
    far = way_of(asked(at_home))
    assert 2_000 <= far <= 2_600  # ten kilometres, a third more along the streets, three of them free
    make_worker(home=east(6))
    near = way_of(asked(at_home))
    assert 800 <= near <= 1_400
    make_worker(home=east(0), skills=["massage"])
    triangle = [[120.0, 30.1], [120.1, 30.1], [120.1, 30.2], [120.0, 30.1]]
    make_worker(home=CENTRE, area={"type": "Polygon", "coordinates": [triangle]})
    assert way_of(asked(at_home)) == near
    make_worker(home=east(0))
    assert way_of(asked(at_home)) == 0


def test_who_is_blocked_is_not_the_nearest(at_home: tuple[Address, Service]) -> None:
    near = make_worker(home=CENTRE)
    make_worker(home=east(8))
    assert way_of(asked(at_home)) == 0
    ties.put_tie(customer_id=at_home[0].user_id, worker_id=near.pk, by=Role.CUSTOMER, kind="blocked")
    assert way_of(asked(at_home)) > 0


def test_he_comes_from_where_that_weekday_begins(at_home: tuple[Address, Service]) -> None:
    worker = make_worker(home=east(8))
    elsewhere = Start("女儿家", *CENTRE, (day_of(tomorrow()).weekday(),))
    planning.change_plan(worker_id=worker.pk, change=PlanChange(bases=[elsewhere]))
    assert way_of(asked(at_home)) == 0
    assert way_of(asked(at_home, starts_at=(tomorrow() + timedelta(days=1)).isoformat())) > 0


def test_where_nobody_comes_nothing_is_added(at_home: tuple[Address, Service]) -> None:
    assert asked(at_home)["total_fen"] == 10_900


def test_no_door_can_be_found_by_asking_from_many_addresses() -> None:
    make_city()
    here, beside = (make_worker(home=home) for home in (CENTRE, (CENTRE[0] + 0.0004, CENTRE[1] + 0.0004)))
    for step in range(40):
        place = Place(CENTRE[0] + step * 0.001, CENTRE[1] - step * 0.001)
        day = day_of(tomorrow())
        found = distances_to(place, city="hangzhou", skill="cleaning", day=day, travel=Travel())
        assert found[here.pk] == found[beside.pk]


def test_what_is_quoted_is_what_is_booked_and_stays_whoever_comes(at_home: tuple[Address, Service]) -> None:
    address, service = at_home
    near = make_worker(home=east(6), on_duty=True)
    quote = asked(at_home)
    far = make_worker(home=east(12), on_duty=True)
    story = Story.placed(address.user, service, address=address, quoted_fen=quote["total_fen"])
    assert [line.amount_fen for line in story.order.lines.all()] == [one["amount_fen"] for one in quote["lines"]]
    story.pay().offer()
    while story.offered.worker_id == near.pk:
        story.refuse().offer()
    story.accept()
    assert (story.order.worker_id, story.order.total_fen) == (far.pk, quote["total_fen"])


def test_a_nearer_one_who_came_meanwhile_is_another_price(at_home: tuple[Address, Service]) -> None:
    address, service = at_home
    make_worker(home=east(8))
    quoted_fen = asked(at_home)["total_fen"]
    make_worker(home=CENTRE)
    with pytest.raises(DoorbellError, match="price_changed"):
        Story.placed(address.user, service, address=address, quoted_fen=quoted_fen)


def test_an_address_that_is_farther_costs_the_difference_and_a_nearer_one_gives_it_back(
    at_home: tuple[Address, Service],
) -> None:
    address, service = at_home
    make_worker(home=east(6), on_duty=True)
    story = Story.placed(address.user, service, address=address).accepted()
    total_fen = story.order.total_fen
    lng, lat = east(-2)
    farther = make_address(address.user, lng=lng, lat=lat)
    quote = body_of(Api(address.user).get(f"/orders/{story.id}/quote", address_id=farther.pk))
    assert quote["total_fen"] > total_fen
    assert story.change_address(farther).outcome.done
    assert Proposal.objects.get(order_id=story.id).amount_fen == quote["total_fen"] - total_fen
    story.pay_extra()
    assert story.order.total_fen == quote["total_fen"]
    lng, lat = east(6)
    assert story.change_address(make_address(address.user, lng=lng, lat=lat)).outcome.done
    assert story.order.total_fen == sum(line.amount_fen for line in story.order.lines.all()) == 10_900
    assert story.order.refund_fen == quote["total_fen"] - 10_900
    assert not disagreements()


def test_what_its_hour_cost_stays_with_a_visit_that_goes_elsewhere(at_home: tuple[Address, Service]) -> None:
    address, service = at_home
    hour = (tomorrow().hour + 8) % 24
    night = {"from_s": hour * 3_600, "until_s": (hour + 1) * 3_600, "fee_fen": 1_500}
    terms("pricing", visit_fee={**BY_WAY, "night": night})
    make_worker(home=CENTRE, on_duty=True)
    story = Story.placed(address.user, service, address=address)
    assert story.order.total_fen == 12_400
    terms("pricing", visit_fee={**BY_WAY, "night": {**night, "fee_fen": 9_000}})
    assert price_today(story.order).total_fen == 12_400


def test_a_day_off_of_the_table_costs_more_and_a_workday_of_it_does_not(at_home: tuple[Address, Service]) -> None:
    day = day_of(tomorrow())
    terms("pricing", surcharges=[{"key": "holiday", "name": "节假日加价", "days": "holidays", "share_bp": 3_000}])
    make_worker()
    assert asked(at_home)["total_fen"] == 10_900
    planning.put_holiday(day=day, name="调休", kind=Holiday.WORK)
    assert asked(at_home)["total_fen"] == 10_900
    planning.put_holiday(day=day, name="春节", kind=Holiday.OFF)
    assert asked(at_home)["total_fen"] == 10_900 + 2_970
    assert asked(at_home, starts_at=None)["total_fen"] == 10_900
    address, service = at_home
    order = Story.placed(address.user, service, address=address, quoted_fen=13_870).order
    planning.remove_holiday(day=day)
    # It was one when it was booked.
    assert price_today(order).total_fen == 13_870


def test_terms_that_know_no_way_and_no_holidays_ask_for_neither(
    at_home: tuple[Address, Service], django_assert_num_queries: Any
) -> None:
    terms("pricing", visit_fee={"base_fen": 500})
    address, service = at_home
    make_worker()
    booking = booking_of(service, address)
    policies = policies_for(city=address.city, service_id=service.pk)
    with django_assert_num_queries(0):
        assert quote(booking.wish_of(address.user), policies).total_fen == 10_400
