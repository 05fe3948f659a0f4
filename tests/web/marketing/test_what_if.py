"""What a campaign would have come to is what it comes to: a month is lived once more with it, in another city."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from tests.web.marketing.offers import cut, give, make_campaign
from tests.web.orders.story import Story, booking_of, tomorrow
from tests.web.orders.test_refunding import books
from tests.web.orders.test_refunding import give as give_money
from tests.web.people import make_address, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import User
from web.catalog.models import Service
from web.catalog.services import put_category
from web.errors import DoorbellError
from web.marketing.effects import effect_of_campaign, effect_of_kind
from web.marketing.models import Campaign, CampaignVersion
from web.marketing.what_if.campaigns import CampaignWhatIf, Draft, try_campaign
from web.orders import replaying, selectors
from web.orders.customers import outcomes_of
from web.orders.discounts import Discount, Reduction
from web.orders.quoting import quote
from web.orders.replaying import Bought, Month, Window
from web.orders.services import import_orders
from web.orders.services.discounting import deal_for
from web.orders.terms_in_force import Scope
from workflows.transitions import Move

pytestmark = pytest.mark.django_db

HERE, THERE = "hangzhou", "shanghai"
MONTH: Sequence[tuple[int, int, str]] = (
    # customer, price of the service, worth of his coupon
    *((0, 9_900, ""), (0, 19_900, "coupon"), (1, 4_901, "")),
    *((2, 29_900, ""), (1, 12_345, "coupon"), (0, 9_900, "")),
)


def live(city: str, month: Sequence[tuple[int, int, str]] = MONTH) -> list[Story]:
    """A month in a city, each order settled before the next is placed."""
    make_city(city)
    make_worker(on_duty=True, city=city)
    customers = [make_customer() for _ in range(3)]
    stories = []
    for place, (who, price_fen, coupon) in enumerate(month):
        stories.append(_ordered(customers[who], city, place, price_fen, coupon).settled())
    return stories


def _ordered(customer: User, city: str, place: int, price_fen: int, coupon: str) -> Story:
    service, address = make_service(f"cleaning-{price_fen}", price_fen=price_fen), make_address(customer, city=city)
    had = give(customer, cut(777)) if coupon else None
    booked = booking_of(service, address, starts_at=tomorrow() + timedelta(days=place))
    priced = quote(booked.wish_of(customer), selectors.policies_for(city=city, service_id=service.pk))
    deal = deal_for(customer, booked.version, priced, city=city, coupon_id=had.pk if had else None)
    fields: dict[str, Any] = {"coupon_id": had.pk} if had else {}
    return Story.placed(
        customer, service, address=address, starts_at=booked.starts_at, quoted_fen=deal.price.total_fen, **fields
    )


def income(stories: Sequence[Story]) -> dict[str, int]:
    """What the month came to: for customers, the platform and workers."""
    sums: dict[str, int] = {}
    for story in stories:
        for kind, fen in books(story).items():
            sums[kind] = sums.get(kind, 0) + fen
    return {
        "customers": sums["cash"],
        "platform": -sums["commission"] - sums.get("coupons", 0),
        "workers": -sums["worker_payable"],
    }


def tried(draft: Draft, actor: User | None = None) -> CampaignWhatIf:
    now = timezone.now()
    return try_campaign(Window(actor or make_staff(), now - timedelta(days=1), now), draft)


TERMS: Sequence[tuple[Discount, dict[str, Any]]] = (
    (cut(1_000), {}),
    (cut(1_500, at_least_fen=15_000), {}),
    (Discount(off_bp=1_234, at_most_fen=2_000), {}),
    (Discount(off_bp=2_000, of="rest", worker_bp=5_000), {}),
    (cut(3_000, new_customers=True), {}),
    (cut(2_000), {"per_person": 1}),
    (cut(2_000), {"budget_fen": 5_000}),
    (cut(900, with_coupon=False), {}),
    (cut(900, alone=True, worker_bp=10_000), {}),
    (cut(1_200, group="winter"), {}),
    (cut(800, group="winter"), {}),
)


def test_what_is_reckoned_is_what_comes_to_the_fen() -> None:
    cities = [f"city-{number}" for number, _ in enumerate(TERMS)]
    for city in (HERE, *cities):
        make_campaign(cut(1_000, at_least_fen=20_000, group="winter"), city=city)
    without = live(HERE)
    for city, (terms, limits) in zip(cities, TERMS, strict=True):
        _lived_is_reckoned(city, terms, limits, without)


def _lived_is_reckoned(city: str, terms: Discount, limits: dict[str, Any], without: Sequence[Story]) -> None:
    reckoned = tried(Draft(terms, HERE, **limits))
    campaign = make_campaign(terms, city=city, **limits)
    with_it = live(city)

    before, after = income(without), income(with_it)
    assert reckoned.orders == len(MONTH)
    assert reckoned.customers_change_fen == after["customers"] - before["customers"]
    assert reckoned.platform_change_fen == after["platform"] - before["platform"]
    assert reckoned.workers_change_fen == after["workers"] - before["workers"]
    taken = {story.id: story.order.lines.filter(rule=f"campaign:{campaign.pk}").first() for story in with_it}
    really = [(place, -line.amount_fen) for place, line in enumerate(taken.values()) if line]
    places = {story.id: place for place, story in enumerate(without)}
    assert [(places[one.order_id], one.off_fen) for one in reckoned.got] == really
    effect = effect_of_campaign(actor=make_staff(), campaign_id=campaign.pk)
    assert effect.used == len(reckoned.got)
    assert effect.off_fen == reckoned.cost_fen + reckoned.workers_cost_fen
    assert effect.new_customers == reckoned.new_customers


WITHOUT_COUPONS = [(who, price_fen, "") for who, price_fen, _ in MONTH]


def import_month(city: str, stories: Sequence[Story]) -> None:
    """The same month, lived before in other books, whose lines say nothing of ours."""
    make_city(city)
    worker, begin = make_worker(city=city), timezone.now() - timedelta(hours=12)
    written = []
    for place, story in enumerate(stories):
        at, total = begin + timedelta(hours=place), story.order.total_fen
        when = {
            "placed_at": 0, "paid_at": 1, "accepted_at": 2, "starts_at": 3, "started_at": 3, "finished_at": 50,
            "ended_at": 59,
        }  # fmt: skip
        line = {
            "external_id": str(place),
            "city": city,
            "service": story.order.service.slug,
            "customer": {"id": str(story.order.customer_id)},
            "worker": {"phone": worker.user.phone},
            "phase": "COMPLETED",
            **{name: (at + timedelta(minutes=minutes)).isoformat() for name, minutes in when.items()},
            "where": {"district": "西湖区", "lng": 120.15, "lat": 30.27},
            "lines": [
                {"name": "保洁", "unit_price_fen": total + 300, "amount_fen": total + 300},
                {"name": "会员价", "unit_price_fen": -300, "amount_fen": -300},
            ],
            "total_fen": total,
        }
        written.append((place, json.dumps(line)))
    assert import_orders(source="old", lines=written).imported == len(stories)


OF_TOTALS = TERMS[:7]


def test_what_is_reckoned_of_an_imported_month_is_what_it_would_have_come_to_here() -> None:
    without = live(HERE, WITHOUT_COUPONS)
    import_month(THERE, without)
    for number, (terms, limits) in enumerate(OF_TOTALS):
        reckoned = tried(Draft(terms, THERE, **limits))
        make_campaign(terms, city=f"city-{number}", **limits)
        with_it = live(f"city-{number}", WITHOUT_COUPONS)
        before, after = income(without), income(with_it)
        assert (reckoned.orders, reckoned.imported, reckoned.left_out) == (len(MONTH), len(MONTH), 0)
        assert reckoned.customers_change_fen == after["customers"] - before["customers"]
        assert reckoned.platform_change_fen == after["platform"] - before["platform"]
        assert reckoned.workers_change_fen == after["workers"] - before["workers"]
        off = [-sum(line.amount_fen for line in story.order.lines.filter(amount_fen__lt=0)) for story in with_it]
        assert [one.off_fen for one in reckoned.got] == [fen for fen in off if fen]


def test_what_covers_a_part_of_a_price_is_not_tried_on_a_total_and_none_of_ours_was_on_it() -> None:
    make_campaign(cut(1_000), city=THERE)
    import_month(THERE, live(HERE, WITHOUT_COUPONS))
    chosen = tried(Draft(cut(1_000, covers="chosen"), THERE))
    assert (chosen.orders, chosen.imported, chosen.left_out) == (0, 0, len(MONTH))
    assert tried(Draft(cut(500), THERE)).customers_change_fen == -500 * len(MONTH)


def test_a_month_is_read_without_a_question_for_each_category_and_page(monkeypatch: pytest.MonkeyPatch) -> None:
    above = put_category(slug="above", name="上级")
    stories = live(HERE)
    for place, story in enumerate(stories):
        below = put_category(slug=f"below-{place}", name=f"下级 {place}", parent=above)
        Service.objects.filter(pk=story.order.service_id).update(category=below)
    now = timezone.now()

    def read() -> tuple[list[Bought], list[str]]:
        with CaptureQueriesContext(connection) as asked:
            pages = Month(Window(make_staff(), now - timedelta(days=1), now), Scope()).pages()
            orders = [one for page in pages for one in page]
        return orders, [one["sql"] for one in asked]

    orders, asked = read()
    assert {len(one.categories) for one in orders} == {2}
    assert {one.categories[1] for one in orders} == {"above"}
    assert sum('FROM "catalog_category"' in sql for sql in asked) == 1
    monkeypatch.setattr(replaying, "AT_ONCE", 1)
    paged, asked = read()
    assert paged == orders
    pages = [sql for sql in asked if 'ORDER BY "orders_order"."placed_at"' in sql]
    assert len(pages) == len(MONTH) + 1
    assert {sql.count("NOT (") for sql in pages[1:]} == {1}, "what is asked grows from page to page"


def test_a_version_is_read_once_for_a_whole_month(monkeypatch: pytest.MonkeyPatch) -> None:
    make_campaign(cut(1_000), city=HERE)
    live(HERE)
    read, real = list[int](), CampaignVersion.reduction

    def counted(version: CampaignVersion, campaign: Campaign) -> Reduction:
        read.append(version.pk)
        return real(version, campaign)

    monkeypatch.setattr(CampaignVersion, "reduction", counted)
    assert tried(Draft(cut(500), HERE)).orders == len(MONTH)
    assert len(read) == 1


def test_nothing_is_written_by_trying() -> None:
    stories = live(HERE)
    before = income(stories)
    tried(Draft(cut(1_000), HERE))
    assert income(stories) == before
    assert all(story.order.discount_fen in (0, 777) for story in stories)


def test_a_campaign_can_be_tried_in_anothers_place() -> None:
    campaign = make_campaign(cut(1_000), city=HERE)
    live(HERE)
    same = tried(Draft(cut(1_000), HERE, instead_of=campaign.pk))
    assert (same.customers_change_fen, same.platform_change_fen, same.workers_change_fen) == (0, 0, 0)
    assert tried(Draft(cut(1_500), HERE, instead_of=campaign.pk)).customers_change_fen == -500 * len(MONTH)


def test_orders_of_which_money_went_back_are_left_out_and_counted() -> None:
    first, *_ = live(HERE)
    give_money(first, make_staff(), 100)
    reckoned = tried(Draft(cut(1_000), HERE))
    assert (reckoned.orders, reckoned.left_out) == (len(MONTH) - 1, 1)


def test_staff_of_another_city_try_it_on_their_own_orders_alone() -> None:
    campaign = make_campaign(cut(1), city=HERE)
    live(HERE)
    assert tried(Draft(cut(1_000)), make_staff(city=THERE)).orders == 0
    assert tried(Draft(cut(1_000)), make_staff(city=HERE)).orders == len(MONTH)
    assert tried(Draft(cut(1_000)), make_staff(city="")).orders == 0
    with pytest.raises(DoorbellError) as refusal:
        tried(Draft(cut(1), instead_of=campaign.pk), make_staff(city=THERE))
    assert refusal.value.code == "not_found"


def test_an_order_without_its_discount_s_line_had_nothing_off_and_is_told_in_the_log() -> None:
    make_city()
    make_worker(on_duty=True)
    customer, service = make_customer(), make_service()
    coupon = give(customer, cut(900))
    with_coupon = Story.placed(customer, service, quoted_fen=10_000, coupon_id=coupon.pk).settled()
    without = Story.placed(customer, service, quoted_fen=10_900).settled()
    rules = {with_coupon.id: "campaign:7", without.id: "campaign:7"}
    with capture_logs() as logs:
        outcomes = list(outcomes_of(rules))
    assert [(one.paid_fen, one.off_fen, one.cost_fen) for one in outcomes] == [(10_000, 0, 0), (10_900, 0, 0)]
    assert [(one["event"], one["order_id"]) for one in logs] == [("discount_without_line", one) for one in rules]


def test_what_a_batch_of_coupons_came_to() -> None:
    make_city()
    make_worker(on_duty=True)
    customer, staff = make_customer(), make_staff()
    coupon = give(customer, cut(900))
    story = Story.placed(customer, make_service(), quoted_fen=10_000, coupon_id=coupon.pk)
    assert effect_of_kind(actor=staff, kind_id=coupon.kind_id).held == 1
    story.settled()
    effect = effect_of_kind(actor=staff, kind_id=coupon.kind_id)
    assert (effect.issued, effect.used, effect.held, effect.income_fen) == (1, 1, 0, 10_000)
    assert (effect.off_fen, effect.cost_fen, effect.new_customers, effect.cost_per_new_fen) == (900, 900, 1, 900)
    story.ask(staff, Move.REFUND, amount_fen=5_000, line=0, reason="quality", bearer="shared")
    half = effect_of_kind(actor=staff, kind_id=coupon.kind_id)
    assert (half.income_fen, half.cost_fen) == (5_000, 450)
    with pytest.raises(DoorbellError) as refusal:
        effect_of_kind(actor=make_customer(), kind_id=coupon.kind_id)
    assert refusal.value.code == "not_found"
