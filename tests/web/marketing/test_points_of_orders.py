"""An order's points follow its money, in the very step that moves it."""

from typing import Any

import pytest
from django.utils import timezone

from tests.web.marketing.offers import cut, make_campaign
from tests.web.marketing.offers import give as coupon_of
from tests.web.marketing.wealth import enrich
from tests.web.orders.story import Story, terms, tomorrow
from tests.web.orders.test_refunding import TOTAL, books, give
from tests.web.people import (
    Api,
    body_of,
    make_address,
    make_city,
    make_customer,
    make_service,
    make_staff,
    make_worker,
    refusal,
)
from web.accounts.models import User
from web.errors import DoorbellError
from web.ledger.checking import disagreements as ledger_disagreements
from web.marketing import points_selectors, services
from web.marketing.effects import effect_of_campaign, effect_of_kind
from web.marketing.models import PointsEntry, PointsRule
from web.marketing.points import Points
from web.marketing.services import points
from web.marketing.services.campaigns import held_by_uses
from web.marketing.services.points import Why
from web.orders.models import Order
from workflows.transitions import Move

pytestmark = pytest.mark.django_db

EARNED = TOTAL // 100


@pytest.fixture(autouse=True)
def rules() -> None:
    services.put_points_rule(actor=None, data={"earn_bp": 100, "spend_bp": 5_000})


def balance(story: Story) -> int:
    assert points_selectors.disagreements() == []
    return points_selectors.balance_of(story.order.customer)


def paying_with(story: Story, number: int = 400) -> Story:
    """Its customer has these points, and has spent them on it."""
    customer = story.order.customer
    why = Why(PointsEntry.CORRECTED, f"gift:{customer.pk}")
    points.earn(user_id=customer.pk, points=number, why=why, good_until=Points().good_until(timezone.now()))
    facts: dict[str, Any] = {"customer_id": customer.pk, "city": story.order.city}
    services.hold_points(order_id=story.id, number=number, of_fen=TOTAL, **facts)
    return story


def test_points_come_with_the_settlement_and_name_rule_and_order() -> None:
    story = Story.in_town().in_service()
    assert balance(story) == 0
    story.tick_all().finish().confirm().settle()
    assert balance(story) == EARNED
    entry = PointsEntry.objects.get()
    assert (entry.order_id, entry.base_fen, entry.kind) == (story.id, TOTAL, "earned")
    assert entry.rule == services.put_points_rule(actor=None, data={"earn_bp": 100, "spend_bp": 5_000}).pk


def test_what_went_back_before_the_settlement_earns_nothing() -> None:
    story = Story.in_town().in_service()
    give(story, make_staff(), 1_000, bearer="platform")
    story.given_back().tick_all().finish().confirm().settle()
    assert balance(story) == (TOTAL - 1_000) // 100


@pytest.mark.parametrize("parts", [[TOTAL], [3_333, 3_333, 4_234], [1] * 7 + [10_893]])
def test_refunds_after_the_settlement_take_all_of_it_back_in_the_end(parts: list[int]) -> None:
    story, staff, gone = Story.in_town().settled(), make_staff(), 0
    for part in parts:
        assert give(story, staff, part).outcome.done
        gone += part
        assert balance(story) == EARNED - EARNED * gone // TOTAL
    assert balance(story) == 0


def test_a_refused_refund_takes_nothing() -> None:
    story = Story.in_town().settled()
    assert not give(story, make_staff(), TOTAL + 1).outcome.done
    assert balance(story) == EARNED


def test_an_order_that_nobody_paid_gives_its_points_back() -> None:
    story = paying_with(Story.in_town())
    assert balance(story) == 0
    story.step(Move.PAYMENT_LAPSED)
    assert balance(story) == 400


