"""Campaigns: drafted, published, changed by versions, ended; budgets, limits and new customers, in races too."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.web.crowd import at_once
from tests.web.marketing.offers import cut, give, make_campaign, said
from tests.web.orders.story import Story, booking_of
from tests.web.people import Api, body_of, make_address, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing import selectors, services
from web.marketing.models import Campaign, CampaignUse, CampaignVersion, Coupon, Newcomer
from web.marketing.services.campaigns import held_by_uses
from web.orders import services as orders
from web.orders.discounts import Discount
from web.orders.models import Order
from web.orders.pricing import Line
from workflows.transitions import Move

pytestmark = pytest.mark.django_db

PRICE = 10_900


def town(workers: int = 1) -> User:
    make_city()
    for _ in range(workers):
        make_worker(on_duty=True)
    return make_customer()


def quoted(customer: User, **fields: Any) -> Any:
    body = {"service_id": make_service().pk, "address_id": make_address(customer).pk, **fields}
    return Api(customer).post("/quotes", body)


def total(customer: User, **fields: Any) -> int:
    return int(body_of(quoted(customer, **fields))["total_fen"])


def test_what_is_live_is_on_every_price_that_it_fits() -> None:
    customer = town()
    make_campaign(cut(1_000), city="hangzhou")
    make_campaign(cut(9_000), city="shanghai")
    make_campaign(cut(9_000), live=False)
    make_campaign(cut(9_000), days=(1, 2))
    over = make_campaign(cut(9_000))
    services.revise_campaign(actor=make_staff(), campaign_id=over.pk, said=said(cut(9_000), days=(-2, -1)), reason="")
    make_campaign(cut(9_000, at_least_fen=20_000))
    assert total(customer) == PRICE - 1_000


def test_a_category_holds_for_all_that_is_below_it() -> None:
    customer = town()
    make_campaign(cut(1_000, categories=["cleaning"]))
    make_campaign(cut(1_000, categories=["repair"]))
    assert total(customer) == PRICE - 1_000


def test_the_citys_home_page_shows_what_is_live_there() -> None:
    here, of_all = make_campaign(cut(1_000, at_least_fen=5_000), city="hangzhou"), make_campaign(Discount(off_bp=1_000))
    make_campaign(cut(1), city="shanghai")
    shown = body_of(Api().get("/campaigns", city="hangzhou"))
    assert [(one["id"], one["kind"]) for one in shown] == [(here.pk, "off"), (of_all.pk, "percent")]
    assert shown[0]["discount"]["steps"] == [{"at_least_fen": 5_000, "off_fen": 1_000}]


def test_one_that_has_ended_is_on_no_price() -> None:
    customer, campaign = town(), make_campaign(cut(1_000))
    services.end_campaign(actor=make_staff(), campaign_id=campaign.pk)
    assert total(customer) == PRICE


def test_one_whose_time_is_over_is_not_put_into_force_before_it_has_another() -> None:
    campaign, staff = make_campaign(cut(1_000), days=(-2, -1), live=False), make_staff()
    with pytest.raises(DoorbellError) as refusal:
        services.publish_campaign(actor=staff, campaign_id=campaign.pk)
    assert refusal.value.code == "campaign_ended"
    services.revise_campaign(actor=staff, campaign_id=campaign.pk, said=said(cut(1_000)), reason="延期")
    assert services.publish_campaign(actor=staff, campaign_id=campaign.pk).state == "live"


def test_versions_are_append_only() -> None:
    campaign = make_campaign(cut(1_000))
    services.revise_campaign(actor=make_staff(), campaign_id=campaign.pk, said=said(cut(2_000)), reason="加码")
    assert list(campaign.versions.values_list("number", "reason")) == [(1, "测试"), (2, "加码")]
    with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
        CampaignVersion.objects.filter(campaign=campaign).update(name="x")
    with pytest.raises(IntegrityError, match="append only"), transaction.atomic():
        CampaignVersion.objects.filter(campaign=campaign)._raw_delete(using="default")


def test_staff_of_another_city_neither_see_nor_touch_it() -> None:
    campaign, stranger = make_campaign(cut(1), city="hangzhou"), make_staff(city="shanghai")
    acts: list[Any] = [
        lambda actor: services.publish_campaign(actor=actor, campaign_id=campaign.pk),
        lambda actor: services.end_campaign(actor=actor, campaign_id=campaign.pk),
        lambda actor: services.set_limits(actor=actor, campaign_id=campaign.pk, budget_fen=1, per_person=0),
        lambda actor: services.revise_campaign(actor=actor, campaign_id=campaign.pk, said=said(cut(2)), reason=""),
    ]
    for act in acts:
        with pytest.raises(DoorbellError) as refusal:
            act(stranger)
        assert refusal.value.code == "not_found"
    for who in (make_staff(city="shanghai"), make_staff(city=""), make_customer(), make_worker().user):
        with pytest.raises(DoorbellError) as refusal:
            services.create_campaign(actor=who, city="hangzhou", kind="off", said=said(cut(1)))
        assert refusal.value.code == "forbidden"
        assert not selectors.campaigns_visible_to(who).exists()
    assert selectors.campaigns_visible_to(make_staff(city="hangzhou")).get() == campaign


@pytest.mark.parametrize(
    ("kind", "terms", "faults"),
    [
        ("off", Discount(off_bp=1), [("steps_missing", "steps", 0)]),
        ("percent", cut(1), [("percent_missing", "off_bp", 0)]),
        ("newcomer", cut(1), [("new_customers", "new_customers", 0)]),
        ("off", cut(1, new_customers=True), [("new_customers", "new_customers", 0)]),
        ("unheard", cut(1), [("kind_unknown", "kind", 0)]),
        ("off", cut(120, at_least_fen=100), [("over_threshold", "steps", 1)]),
    ],
)
def test_a_kind_and_its_terms_go_together(kind: str, terms: Discount, faults: list[tuple[str, str, int]]) -> None:
    with pytest.raises(DoorbellError) as refusal:
        services.create_campaign(actor=make_staff(), city="", kind=kind, said=said(terms))
    assert refusal.value.code == "campaign_wrong"
    told = refusal.value.details["faults"]
    assert [(one["code"], one["field"], one["step"]) for one in told] == faults
    assert all(one["message"] for one in told)
    assert not Campaign.objects.exists()


def test_a_budget_is_never_overdrawn_and_comes_back() -> None:
    customer, campaign = town(3), make_campaign(cut(1_000), budget_fen=1_500)
    story = Story.placed(customer, make_service(), quoted_fen=PRICE - 1_000)
    campaign.refresh_from_db()
    assert campaign.held_fen == held_by_uses(campaign) == 1_000
    # Half of it would suffice for nobody.
    assert total(customer) == PRICE
    story.cancel()
    campaign.refresh_from_db()
    assert campaign.held_fen == held_by_uses(campaign) == 0
    assert total(customer) == PRICE - 1_000


def test_a_budget_is_not_set_below_what_is_taken() -> None:
    customer, campaign, staff = town(), make_campaign(cut(1_000)), make_staff()
    Story.placed(customer, make_service(), quoted_fen=PRICE - 1_000)
    with pytest.raises(DoorbellError) as refusal:
        services.set_limits(actor=staff, campaign_id=campaign.pk, budget_fen=999, per_person=0)
    assert (refusal.value.code, refusal.value.details) == ("budget_too_small", {"held_fen": 1_000})
    limited = services.set_limits(actor=staff, campaign_id=campaign.pk, budget_fen=1_000, per_person=0)
    assert limited.left_fen == 0


def test_who_has_had_his_pays_the_whole_price() -> None:
    customer = town(3)
    make_campaign(cut(1_000), per_person=1)
    first = Story.placed(customer, make_service(), quoted_fen=PRICE - 1_000)
    assert total(customer) == PRICE
    first.cancel()
    assert total(customer) == PRICE - 1_000


def test_what_he_had_before_there_was_a_limit_counts() -> None:
    customer, campaign, staff = town(4), make_campaign(cut(1_000)), make_staff()
    Story.placed(customer, make_service(), quoted_fen=PRICE - 1_000)
    services.set_limits(actor=staff, campaign_id=campaign.pk, budget_fen=None, per_person=2)
    Story.placed(customer, make_service(), quoted_fen=PRICE - 1_000)
    assert total(customer) == PRICE
    # Whoever was offered it a moment before hears so when he orders.
    offered = selectors.offered_to(make_customer().pk, city="hangzhou").campaigns
    line = Line("满减", 1, -1_000, -1_000, f"campaign:{campaign.pk}", rule_version=1)
    with pytest.raises(DoorbellError, match="discount_gone"):
        services.hold(order_id=1, customer_id=customer.pk, lines=[line], campaigns=offered)
    services.set_limits(actor=staff, campaign_id=campaign.pk, budget_fen=None, per_person=3)
    assert total(customer) == PRICE - 1_000


def test_a_new_customer_is_one_who_never_paid_and_has_no_such_order() -> None:
    customer = town(3)
    make_campaign(cut(1_000, new_customers=True))
    first = Story.placed(customer, make_service(), quoted_fen=PRICE - 1_000)
    assert total(customer) == PRICE
    assert first.step(Move.PAYMENT_LAPSED).outcome.done
    assert total(customer) == PRICE - 1_000
    Story.placed(customer, make_service(), quoted_fen=PRICE - 1_000).pay().cancel()
    assert total(customer) == PRICE


def test_of_two_campaigns_for_new_customers_he_has_the_better_one() -> None:
    customer = town()
    make_campaign(cut(500, new_customers=True))
    make_campaign(cut(1_000, new_customers=True), city="hangzhou")
    make_campaign(cut(300))
    Story.placed(customer, make_service(), quoted_fen=PRICE - 1_300)
    assert sorted(CampaignUse.objects.values_list("amount_fen", flat=True)) == [300, 1_000]


def test_who_has_an_order_under_way_with_a_new_customers_coupon_gets_no_other() -> None:
    customer = town(2)
    first, second = (give(customer, cut(1_000, new_customers=True)) for _ in range(2))
    story = Story.placed(customer, make_service(), quoted_fen=PRICE - 1_000, coupon_id=first.pk)
    assert quoted(customer, coupon_id=second.pk).json()["details"] == {"why": "new_customers_only"}
    assert story.step(Move.PAYMENT_LAPSED).outcome.done
    assert total(customer, coupon_id=second.pk) == PRICE - 1_000


def _race(customer: User, number: int, **fields: Any) -> list[str]:
    """fields: of the bookings; a list has one for each."""
    service, addresses = make_service(), [make_address(customer) for _ in range(number)]
    each = [{name: one[at] if isinstance(one, list) else one for name, one in fields.items()} for at in range(number)]
    bookings = iter([booking_of(service, address, **one) for address, one in zip(addresses, each, strict=True)])

    def one() -> str:
        try:
            orders.place_order(customer=customer, booking=next(bookings))
            return ""
        except DoorbellError as refused:
            return refused.code

    return sorted(at_once(number, one))


@pytest.mark.django_db(transaction=True)
def test_of_two_orders_at_once_one_is_the_new_customers() -> None:
    customer = town(3)
    make_campaign(cut(1_000, new_customers=True))
    outcomes = _race(customer, 3, quoted_fen=PRICE - 1_000)
    assert outcomes[0] == ""
    assert set(outcomes[1:]) <= {"discount_gone", "price_changed"}
    assert Order.objects.count() == CampaignUse.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [2, 3])
def test_of_two_coupons_for_new_customers_at_once_one_is_used(number: int) -> None:
    customer = town(number)
    coupons = [give(customer, cut(1_000, new_customers=True)) for _ in range(number)]
    outcomes = _race(customer, number, quoted_fen=PRICE - 1_000, coupon_id=[one.pk for one in coupons])
    assert outcomes[0] == ""
    assert set(outcomes[1:]) <= {"discount_gone", "coupon_unusable"}
    assert [Coupon.objects.exclude(order_id=None).count(), Order.objects.count()] == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_a_new_customer_is_new_by_a_campaign_or_by_a_coupon() -> None:
    """One order takes the campaign and the other a coupon, each of which would fit by itself."""
    customer = town(2)
    make_campaign(cut(500, new_customers=True, with_coupon=False))
    coupon = give(customer, cut(1_000, new_customers=True))
    quoted_fen = [PRICE - 500, PRICE - 1_000]
    outcomes = _race(customer, 2, quoted_fen=quoted_fen, coupon_id=[None, coupon.pk])
    assert outcomes[0] == ""
    assert set(outcomes[1:]) <= {"discount_gone", "price_changed", "coupon_unusable"}
    assert Order.objects.count() == Newcomer.objects.count() == 1


def test_one_order_may_have_both() -> None:
    customer = town()
    make_campaign(cut(500, new_customers=True))
    coupon = give(customer, cut(1_000, new_customers=True))
    story = Story.placed(customer, make_service(), quoted_fen=PRICE - 1_500, coupon_id=coupon.pk)
    assert Newcomer.objects.get().order_id == story.id
    story.pay().cancel()
    assert not Newcomer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_orders_at_once_one_has_the_coupon() -> None:
    customer = town(3)
    coupon = give(customer, cut(1_000))
    outcomes = _race(customer, 3, quoted_fen=PRICE - 1_000, coupon_id=coupon.pk)
    assert outcomes == ["", "coupon_unusable", "coupon_unusable"]
    assert Coupon.objects.get().order_id == Order.objects.get().pk


@pytest.mark.django_db(transaction=True)
def test_of_two_orders_at_once_one_has_the_last_of_the_budget() -> None:
    customer, campaign = town(3), make_campaign(cut(1_000), budget_fen=1_000)
    outcomes = _race(customer, 3, quoted_fen=PRICE - 1_000)
    assert outcomes[0] == ""
    assert set(outcomes[1:]) <= {"discount_gone", "price_changed"}
    campaign.refresh_from_db()
    assert campaign.held_fen == held_by_uses(campaign) == 1_000
    assert Order.objects.count() == 1


def test_a_quote_says_of_each_coupon_whether_it_fits_and_which_is_the_best() -> None:
    customer = town()
    small, best = give(customer, cut(500)), give(customer, cut(2_000), days=30)
    wrong, big = give(customer, cut(5_000, services=[999_999])), give(customer, cut(5_000, at_least_fen=99_999))
    quote = body_of(quoted(customer))
    assert [(one["id"], one["off_fen"], one["why"]) for one in quote["coupons"]] == [
        (best.pk, 2_000, ""),
        (small.pk, 500, ""),
        (wrong.pk, 0, "other_service"),
        (big.pk, 0, "below_threshold"),
    ]
    assert (quote["best_coupon_id"], quote["total_fen"]) == (best.pk, PRICE)
    with_it = body_of(quoted(customer, coupon_id=best.pk))
    assert with_it["total_fen"] == PRICE - 2_000
    assert with_it["lines"][-1]["rule"] == f"coupon:{best.pk}"


def test_a_coupon_that_would_cost_a_better_campaign_is_not_proposed() -> None:
    customer = town()
    make_campaign(cut(3_000, with_coupon=False))
    coupon = give(customer, cut(1_000))
    quote = body_of(quoted(customer))
    assert (quote["total_fen"], quote["best_coupon_id"]) == (PRICE - 3_000, None)
    assert [one["why"] for one in quote["coupons"]] == ["campaign_is_better"]
    # Who wants it all the same has it.
    assert total(customer, coupon_id=coupon.pk) == PRICE - 1_000


def test_somebody_elses_coupon_does_not_exist() -> None:
    customer = town()
    coupon = give(make_customer(), cut(1_000))
    answer = quoted(customer, coupon_id=coupon.pk)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    with pytest.raises(DoorbellError) as refusal:
        Story.placed(customer, make_service(), quoted_fen=PRICE - 1_000, coupon_id=coupon.pk)
    assert refusal.value.code == "not_found"


def test_one_that_does_not_fit_is_refused_with_the_reason() -> None:
    customer = town()
    coupon = give(customer, cut(1_000, at_least_fen=99_999))
    answer = quoted(customer, coupon_id=coupon.pk)
    assert answer.json()["code"] == "coupon_unusable"
    assert answer.json()["details"] == {"why": "below_threshold"}


def test_an_order_with_a_coupon_is_booked_over_http() -> None:
    customer, service = town(), make_service()
    coupon = give(customer, cut(1_000))
    body = {
        "service_id": service.pk,
        "address_id": make_address(customer).pk,
        "starts_at": booking_of(service, make_address(customer)).starts_at.isoformat(),
        "quoted_fen": PRICE - 1_000,
        "coupon_id": coupon.pk,
    }
    detail = body_of(Api(customer).post("/orders", body, idempotency_key="k"))
    assert detail["total_fen"] == PRICE - 1_000
    again = Api(customer).post("/orders", body | {"coupon_id": None, "quoted_fen": PRICE}, idempotency_key="k")
    assert again.json()["code"] == "idempotency_mismatch"
    held = body_of(Api(customer).get("/coupons", state="held"))
    assert [one["order_id"] for one in held] == [detail["order"]["id"]]
