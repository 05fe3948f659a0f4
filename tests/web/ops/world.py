"""A row of everything that the back office has a page of."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Model

from tests.web.orders.story import Story
from tests.web.people import CITY, make_category, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import AccessTrace, Customer, Staff, StaffAction
from web.accounts.services import record_staff_action
from web.catalog import services as catalog
from web.catalog.content import AddOn, Choice, Option, Question
from web.catalog.models import Category, City, Need, PriceItem, Service, Shelving, Synonym
from web.ledger.models import Journal
from web.orders.models import Order, Policy
from web.orders.pricing import Chosen
from web.orders.services.terms import put_policy
from web.workforce import planning
from web.workforce.models import Holiday, Worker


def furnished() -> dict[type[Model], Any]:
    """By model. What belongs to a city is of CITY."""
    city = make_city()
    service = make_service(
        options=(Option("rooms", "房间", choices=(Choice("two", "两居", 1_000),)),),
        add_ons=(AddOn("oven", "烤箱清洁", "台", 5_000, 2),),
        questions=(Question("要在家吗", "可以不在"),),
    )
    worker, customer = make_worker(), make_customer()
    rows: dict[type[Model], Any] = {
        City: city,
        Category: make_category(),
        Service: service,
        PriceItem: service.price_list.get(),
        Shelving: catalog.shelve(service=service, city=city, hot=True),
        Synonym: catalog.put_synonym(words=["空调", "冷气"]),
        Need: catalog.put_need(phrase="水龙头滴水", words=["维修"]),
        Holiday: planning.put_holiday(day=date(2027, 1, 1), name="元旦", kind=Holiday.OFF),
        Worker: worker,
        Policy: put_policy(kind="tipping", data={"min_fen": 200}, city=CITY),
        Staff: Staff.objects.get(pk=make_staff(city=CITY).pk),
        Customer: Customer.objects.get(pk=customer.pk),
        StaffAction: record_staff_action(
            actor=make_staff(city=CITY), action=StaffAction.HUB_READ, target="topic:order:7", reason="试试"
        ),
        AccessTrace: AccessTrace.objects.create(staff=make_staff(city=CITY), order_id=7),
        Journal: Journal.objects.create(key="payment:7", kind="payment", order_id=7),
        Order: Story.placed(customer, service, chosen=Chosen()).order,
    }
    missing = [model.__name__ for model in admin.site._registry if model not in rows]
    assert not missing, f"no row of {missing}"
    return rows