def test_a_cancelled_order_gives_back_what_its_fee_leaves() -> None:
    terms("cancellation", worker_share_bp=0)
    story = paying_with(Story.in_town().pay())
    story.cancel()
    order = story.order
    kept = order.cancel_fee_fen
    assert balance(story) == 400 - (400 * kept // TOTAL if kept else 0)


def test_a_refund_gives_spent_points_back_and_takes_earned_ones() -> None:
    story = paying_with(Story.in_town()).settled()
    assert balance(story) == EARNED
    give(story, make_staff(), TOTAL // 2)
    assert balance(story) == EARNED - EARNED // 2 + 200
    give(story, make_staff())
    assert balance(story) == 400


def test_a_customer_who_is_somebody_else_has_nothing_of_it() -> None:
    Story.in_town().settled()
    assert points_selectors.balance_of(make_customer()) == 0


def rich(number: int = 1_000) -> User:
    """A customer with so many points, in a town where somebody works."""
    make_city()
    make_worker(on_duty=True)
    customer = make_customer()
    enrich(customer, number)
    return customer


def test_points_are_a_line_of_the_order_that_the_platform_bears() -> None:
    customer = rich()
    story = Story.placed(customer, make_service(), quoted_fen=TOTAL - 800, points=800)
    order = story.order
    assert (order.total_fen, order.discount_fen, order.discount_worker_fen) == (TOTAL - 800, 800, 0)
    line = order.lines.get(rule="points")
    assert (line.name, line.amount_fen, line.rule_version) == ("积分抵扣", -800, PointsRule.objects.get().pk)
    assert balance(story) == 200
    story.settled()
    assert books(story) == {"cash": TOTAL - 800, "coupons": 800, "commission": -2_180, "worker_payable": -8_720}
    assert balance(story) == 200 + (TOTAL - 800) // 100
    give(story, make_staff())
    assert balance(story) == 1_000
    assert [one for one in ledger_disagreements() if one.check != "we have what the gateway has"] == []


def test_they_come_after_campaign_and_coupon() -> None:
    customer = rich()
    make_campaign(cut(1_000))
    coupon = coupon_of(customer, cut(2_000))
    facts: dict[str, Any] = {"coupon_id": coupon.pk, "points": 900}
    story = Story.placed(customer, make_service(), quoted_fen=TOTAL - 3_900, **facts)
    assert [line.amount_fen for line in story.order.lines.all()] == [9_900, 1_000, -1_000, -2_000, -900]
    story.step(Move.PAYMENT_LAPSED)
    coupon.refresh_from_db()
    assert (coupon.state, balance(story)) == ("unused", 1_000)


@pytest.mark.parametrize(
    ("points", "quoted", "code"),
    [
        (150, TOTAL - 150, "points_not_accepted"),
        (5_500, TOTAL - 5_500, "points_not_accepted"),
        (1_100, TOTAL - 1_100, "points_too_few"),
        (500, TOTAL, "price_changed"),
    ],
)
def test_an_order_that_they_cannot_pay_is_not_made(points: int, quoted: int, code: str) -> None:
    customer = rich()
    with pytest.raises(DoorbellError, match=code):
        Story.placed(customer, make_service(), quoted_fen=quoted, points=points)
    assert not Order.objects.exists()
    assert points_selectors.balance_of(customer) == 1_000


def test_the_quote_says_how_many_and_with_them_what_is_left() -> None:
    customer, service = rich(), make_service()
    asked = {"service_id": service.pk, "address_id": make_address(customer).pk}
    plain = body_of(Api(customer).post("/quotes", asked))
    assert (plain["total_fen"], plain["points"]) == (TOTAL, {"balance": 1_000, "most": 1_000, "off_fen": 1_000})
    paid = body_of(Api(customer).post("/quotes", asked | {"points": 700}))
    assert (paid["total_fen"], paid["points"]) == (TOTAL - 700, plain["points"])
    assert paid["lines"][-1] == {
        "name": "积分抵扣",
        "quantity": 1,
        "unit": "",
        "unit_price_fen": -700,
        "amount_fen": -700,
        "rule": "points",
        "rule_version": PointsRule.objects.get().pk,
    }
    refused = Api(customer).post("/quotes", asked | {"points": 6_000})
    assert refusal(refused) == (409, "points_not_accepted")
    assert refusal(Api(customer).post("/quotes", asked | {"points": 1_100})) == (409, "points_too_few")
    services.put_points_rule(actor=None, data={"earn_bp": 100})
    assert body_of(Api(customer).post("/quotes", asked))["points"] is None


def test_a_second_order_does_not_spend_the_same_points() -> None:
    customer = rich(1_000)
    Story.placed(customer, make_service(), quoted_fen=TOTAL - 1_000, points=1_000)
    with pytest.raises(DoorbellError, match="points_too_few"):
        Story.placed(customer, make_service(), quoted_fen=TOTAL - 100, points=100, starts_at=tomorrow(15))


def paid_with_half(number: int = 5_000) -> Story:
    """So many of his ten thousand points pay the better half."""
    return Story.placed(rich(10_000), make_service(), quoted_fen=TOTAL - number, points=number).pay()


def moved(story: Story, price_fen: int) -> Story:
    """To another address of his, where the service costs so much."""
    make_service(price_fen=price_fen)
    assert story.change_address(make_address(story.order.customer, place="文三路 9 号")).outcome.done
    return story


def nothing_is_wrong() -> bool:
    return [one for one in ledger_disagreements() if one.check != "we have what the gateway has"] == []


def test_points_that_pay_no_part_of_a_cheaper_price_come_back() -> None:
    story = moved(paid_with_half(), 2_000)
    order = story.order
    assert (order.total_fen, order.discount_fen, order.refund_fen) == (1, 2_999, TOTAL - 5_001)
    assert balance(story) == 5_000 + 2_001
    assert [line.amount_fen for line in order.lines.all()] == [9_900, 1_000, -2_999, -7_900]
    assert nothing_is_wrong()


def test_they_stay_spent_where_the_cheaper_price_has_room_for_all_of_them() -> None:
    story = moved(paid_with_half(), 8_000)
    assert (story.order.total_fen, balance(story)) == (4_000, 5_000)


def test_a_price_that_falls_again_gives_back_more_though_there_is_no_less_to_pay() -> None:
    story = moved(moved(paid_with_half(), 2_000), 1_500)
    assert (story.order.total_fen, story.order.discount_fen, balance(story)) == (1, 2_499, 7_501)
    assert nothing_is_wrong()
    story.cancel()
    assert balance(story) == 10_000


def test_points_that_came_back_pay_nothing_of_a_price_that_rises_again() -> None:
    story = moved(moved(paid_with_half(), 2_000), 12_900).pay_extra()
    assert (story.order.total_fen, story.order.discount_fen, balance(story)) == (13_900 - 2_999, 2_999, 7_001)
    story.given_back().offer().accept().depart().arrive().start().tick_all().finish().confirm().settle()
    assert books(story)["coupons"] == 2_999
    assert nothing_is_wrong()


def test_parts_of_a_point_come_back_when_they_are_a_whole_one() -> None:
    services.put_points_rule(actor=None, data={"per_yuan": 1, "spend_bp": 5_000, "spend_step": 1})
    story = Story.placed(rich(50), make_service(), quoted_fen=TOTAL - 5_000, points=50).pay()
    moved(story, 3_902)
    assert (story.order.discount_fen, balance(story), points_selectors.paid_by_points(story.id)) == (4_901, 0, 4_901)
    moved(story, 3_803)
    assert (story.order.discount_fen, balance(story), points_selectors.paid_by_points(story.id)) == (4_802, 1, 4_802)
    story.cancel()
    assert balance(story) == 50
    assert nothing_is_wrong()


@pytest.mark.parametrize("parts", [[1, 1, 1], [5_000, 3_000]])
def test_of_the_points_that_stayed_a_refund_brings_back_its_part(parts: list[int]) -> None:
    story, staff = moved(moved(paid_with_half(), 2_000), 12_900).pay_extra(), make_staff()
    story.given_back().offer().accept().depart().arrive().start()
    total, gone = story.order.total_fen, 0
    for part in parts:
        gone += part
        assert give(story, staff, part).outcome.done
        assert balance(story) == 7_001 + 2_999 * gone // total
    give(story, staff)
    assert balance(story) == 10_000
    assert nothing_is_wrong()


def test_a_campaign_that_shrank_stays_small_when_the_price_rises_again() -> None:
    campaign = make_campaign(cut(5_000))
    story = Story.placed(rich(), make_service(), quoted_fen=TOTAL - 5_000).pay()
    story = moved(moved(story, 2_000), 12_900).pay_extra()
    assert (story.order.total_fen, story.order.discount_fen) == (13_900 - 2_999, 2_999)
    story.given_back().offer().accept().depart().arrive().start().tick_all().finish().confirm().settle()
    assert books(story)["worker_payable"] == -13_900 * 8 // 10
    assert nothing_is_wrong()
    effect = effect_of_campaign(actor=make_staff(), campaign_id=campaign.pk)
    assert (effect.used, effect.off_fen, effect.cost_fen) == (1, 2_999, 2_999)


def test_a_campaign_that_shrank_has_so_much_of_its_budget_back_and_later_the_rest() -> None:
    campaign = make_campaign(cut(5_000))
    story = moved(Story.placed(rich(), make_service(), quoted_fen=TOTAL - 5_000).pay(), 2_000)
    campaign.refresh_from_db()
    assert held_by_uses(campaign) == campaign.held_fen == 2_999
    story.cancel()
    campaign.refresh_from_db()
    assert held_by_uses(campaign) == campaign.held_fen == 0


def test_a_coupon_that_shrank_says_what_it_takes_off() -> None:
    customer = rich()
    coupon = coupon_of(customer, cut(5_000))
    story = Story.placed(customer, make_service(), quoted_fen=TOTAL - 5_000, coupon_id=coupon.pk).pay()
    moved(story, 2_000)
    effect = effect_of_kind(actor=make_staff(), kind_id=coupon.kind_id)
    assert (effect.used, effect.off_fen) == (1, 2_999)


def test_where_points_shrink_the_worker_bears_his_campaign_as_before() -> None:
    make_campaign(cut(1_000, worker_bp=10_000))
    story = Story.placed(rich(10_000), make_service(), quoted_fen=TOTAL - 5_000, points=4_000).pay()
    assert (story.order.discount_fen, story.order.discount_worker_fen) == (5_000, 1_000)
    moved(story, 2_000)
    # A price of 3,000: the campaign takes its 1,000 off, and all but a fen of the rest is points.
    assert (story.order.total_fen, story.order.discount_fen, story.order.discount_worker_fen) == (1, 2_999, 1_000)
    story.given_back().offer().accept().depart().arrive().start().tick_all().finish().confirm().settle()
    assert books(story)["worker_payable"] == -(3_000 * 8 // 10 - 1_000)
    assert nothing_is_wrong()


def test_where_a_campaign_shrinks_the_worker_bears_what_is_his_of_that() -> None:
    make_campaign(cut(5_000, worker_bp=4_000))
    story = moved(Story.placed(rich(), make_service(), quoted_fen=TOTAL - 5_000).pay(), 2_000)
    assert (story.order.discount_fen, story.order.discount_worker_fen) == (2_999, 2_999 * 4 // 10)


def test_what_came_back_already_is_lessened_no_more() -> None:
    """All of the money went back, and with it the campaign; then the visit goes where it costs less."""
    campaign = make_campaign(cut(5_000))
    story = Story.placed(rich(), make_service(), quoted_fen=TOTAL - 5_000).pay()
    services.give_back(order_id=story.id)
    services.lessen(order_id=story.id, less={f"campaign:{campaign.pk}": 2_001})
    campaign.refresh_from_db()
    assert held_by_uses(campaign) == campaign.held_fen == 0
