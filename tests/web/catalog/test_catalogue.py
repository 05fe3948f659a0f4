"""What is sold: readable by anybody, written by the seed any number of times."""

from typing import Any

import pytest
from django.contrib.staticfiles import finders

from tests.web.people import Api, body_of, make_category, make_city, make_service, make_worker, refusal
from web.catalog import selectors, services
from web.catalog.content import AddOn, Content, Step
from web.catalog.models import Service, ServiceStep

pytestmark = pytest.mark.django_db


def test_cities_and_categories_come_in_the_operators_order() -> None:
    make_city()
    services.put_category(slug="repair", name="维修", position=2)
    services.put_category(slug="cleaning", name="保洁", icon="catalog/categories/cleaning.svg", position=1)
    assert body_of(Api().get("/cities")) == [{"code": "hangzhou", "name": "杭州", "lng": 120.15, "lat": 30.27}]
    assert body_of(Api().get("/categories")) == [
        {
            "slug": "cleaning",
            "name": "保洁",
            "icon": "/static/catalog/categories/cleaning.svg",
            "icon_sizes": {},
            "parent": None,
        },
        {"slug": "repair", "name": "维修", "icon": None, "icon_sizes": {}, "parent": None},
    ]


def test_a_service_shows_its_photo_its_price_and_its_steps() -> None:
    listed = [AddOn("fridge", "擦冰箱", "台", 3_000, 2, condition="内部有污渍时")]
    service = make_service(photo="catalog/services/daily-cleaning.svg", add_ons=listed)
    item = service.price_list.get()
    assert body_of(Api().get(f"/services/{service.pk}")) == {
        "id": service.pk,
        "slug": "daily-cleaning",
        "category": "cleaning",
        "name": "日常保洁",
        "introduction": "两小时全屋保洁",
        "photo": "/static/catalog/services/daily-cleaning.svg",
        "photo_sizes": {},
        "price_fen": 9900,
        "lowest_fen": 9900,
        "visit_fee_fen": 1000,
        "duration_s": 7200,
        "tags": [],
        "hot": False,
        "version": 1,
        "staff": 1,
        "certificates": [],
        "included": [],
        "excluded": [],
        "questions": [],
        "options": [],
        "steps": [
            {"position": 1, "name": "铺鞋套", "standard": "进门先铺"},
            {"position": 2, "name": "清洁厨房", "standard": ""},
        ],
        "price_list": [
            {
                "id": item.pk,
                "name": "擦冰箱",
                "unit": "台",
                "price_fen": 3000,
                "max_quantity": 2,
                "extra_s": 0,
                "condition": "内部有污渍时",
            }
        ],
    }
    assert finders.find("catalog/services/daily-cleaning.svg")


def found(**query: str) -> list[str]:
    return [service["slug"] for service in body_of(Api().get("/services", **query))]


def test_services_are_found_by_category() -> None:
    make_service("daily")
    make_service("windows", name="玻璃清洁", introduction="内外两面")
    services.put_service(
        slug="tap",
        category=make_category("repair", "维修"),
        sold=Content("修水龙头", "换芯", "plumbing", price_fen=5000, duration_s=3600),
    )
    assert found() == ["daily", "windows", "tap"]
    assert found(category="cleaning") == ["daily", "windows"]
    assert found(category="nothing") == []


def test_a_city_offers_what_somebody_there_can_do() -> None:
    make_service("daily", skill="cleaning")
    make_service("massage", skill="massage")
    make_worker(skills=["cleaning"])
    assert found(city="hangzhou") == ["daily"]
    assert found(city="shanghai") == []


def test_what_is_off_the_shelf_is_not_there() -> None:
    service = make_service(on_shelf=False)
    assert found() == []
    assert refusal(Api().get(f"/services/{service.pk}")) == (404, "not_found")
    assert refusal(Api().get("/services/999999")) == (404, "not_found")


def test_a_query_that_is_no_slug_is_refused() -> None:
    for query in ({"category": "a'b"}, {"city": "%00"}, {"q": "x"}):
        assert refusal(Api().get("/services", **query)) == (422, "invalid_request")


def test_the_seed_may_run_again() -> None:
    first = make_service()
    again = make_service(name="新名字", steps=[Step("只有一步")])
    assert again.pk == first.pk
    assert (Service.objects.count(), ServiceStep.objects.count()) == (1, 1)
    assert body_of(Api().get(f"/services/{first.pk}"))["name"] == "新名字"
    make_city()
    make_city()
    assert len(body_of(Api().get("/cities"))) == 1


def test_a_category_is_told_with_all_above_it(django_assert_num_queries: Any) -> None:
    trade = services.put_category(slug="house", name="家政")
    part = services.put_category(slug="cleaning", name="保洁", parent=trade)
    leaf = services.put_category(slug="windows", name="擦窗", parent=part)
    with django_assert_num_queries(1):
        upwards = selectors.categories_upwards()
    assert upwards == {trade.pk: [trade], part.pk: [part, trade], leaf.pk: [leaf, part, trade]}
    assert selectors.category_paths()[leaf.pk] == ("家政", "保洁", "擦窗")
    assert selectors.slugs_up_from(leaf) == [one.slug for one in upwards[leaf.pk]]
