"""Who has not signed in sees times and prices at a place: he is asked who he is when he books, and no sooner."""

from typing import Any

import pytest
from limits import parse

from tests.web.orders.story import tomorrow
from tests.web.people import (
    CENTRE,
    CITY,
    Api,
    body_of,
    make_address,
    make_city,
    make_customer,
    make_service,
    make_worker,
    refusal,
)
from web.accounts.models import Tie, User
from web.catalog.models import Service
from web.orders.api import booking

pytestmark = pytest.mark.django_db

SPOT: dict[str, Any] = {"city": CITY, "lng": CENTRE[0], "lat": CENTRE[1]}


@pytest.fixture
def service() -> Service:
    make_city()
    make_worker(on_duty=True)
    return make_service()


def slots(service: Service, by: User | None = None, **where: Any) -> Any:
    return Api(by).get(f"/services/{service.pk}/slots", day=tomorrow().date().isoformat(), **where)


def quoted(service: Service, by: User | None = None, **more: Any) -> Any:
    return Api(by).post("/quotes", {"service_id": service.pk, "starts_at": tomorrow().isoformat()} | more)


def test_a_stranger_sees_the_times_and_the_price_that_one_with_an_address_there_sees(service: Service) -> None:
    customer = make_customer()
    there = make_address(customer).pk
    assert body_of(slots(service, **SPOT))["slots"]
    assert body_of(slots(service, **SPOT)) == body_of(slots(service, customer, address_id=there))
    price = body_of(quoted(service, spot=SPOT))
    assert price["total_fen"] > 0
    assert (price["coupons"], price["best_coupon_id"], price["points"]) == ([], None, None)
    assert price["lines"] == body_of(quoted(service, customer, address_id=there))["lines"]


def test_one_who_has_signed_in_may_look_at_a_place_too_without_those_he_is_never_matched_with(service: Service) -> None:
    customer, worker = make_customer(), User.objects.get(role="worker")
    assert body_of(slots(service, customer, **SPOT))["slots"]
    Tie.objects.create(customer=customer, worker=worker, kind=Tie.BLOCKED_BY_WORKER)
    assert body_of(slots(service, customer, **SPOT))["slots"] == []


def test_an_address_is_its_owners(service: Service) -> None:
    there = make_address(make_customer()).pk
    for by, refused in ((None, (401, "unauthenticated")), (make_customer(), (404, "not_found"))):
        assert refusal(slots(service, by, address_id=there)) == refused
        assert refusal(quoted(service, by, address_id=there)) == refused


def test_it_is_at_an_address_or_at_a_place(service: Service) -> None:
    customer = make_customer()
    there = make_address(customer).pk
    for where in ({}, {"address_id": there, "spot": SPOT}):
        assert refusal(quoted(service, customer, **where)) == (422, "invalid_request")
    for query in ({}, {"city": CITY, "lng": CENTRE[0]}, {"address_id": there, **SPOT}):
        assert refusal(slots(service, customer, **query)) == (422, "invalid_request")


def test_a_city_that_is_none_is_not_served(service: Service) -> None:
    nowhere = SPOT | {"city": "atlantis"}
    assert refusal(slots(service, **nowhere)) == (409, "not_served_here")
    assert refusal(quoted(service, spot=nowhere)) == (409, "not_served_here")


@pytest.mark.parametrize("own", [{"coupon_id": 1}, {"points": 100}])
def test_what_is_somebodys_own_needs_somebody(service: Service, own: dict[str, Any]) -> None:
    assert refusal(quoted(service, spot=SPOT, **own)) == (401, "unauthenticated")


def test_it_is_for_customers_and_strangers(service: Service) -> None:
    worker = User.objects.get(role="worker")
    assert refusal(slots(service, worker, **SPOT)) == (403, "forbidden")
    assert refusal(quoted(service, worker, spot=SPOT)) == (403, "forbidden")


def test_strangers_have_a_limit(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booking.STRANGERS, "items", [parse("2/minute")])
    for asker, last in ((Api(), 429), (Api(make_customer()), 200)):
        body = {"service_id": service.pk, "spot": SPOT}
        assert [asker.post("/quotes", body).status_code for _ in range(3)] == [200, 200, last]
