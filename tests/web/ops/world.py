"""A row of everything that the back office has a page of."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Model

from tests.web.marketing.offers import cut, make_campaign, make_kind
from tests.web.orders.story import Story
from tests.web.people import (
    CITY,
    make_address,
    make_category,
    make_city,
    make_customer,
    make_service,
    make_staff,
    make_worker,
)
from web.accounts.models import AccessTrace, Customer, Staff, StaffAction, User
from web.accounts.services import record_staff_action
from web.catalog import services as catalog
from web.catalog.content import AddOn, Choice, Option, Question
from web.catalog.home import layouts, seasons
from web.catalog.home.parts import Notice, Part
from web.catalog.models import (
    Category,
    City,
    HomeLayout,
    Need,
    PriceItem,
    Season,
    Service,
    Shelving,
    Skill,
    Synonym,
)
from web.ledger.models import Journal
from web.marketing import services as marketing
from web.marketing.models import (
    Campaign,
    Coupon,
    CouponKind,
    Exchange,
    Gift,
    PointsEntry,
    PointsRule,
    Sending,
    WhatIfRun,
)
from web.marketing.services import Draft, Offered, what_ifs
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
        Skill: Skill.objects.get(code=service.skill),
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
        Journal: Journal.objects.create(key="payment:0", kind="payment", order_id=7),
        **_of_the_home_page(),
        **_of_marketing(customer),
        Order: Story.placed(customer, service, chosen=Chosen()).order,
    }
    missing = [model.__name__ for model in admin.site._registry if model not in rows]
    assert not missing, f"no row of {missing}"
    return rows


def _of_the_home_page() -> dict[type[Model], Any]:
    part = layouts.put_part(by=None, city=CITY, part=Part(body=Notice(text="春节照常"), title="公告"))
    season = seasons.put_season(by=None, city=CITY, name="冬季", words=["取暖"], months=[1.0] * 12)
    return {HomeLayout: part.layout, Season: season}


def _of_marketing(customer: User) -> dict[type[Model], Any]:
    staff = make_staff()
    kind = make_kind(cut(1_000), city=CITY)
    draft = Draft(title="回来看看", text="送您一张券", audience={"city": CITY, "silent_for_days": 30})
    gift = marketing.put_gift(actor=staff, city=CITY, offered=Offered(name="雨伞", points=10, stock=5, on=True))
    rule = marketing.put_points_rule(actor=staff, city=CITY, data={"earn_bp": 100})
    marketing.correct_points(actor=staff, user=customer, number=100, reason="补偿", key="1")
    exchange = marketing.exchange_gift(
        user=customer, gift_id=gift.pk, points_shown=10, key="1", address_id=make_address(customer).pk
    )
    campaign = make_campaign(cut(500), city=CITY, live=False)
    return {
        Campaign: campaign,
        WhatIfRun: what_ifs.try_campaign_as_written(actor=staff, campaign_id=campaign.pk),
        CouponKind: kind,
        Coupon: marketing.grant_coupon(kind_id=kind.pk, user_id=customer.pk, why="测试", key="1"),
        Sending: marketing.put_sending(actor=staff, draft=draft),
        PointsRule: rule,
        PointsEntry: PointsEntry.objects.latest("pk"),
        Gift: gift,
        Exchange: exchange if isinstance(exchange, Exchange) else exchange[0],
    }
