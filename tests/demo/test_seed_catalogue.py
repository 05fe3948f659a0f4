"""All services of the demo: published, on the shelf, each in its trade."""

from datetime import datetime

import pytest
from django.contrib.staticfiles import finders

from tests.web.people import make_staff, make_worker
from web.catalog.home.previewing import preview
from web.catalog.models import Category, Service, ServiceVersion
from web.catalog.selectors import services
from web.catalog.services import put_city
from web.demo.catalogue import seed_catalogue, trades
from web.demo.homepage import seed_home
from web.demo.marketing import seed_marketing
from web.demo.terms import shortened_terms
from web.times import SHANGHAI

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
    _assert_the_home_page_has_something_everywhere(city.code)


def _assert_the_home_page_has_something_everywhere(city: str) -> None:
    """Here, because hundreds of services take their time."""
    skills = {service["skill"] for trade in trades() for service in trade["services"]}
    make_worker(city=city, skills=sorted(skills))
    seed_home(city, offers=seed_marketing(city, by=make_staff()))
    drafted = preview(actor=make_staff(city=city), city=city)
    assert (drafted.faults, drafted.left_out) == ([], [])
    hot = next(part for part in drafted.parts if part.kind == "hot")
    assert len(hot.services) == 10
    for _, slides in ((part.title, part.slides) for part in drafted.parts if part.kind == "banner"):
        assert all(finders.find(slide.picture.removeprefix("/static/")) for slide in slides)
    for month in range(1, 13):
        at = datetime(2027, month, 15, 12, tzinfo=SHANGHAI)
        page = preview(actor=make_staff(city=city), city=city, at=at).parts
        (recommended,) = (part for part in page if part.kind == "recommended")
        assert len(recommended.services) == 12
        named = {reason.text for service in recommended.services for reason in service.why}
        assert all("当季" in text or text == "平台精选" for text in named)
