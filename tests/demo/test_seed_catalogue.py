"""All services of the demo: published, on the shelf, each in its trade."""

import pytest

from web.catalog.models import Category, Service, ServiceVersion
from web.catalog.selectors import services
from web.catalog.services import put_city
from web.demo.catalogue import seed_catalogue, trades
from web.demo.terms import shortened_terms

pytestmark = pytest.mark.django_db


def test_all_services_are_sold_and_a_second_seed_publishes_nothing() -> None:
    city, terms = put_city(code="hangzhou", name="杭州", lng=120.185, lat=30.245), shortened_terms(20)
    for _ in range(2):
        seed_catalogue(20, city=city, dispatch=terms["dispatch"])
        listed = trades()
        for model, part in ((Category, "categories"), (Service, "services"), (ServiceVersion, "services")):
            assert model.objects.count() == sum(len(trade[part]) for trade in listed)
    assert not Service.objects.filter(published=None).exists()
    for trade in listed:
        top = trade["categories"][0]["slug"]
        slugs = list(services(category=top).values_list("slug", flat=True))
        assert slugs == [service["slug"] for service in trade["services"]]
