"""上架: where and when a published service is sold; and the tree that it hangs in."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from tests.web.people import (
    Api,
    body_of,
    make_address,
    make_category,
    make_city,
    make_customer,
    make_service,
    make_worker,
    refusal,
)
from web.catalog import services
from web.catalog.models import City, Service

pytestmark = pytest.mark.django_db


def found(**query: str) -> list[str]:
    return [service["slug"] for service in body_of(Api().get("/services", **query))]


def another_city() -> City:
    return services.put_city(code="suzhou", name="苏州", lng=120.58, lat=31.3)


def in_one_city() -> Service:
    """Sold in Hangzhou alone."""
    make_city()
    make_worker(skills=["cleaning"])
    service = make_service()
    services.put_on_shelf(service=service, cities=[City.objects.get(code="hangzhou")])
    return service


def test_a_city_sells_what_is_on_its_shelf() -> None:
    service = in_one_city()
    make_worker(skills=["cleaning"], city=another_city().code)
    assert found(city="hangzhou") == [service.slug]
    assert found(city="suzhou") == []
    services.put_on_shelf(service=service)
    assert found(city="suzhou") == [service.slug]


def test_what_another_city_sells_is_not_served_here() -> None:
    service, customer = in_one_city(), make_customer()
    services.put_on_shelf(service=service, cities=[another_city()])
    asked = {"service_id": service.pk, "address_id": make_address(customer).pk}
    assert refusal(Api(customer).post("/quotes", asked)) == (409, "not_served_here")
    slots = Api(customer).get(f"/services/{service.pk}/slots", address_id=asked["address_id"], day="2026-11-24")
    assert refusal(slots) == (409, "not_served_here")


def test_it_is_sold_from_then_until_then() -> None:
    service, now = make_service(), timezone.now()
    hour = timedelta(hours=1)
    for from_at, until_at, sold in (
        (now - hour, None, True),
        (now - hour, now + hour, True),
        (now + hour, None, False),
        (now - 2 * hour, now - hour, False),
    ):
        services.put_on_shelf(service=service, from_at=from_at, until_at=until_at)
        assert bool(found()) is sold


def test_a_shelving_has_time() -> None:
    now = timezone.now()
    with pytest.raises(IntegrityError, match="shelving_has_time"):
        services.put_on_shelf(service=make_service(), from_at=now, until_at=now)


def test_a_category_has_all_that_is_below_it() -> None:
    top = make_category()
    below = services.put_category(slug="windows", name="玻璃", parent=top)
    lowest = services.put_category(slug="outside", name="外窗", parent=below)
    one = make_service("daily")
    for slug, category in (("glass", below), ("facade", lowest)):
        assert one.published is not None
        services.put_service(slug=slug, category=category, sold=one.published.sold)
    assert found(category=top.slug) == ["daily", "glass", "facade"]
    assert found(category="windows") == ["glass", "facade"]
    assert found(category="outside") == ["facade"]
    assert [one["parent"] for one in body_of(Api().get("/categories"))] == [None, "cleaning", "windows"]


def test_what_is_hot_is_hot_where_it_is_said() -> None:
    service = in_one_city()
    services.put_on_shelf(service=service, cities=[City.objects.get(code="hangzhou")], hot=True)
    make_service("plain")
    assert [(card["slug"], card["hot"]) for card in body_of(Api().get("/services", city="hangzhou"))] == [
        (service.slug, True),
        ("plain", False),
    ]
    assert found(city="hangzhou", hot="true") == [service.slug]
    assert found(city="suzhou", hot="true") == []


def test_a_list_comes_in_parts() -> None:
    for number in range(3):
        make_service(f"service-{number}", position=number)
    assert found(limit="2") == ["service-0", "service-1"]
    assert found(limit="2", offset="2") == ["service-2"]
    for wrong in ({"limit": "0"}, {"limit": "51"}, {"offset": "-1"}):
        assert refusal(Api().get("/services", **wrong)) == (422, "invalid_request")
