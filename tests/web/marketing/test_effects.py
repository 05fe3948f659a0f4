"""What campaigns and coupons came to is what the ledger posted for them."""

from collections.abc import Sequence

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from tests.web.marketing.offers import cut, give, make_campaign
from tests.web.orders.story import Story
from tests.web.orders.test_refunding import books
from tests.web.orders.test_refunding import give as give_money
from tests.web.people import make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import User
from web.marketing.effects import Effect, effect_of_campaign, effect_of_kind
from web.marketing.models import Campaign, Coupon
from web.orders import customers
from web.orders.discounts import Discount
from web.orders.sharing import parts_of

pytestmark = pytest.mark.django_db

PRICE = 10_900


@pytest.fixture
def customer() -> User:
    make_city()
    make_worker(on_duty=True)
    return make_customer()


def of_campaign(campaign: Campaign) -> Effect:
    return effect_of_campaign(actor=make_staff(), campaign_id=campaign.pk)


def of_coupon(coupon: Coupon) -> Effect:
    return effect_of_kind(actor=make_staff(), kind_id=coupon.kind_id)


def test_each_costs_what_the_platform_bears_of_it_and_of_no_other(customer: User) -> None:
    by_worker, half = make_campaign(cut(1_000, worker_bp=10_000)), make_campaign(cut(600, worker_bp=5_000))
    coupon = give(customer, cut(777))
    story = Story.placed(customer, make_service(), quoted_fen=PRICE - 2_377, coupon_id=coupon.pk).settled()
    assert (of_campaign(by_worker).cost_fen, of_campaign(half).cost_fen, of_coupon(coupon).cost_fen) == (0, 300, 777)
    assert books(story)["coupons"] == 1_077


@pytest.mark.parametrize("after", [True, False])
def test_a_refund_undoes_its_part_of_each(customer: User, *, after: bool) -> None:
    by_worker, half = make_campaign(cut(1_000, worker_bp=10_000)), make_campaign(cut(600, worker_bp=5_000))
    coupon = give(customer, cut(777))
    story = Story.placed(customer, make_service(), quoted_fen=PRICE - 2_377, coupon_id=coupon.pk)
    if after:
        give_money(story.settled(), make_staff(), 3_333)
    else:
        give_money(story.accepted().depart().arrive().start(), make_staff(), 3_333)
        story.given_back().tick_all().finish().confirm().settle()
    costs = [of_campaign(by_worker).cost_fen, of_campaign(half).cost_fen, of_coupon(coupon).cost_fen]
    assert sum(costs) == books(story)["coupons"] == story.order.discount_fen - story.order.discount_worker_fen
    assert costs[0] == 0
    assert costs[2] / costs[1] == pytest.approx(777 / 300, rel=0.01)


def test_what_a_worker_could_not_bear_costs_where_he_was_to_bear_it(customer: User) -> None:
    campaign, coupon = make_campaign(cut(9_000, worker_bp=10_000)), give(customer, cut(1_000))
    story = Story.placed(customer, make_service(), quoted_fen=PRICE - 10_000, coupon_id=coupon.pk).settled()
    assert of_coupon(coupon).cost_fen == 1_000
    assert of_campaign(campaign).cost_fen == books(story)["coupons"] - 1_000 == 9_000 - PRICE * 8 // 10


def test_a_new_customer_costs_what_the_settled_ones_did(customer: User) -> None:
    campaign = make_campaign(cut(1_500, new_customers=True))
    Story.placed(customer, make_service(), quoted_fen=PRICE - 1_500).settled()
    make_worker(on_duty=True)
    Story.placed(make_customer(), make_service(), quoted_fen=PRICE - 1_500).pay()
    effect = of_campaign(campaign)
    assert (effect.new_customers, effect.settled_new, effect.cost_per_new_fen) == (2, 1, 1_500)


def test_however_many_orders_there_are_they_are_read_in_pages(customer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_campaign(Discount(off_bp=1_000, worker_bp=5_000))
    for price_fen in (10_000, 20_000, 30_003):
        service = make_service(f"cleaning-{price_fen}", price_fen=price_fen)
        Story.placed(customer, service, quoted_fen=(price_fen + 1_000) * 9 // 10 + (price_fen == 30_003)).settled()
    whole = of_campaign(campaign)
    assert (whole.used, whole.off_fen, whole.cost_fen) == (3, 1_100 + 2_100 + 3_100, 550 + 1_050 + 1_550)
    monkeypatch.setattr(customers, "AT_ONCE", 2)
    assert of_campaign(campaign) == whole


DISCOUNTS = st.lists(
    st.integers(1, 9_000).flatmap(lambda off: st.tuples(st.just(off), st.integers(0, off))), min_size=1, max_size=5
)


@given_any(DISCOUNTS, st.data())
def test_parts_are_what_is_borne_and_each_its_own(discounts: Sequence[tuple[int, int]], data: st.DataObject) -> None:
    platform, whole = sum(off - worker for off, worker in discounts), sum(off for off, _ in discounts)
    by_worker = whole - platform
    borne = data.draw(st.integers(0, whole if by_worker else platform))
    parts = parts_of(borne, discounts)
    assert sum(parts) == borne
    assert all(0 <= part <= off for part, (off, _) in zip(parts, discounts, strict=True))
    assert parts_of(platform, discounts) == [off - worker for off, worker in discounts]
