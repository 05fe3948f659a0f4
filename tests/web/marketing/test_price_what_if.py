"""Other prices, tried on a month: they come to what they come to where they are in force, to the fen. A
month is lived once more, in another city.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.web.marketing.offers import cut, give, make_campaign
from tests.web.marketing.test_what_if import HERE, THERE, income
from tests.web.marketing.wealth import enrich
from tests.web.orders.story import Story, booking_of, tomorrow
from tests.web.orders.test_quoting import east
from tests.web.orders.test_refunding import give as give_money
from tests.web.people import make_address, make_city, make_customer, make_service, make_staff, make_worker, sold
from tests.world.fiction import rewrite
from web.accounts.models import User
from web.catalog import services as catalog
from web.catalog.content import AddOn, Choice, Content, Option
from web.catalog.models import Service
from web.marketing import services as marketing
from web.marketing.what_if.terms import TermsWhatIf, try_prices
from web.orders import replaying, selectors
from web.orders.models import OrderEvent
from web.orders.priced_again import Prices
from web.orders.pricing import Chosen, Pricing
from web.orders.quoting import quote
from web.orders.replaying import Window
from web.orders.services.discounting import deal_for
from web.orders.services.points import paid_with
from web.orders.services.terms import put_policy
from web.orders.terms_in_force import Scope

pytestmark = pytest.mark.django_db

SIZES = (Choice("small", "小户型"), Choice("large", "大户型", price_fen=6_000, extra_s=1_800))
CONTENT: dict[str, Any] = {
    "options": (Option("size", "户型", choices=SIZES, required=True),),
    "add_ons": (AddOn("oven", "烤箱", "台", 3_000, 3),),
}
MONTH: Sequence[dict[str, Any]] = (
    {"size": "small"},
    {"size": "large", "hour": 14},
    {"size": "large", "add_ons": 2, "coupon": True, "who": 1},
    {"size": "small", "hour": 13, "who": 1, "points": 500},
    {"size": "large", "who": 2, "picked": True},
)
"""customer, time in Shanghai, what he chose, and what was taken off it."""


def make_both(*others: str) -> Service:
    """A service on the shelf of these cities, with a campaign in each, and points that pay."""
    for city in (HERE, *others):
        make_city(city)
        make_campaign(cut(1_000, at_least_fen=15_000), city=city)
    marketing.put_points_rule(actor=None, data={"spend_bp": 5_000})
    return make_service(**CONTENT)


def live(city: str, service: Service) -> list[Story]:
    """A month there, each order settled before the next is placed. The nearest worker lives 6 km away."""
    near = make_worker(on_duty=True, city=city, home=east(6))
    far = make_worker(on_duty=True, city=city, home=east(9))
    people = [make_customer() for _ in range(3)]
    stories = []
    for day, wish in enumerate(MONTH):
        who = people[wish.get("who", 0)]
        story = _placed(who, city, service, day, wish, picked_id=far.pk if wish.get("picked") else None)
        stories.append(story.settled())
    assert near.pk != far.pk
    return stories


def _placed(
    customer: User, city: str, service: Service, day: int, wish: dict[str, Any], *, picked_id: int | None
) -> Story:
    address, fields = make_address(customer, city=city), dict[str, Any](worker_id=picked_id)
    chosen = Chosen({"size": wish["size"]}, {service.price_list.get().pk: wish["add_ons"]} if "add_ons" in wish else {})
    starts_at = tomorrow(wish.get("hour", 10)) + timedelta(days=day)
    booked = booking_of(service, address, chosen=chosen, starts_at=starts_at, **fields)
    priced = quote(booked.wish_of(customer), selectors.policies_for(city=city, service_id=service.pk))
    if wish.get("coupon"):
        fields["coupon_id"] = give(customer, cut(777)).pk
    deal = deal_for(customer, booked.version, priced, city=city, coupon_id=fields.get("coupon_id"))
    if points := wish.get("points", 0):
        enrich(customer, points)
        fields["points"] = points
    total_fen = paid_with(deal.price, points, city=city).total_fen
    return Story.placed(
        customer, service, address=address, chosen=chosen, starts_at=starts_at, quoted_fen=total_fen, **fields
    )


def tried(prices: Prices, scope: Scope | None = None, actor: User | None = None) -> TermsWhatIf:
    now = timezone.now()
    window = Window(actor or make_staff(), now - timedelta(days=1), now)
    return try_prices(window, prices, scope or Scope(HERE))


def changes(reckoned: TermsWhatIf) -> dict[str, int]:
    return {
        "customers": reckoned.customers_change_fen,
        "platform": reckoned.platform_change_fen,
        "workers": reckoned.workers_change_fen,
    }


def difference(before: Sequence[Story], after: Sequence[Story]) -> dict[str, int]:
    was, is_now = income(before), income(after)
    return {name: is_now[name] - was[name] for name in was}


EVENING = {"surcharges": [{"key": "late", "name": "晚间", "from_s": 75_600, "until_s": 86_400, "share_bp": 2_000}]}
TERMS: Sequence[tuple[dict[str, Any], int]] = (
    ({}, 0),
    ({"visit_fee": {"base_fen": 0}}, 5),
    ({"visit_fee": {"free_m": 3_000, "km_fen": 300}}, 5),
    ({"visit_fee": {"free_m": 9_000, "steps": [{"until_m": 30_000, "fee_fen": 4_000}]}}, 1),
    (EVENING, 2),
    ({"visit_fee": {"km_fen": 100, "max_fen": 500, "night": {"fee_fen": 900, "from_s": 75_600, "until_s": 1}}}, 5),
)
"""What is tried, and how many orders it makes dearer or cheaper."""


def test_other_terms_come_to_what_is_reckoned_to_the_fen() -> None:
    # In the city whose month is tried nothing counts the way: its orders keep it all the same.
    service = make_both(*(f"city-{number}" for number, _ in enumerate(TERMS)))
    without = live(HERE, service)
    for number, (terms, changed) in enumerate(TERMS):
        reckoned = tried(Prices(terms=Pricing.model_validate(terms)))
        put_policy(kind="pricing", data=terms, city=f"city-{number}")
        assert (reckoned.orders, reckoned.left_out, reckoned.changed) == (len(MONTH), 0, changed), terms
        assert changes(reckoned) == difference(without, live(f"city-{number}", service)), terms


WRITTEN: Sequence[dict[str, Any]] = (
    {"price_fen": 12_900},
    {"price_fen": 4_900, "visit_fee_fen": 0},
    {"options": (replace(CONTENT["options"][0], choices=(SIZES[0], replace(SIZES[1], price_fen=0))),)},
)


def test_a_service_as_it_is_written_comes_to_what_is_reckoned_to_the_fen() -> None:
    service = make_both(*(f"city-{number}" for number, _ in enumerate(WRITTEN)))
    without, version = live(HERE, service), service.published
    assert version is not None
    for number, other in enumerate(WRITTEN):
        add_ons = tuple(replace(one, price_fen=3_333) for one in version.sold.add_ons) if number else CONTENT["add_ons"]
        fields: dict[str, Any] = {"add_ons": add_ons} | other
        written = replace(version.sold, **fields)
        catalog.write_service(slug=service.slug, category=service.category, sold=written)
        service.refresh_from_db()
        reckoned = tried(Prices(sold=catalog.drafted(service)), Scope(HERE, service.pk))
        assert tried(Prices(sold=catalog.drafted(service)), Scope(HERE, service.pk + 1)).orders == 0
        catalog.publish(service=service)
        service.refresh_from_db()
        assert (reckoned.orders, reckoned.left_out) == (len(MONTH), 0)
        assert changes(reckoned) == difference(without, live(f"city-{number}", service)), other


def test_a_month_is_read_a_page_at_a_time_and_comes_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    service = make_both()
    live(HERE, service)
    dearer = Prices(terms=Pricing.model_validate({"visit_fee": {"base_fen": 9_000}}))
    at_once = tried(dearer)
    monkeypatch.setattr(replaying, "AT_ONCE", 2)
    assert tried(dearer) == at_once
    asked = iter([False, True])
    window = Window(make_staff(), timezone.now() - timedelta(days=1), timezone.now(), has_ended=lambda: next(asked))
    with pytest.raises(replaying.Ended):
        try_prices(window, dearer, Scope(HERE))


def test_points_pay_no_more_of_a_lower_price_than_the_rules_let_them() -> None:
    service = make_both()
    stories = live(HERE, service)
    paid_fen = income(stories)["customers"]
    marketing.put_points_rule(actor=None, data={"spend_bp": 10_000})
    cheap = replace(sold(service).sold, price_fen=600, visit_fee_fen=0)
    reckoned = tried(Prices(sold=cheap), Scope(HERE, service.pk))
    # His 500 points paid a part of 10,900 fen. Of 600 no more than half, by the rules of then: he pays 300.
    assert reckoned.customers_change_fen == 600 + 6_600 + (12_600 - 777) + 300 + 6_600 - paid_fen


def test_a_visit_that_was_moved_is_priced_for_the_time_it_was_booked_for() -> None:
    service = make_both()
    story = live(HERE, service)[0]
    before = tried(Prices(terms=Pricing.model_validate(EVENING)))
    rewrite(story.id, starts_at=tomorrow(14))
    assert tried(Prices(terms=Pricing.model_validate(EVENING))) == before


def test_what_nobody_can_reckon_is_left_out_and_counted() -> None:
    service = make_both()
    moneyback, nowhere, unknown, *_ = live(HERE, service)
    by_way = Prices(terms=Pricing.model_validate({"visit_fee": {"km_fen": 100}}))
    give_money(moneyback, make_staff(), 100)
    rewrite(nowhere.id, way_m=None)
    rewrite(unknown.id, chosen={})
    reckoned = tried(by_way)
    assert (reckoned.orders, reckoned.left_out) == (2, 3)
    flat = tried(Prices(terms=Pricing.model_validate({"visit_fee": {"base_fen": 1}})))
    assert (flat.orders, flat.left_out) == (3, 2), "who counts no way need not know it"
    version = service.published
    assert version is not None
    gone: Content = replace(version.sold, options=(), add_ons=())
    assert tried(Prices(sold=gone), Scope(service_id=service.pk)).orders == 0


def test_terms_of_a_narrower_scope_would_have_stayed_in_force() -> None:
    service = make_both()
    put_policy(kind="pricing", data={"visit_fee": {"base_fen": 700}}, city=HERE)
    live(HERE, service)
    dearer = Prices(terms=Pricing.model_validate({"visit_fee": {"base_fen": 9_000}}))
    assert tried(dearer, Scope()).orders == 0, "the city has terms of its own"
    assert tried(dearer, Scope(HERE)).changed == len(MONTH)
    put_policy(kind="pricing", data={"visit_fee": {"base_fen": 800}}, service=service)
    assert tried(dearer, Scope(HERE)).changed == len(MONTH), "those of the service came after the month"
    assert tried(dearer, Scope(HERE, service.pk)).changed == len(MONTH)


def test_staff_of_another_city_try_it_on_their_own_orders_alone() -> None:
    service = make_both(THERE)
    live(HERE, service)
    dearer = Prices(terms=Pricing.model_validate({"visit_fee": {"base_fen": 9_000}}))
    assert tried(dearer, Scope(), make_staff(city=THERE)).orders == 0
    assert tried(dearer, Scope(), make_staff(city=HERE)).orders == len(MONTH)
    assert tried(dearer, Scope(), make_customer()).orders == 0


def test_nothing_is_written_by_trying() -> None:
    service = make_both()
    stories = live(HERE, service)
    before, events = income(stories), OrderEvent.objects.count()
    tried(Prices(terms=Pricing.model_validate({"visit_fee": {"base_fen": 9_000}})))
    assert (income(stories), OrderEvent.objects.count()) == (before, events)
