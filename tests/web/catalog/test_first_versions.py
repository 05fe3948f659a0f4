"""Migrations from before there were versions: what was sold and what was bought stays what it was."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tests.web.people import make_city, make_customer
from web.catalog.models import Service
from web.catalog.selectors import services
from web.orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("catalog", "0002_price_list"), ("orders", "0014_moves_at_index")]


@pytest.fixture
def before() -> Iterator[Any]:
    """The apps as they were; afterwards all migrations are made again."""
    try:
        yield _migrate(BEFORE).loader.project_state(BEFORE).apps
    finally:
        _migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def _migrate(targets: Any) -> MigrationExecutor:
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection)


def test_what_was_on_the_shelf_is_version_one_and_orders_have_bought_it(before: Any) -> None:
    model = before.get_model
    category = model("catalog", "Category").objects.create(slug="cleaning", name="保洁")
    plain = {"category": category, "introduction": "全屋", "skill": "cleaning", "price_fen": 9_900, "duration_s": 7_200}
    sold = model("catalog", "Service").objects.create(slug="daily", name="日常保洁", visit_fee_fen=1_000, **plain)
    model("catalog", "Service").objects.create(slug="gone", name="下架了的", on_shelf=False, **plain)
    model("catalog", "ServiceStep").objects.create(service=sold, position=1, name="铺鞋套", standard="进门先铺")
    item = model("catalog", "PriceItem").objects.create(
        service=sold, position=1, name="擦冰箱", unit="台", price_fen=3_000, max_quantity=2
    )
    make_city()
    order = model("orders", "Order").objects.create(
        customer_id=make_customer().pk,
        service=sold,
        service_name=sold.name,
        city="hangzhou",
        starts_at=timezone.now(),
        duration_s=7_200,
        contact_name="李女士",
        contact_phone="+8613800138000",
        place="文三路 100 号",
        district="西湖区",
        start_code="1234",
        lng=120.15,
        lat=30.27,
        total_fen=10_900,
        policies={},
        key="old",
        body_hash="",
    )

    _migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())

    assert [service.slug for service in services()] == ["daily"]
    bought = Order.objects.get(pk=order.pk)
    assert bought.service_version == Service.objects.get(slug="daily").published
    assert (bought.staff, bought.chosen) == (1, {})
    content = bought.bought
    assert (content.name, content.price_fen, content.visit_fee_fen) == ("日常保洁", 9_900, 1_000)
    assert [step.standard for step in content.steps] == ["进门先铺"]
    assert [(one.key, one.item_id) for one in content.add_ons] == [("item-1", item.pk)]
    assert content.faults() == []
