"""An order with discounts, from its price to the end of its money: who pays, who earns, who bears it."""

from typing import Any

import pytest

from tests.web.marketing.offers import cut, give, make_campaign, said
from tests.web.marketing.wealth import enrich
from tests.web.orders.story import Story, terms, tomorrow
from tests.web.orders.test_refunding import books
from tests.web.orders.test_refunding import give as give_money
from tests.web.people import Api, body_of, make_address, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import User
from web.ledger.checking import Disagreement, disagreements
from web.ledger.selectors import balance_of, earnings_of
from web.marketing import points_selectors
from web.marketing import services as marketing
from web.marketing.models import CampaignUse, Coupon
from web.orders.discounts import Discount
from web.orders.fees import Cancellation
from web.orders.pricing import PICKED
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

PRICE, COMMISSION, EARNED = 10_900, 2_180, 8_720


@pytest.fixture
def customer() -> User:
    make_city()
    make_worker(on_duty=True)
    return make_customer()


def placed(customer: User, *, off_fen: int, coupon: Coupon | None = None, **booking: Any) -> Story:
    """An order at a price that is lower by so much."""
    booking |= {"coupon_id": coupon.pk} if coupon else {}
    return Story.placed(customer, make_service(), quoted_fen=PRICE - off_fen, **booking)


def wrong() -> list[Disagreement]:
    """What does not add up; `given_back` asks no gateway."""
    return [one for one in disagreements() if one.check != "we have what the gateway has"]


def state_of(coupon: Coupon) -> tuple[str, int | None]:
    coupon.refresh_from_db()
    return coupon.state, coupon.order_id


def test_a_campaign_is_on_the_price_and_the_platform_bears_it(customer: User) -> None:
    campaign = make_campaign(cut(1_000))
    story = placed(customer, off_fen=1_000)
    order = story.order
    assert (order.total_fen, order.discount_fen, order.discount_worker_fen) == (9_900, 1_000, 0)
    lines = list(order.lines.values_list("rule", "rule_version", "amount_fen", "discount_fen"))
    assert lines == [
        ("service_price", 1, 9_900, 908),
        ("visit_fee", 1, 1_000, 92),
        (f"campaign:{campaign.pk}", 1, -1_000, 0),
    ]
    story.accepted().depart().arrive().start().tick_all().finish().confirm().settle()
    assert books(story) == {
        "cash": 9_900,
        "coupons": 1_000,
        "commission": -COMMISSION,
        "worker_payable": -EARNED,
    }
    assert CampaignUse.objects.get().state == "used"
    assert wrong() == []


def test_the_worker_is_offered_what_he_earns_without_the_discount(customer: User) -> None:
    make_campaign(cut(1_000))
    assert placed(customer, off_fen=1_000).pay().offer().offered.pay_fen == EARNED


def test_what_the_worker_bears_he_earns_less(customer: User) -> None:
    make_campaign(cut(1_000, worker_bp=4_000))
    story = placed(customer, off_fen=1_000).pay().offer()
    assert story.offered.pay_fen == EARNED - 400
    story.accept().depart().arrive().start().tick_all().finish().confirm().settle()
    assert books(story) == {"cash": 9_900, "coupons": 600, "commission": -COMMISSION, "worker_payable": 400 - EARNED}
    assert wrong() == []


def test_what_is_more_than_he_earns_the_platform_bears_after_all(customer: User) -> None:
    make_campaign(cut(10_000, worker_bp=10_000))
    story = placed(customer, off_fen=10_000).settled()
    assert books(story) == {"cash": 900, "coupons": 10_000 - EARNED, "commission": -COMMISSION}
    assert (story.order.discount_fen, story.order.discount_worker_fen) == (10_000, EARNED)
    assert wrong() == []


def test_his_earnings_say_what_the_platform_added(customer: User) -> None:
    make_campaign(cut(1_000))
    story = placed(customer, off_fen=1_000).settled()
    (earning,) = earnings_of(story.worker)
    assert earning["amount_fen"] == EARNED
    assert {one["label"]: one["amount_fen"] for one in earning["explained"]} == {
        "用户支付": 9_900,
        "平台承担的优惠": 1_000,
        "平台佣金": -COMMISSION,
    }


def test_a_coupon_is_kept_with_the_order_used_when_it_is_paid(customer: User) -> None:
    coupon = give(customer, cut(2_000))
    story = placed(customer, off_fen=2_000, coupon=coupon)
    assert state_of(coupon) == ("held", story.id)
    story.pay()
    assert state_of(coupon) == ("used", story.id)
    assert coupon.used_at
    assert coupon.amount_fen == 2_000


def test_a_coupon_comes_back_when_the_order_is_not_paid(customer: User) -> None:
    coupon = give(customer, cut(2_000))
    story = placed(customer, off_fen=2_000, coupon=coupon)
    assert story.step(Move.PAYMENT_LAPSED).outcome.done
    assert state_of(coupon) == ("unused", None)
    assert story.order.discount_fen == 0
    assert wrong() == []


@pytest.mark.parametrize("paid", [False, True])
def test_a_coupon_comes_back_when_the_order_is_cancelled(customer: User, *, paid: bool) -> None:
    campaign = make_campaign(cut(500), budget_fen=500)
    coupon = give(customer, cut(2_000))
    story = placed(customer, off_fen=2_500, coupon=coupon)
    if paid:
        story.pay()
    story.cancel()
    assert state_of(coupon) == ("unused", None)
    campaign.refresh_from_db()
    assert campaign.held_fen == 0
    assert CampaignUse.objects.get().state == "returned"
    assert story.given_back().order.discount_fen == 0
    assert wrong() == []
    assert books(story) == {}


def test_a_fee_is_of_what_was_paid_and_no_discount_is_shared_out_with_it(customer: User) -> None:
    make_campaign(cut(5_000))
    terms("cancellation", by_phase=_fee_of_all())
    story = placed(customer, off_fen=5_000).accepted()
    story.cancel()
    assert story.order.cancel_fee_fen == 5_900
    assert books(story) == {"cash": 5_900, "fees": -1_180, "worker_payable": -4_720}
    assert wrong() == []


def test_work_that_was_begun_is_paid_with_the_platforms_part_of_the_discount(customer: User) -> None:
    make_campaign(cut(900))
    story = placed(customer, off_fen=900).in_service()
    story.ask(make_staff(), Move.CALL_OFF, refund_bp=5_000, reason="dispute", worker_share_bp=8_000)
    assert story.order.phase == Phase.CANCELLED
    # Half of 100.00 is kept, and half of the 9.00 is added.
    assert books(story.given_back()) == {"cash": 5_000, "coupons": 450, "fees": -1_090, "worker_payable": -4_360}
    assert story.order.discount_fen == 450
    assert wrong() == []


def test_when_nothing_of_begun_work_is_kept_the_coupon_comes_back(customer: User) -> None:
    coupon = give(customer, cut(2_000))
    story = placed(customer, off_fen=2_000, coupon=coupon).in_service()
    story.ask(make_staff(), Move.CALL_OFF, refund_bp=10_000, reason="dispute")
    assert state_of(coupon) == ("unused", None)
    assert books(story.given_back()) == {}
    assert wrong() == []


@pytest.mark.parametrize("parts", [[7_900], [3_333, 1, 4_566], [1] * 5 + [7_895]])
@pytest.mark.parametrize("worker_bp", [0, 3_000, 10_000])
@pytest.mark.parametrize("settled", [True, False])
def test_when_all_of_it_went_back_nobody_has_anything_left_of_it(
    customer: User, parts: list[int], worker_bp: int, *, settled: bool
) -> None:
    coupon = give(customer, cut(3_000, worker_bp=worker_bp))
    story, staff = placed(customer, off_fen=3_000, coupon=coupon), make_staff()
    story = story.settled() if settled else story.in_service()
    for part in parts:
        assert state_of(coupon)[0] == "used"
        assert give_money(story, staff, part).outcome.done
        assert wrong() == []
    assert state_of(coupon) == ("unused", None)
    story.given_back()
    assert balance_of(story.worker) == 0
    assert books(story) == {}
    assert story.order.discount_fen == 0


def test_a_line_gives_back_what_was_paid_for_it_and_undoes_its_part_of_the_discount(customer: User) -> None:
    make_campaign(cut(1_090))
    story, staff = placed(customer, off_fen=1_090).settled(), make_staff()
    assert give_money(story, staff, 901, line=2).outcome.code == "refund_too_large"
    assert give_money(story, staff, line=2).outcome.done
    # As if there had been no way to pay for: 99.00 at 9.90 less.
    assert books(story.given_back()) == {"cash": 8_910, "coupons": 990, "commission": -1_980, "worker_payable": -7_920}
    assert give_money(story, staff, 1, line=2).outcome.code == "refund_too_large"
    assert give_money(story, staff, line=1).outcome.done
    assert books(story.given_back()) == {}
    assert wrong() == []


def test_the_line_that_takes_off_gives_nothing_back(customer: User) -> None:
    make_campaign(cut(1_000))
    story = placed(customer, off_fen=1_000).in_service()
    assert give_money(story, make_staff(), line=3).outcome.code == "refund_too_large"


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("worker_bp", [0, 4_000, 10_000])
def test_a_coupon_that_comes_back_costs_nobody_anything_whoever_bears_the_refund(
    customer: User, worker_bp: int, *, settled: bool
) -> None:
    """Made good by the platform, as if its customer had paid the whole price; the worker earns as for that."""
    coupon, campaign = give(customer, cut(1_000, worker_bp=worker_bp)), make_campaign(cut(500), budget_fen=500)
    story = placed(customer, off_fen=1_500, coupon=coupon)
    story = story.settled() if settled else story.in_service()
    give_money(story, make_staff(), bearer="platform")
    if not settled:
        assert state_of(coupon) == ("used", story.id)
        story.tick_all().finish().confirm().settle()
    assert state_of(coupon) == ("unused", None)
    campaign.refresh_from_db()
    assert campaign.held_fen == 0
    assert (story.order.discount_fen, story.order.discount_worker_fen) == (0, 0)
    assert books(story.given_back()) == {
        "commission": -COMMISSION,
        "compensation": PRICE,
        "worker_payable": -EARNED,
    }
    assert wrong() == []


@pytest.mark.parametrize("settled_before", [0, 1, 3])
@pytest.mark.parametrize("bearers", ["ppp", "pps", "psp", "ssp", "sss"])
def test_a_coupon_is_free_exactly_when_nobody_bears_anything_of_it(
    customer: User, bearers: str, settled_before: int
) -> None:
    """Three refunds, each at both's expense or the platform's, the settlement before one of them or after all."""
    coupon, staff = give(customer, cut(3_000, worker_bp=2_500)), make_staff()
    story = placed(customer, off_fen=3_000, coupon=coupon).in_service()
    for number, (bearer, fen) in enumerate(zip(bearers, (3_333, 1, 4_566), strict=True)):
        if number == settled_before:
            story.tick_all().finish().confirm().settle()
        assert state_of(coupon)[0] == "used"
        assert give_money(story, staff, fen, bearer={"p": "platform", "s": "shared"}[bearer]).outcome.done
        assert wrong() == []
    if settled_before == len(bearers):
        story.tick_all().finish().confirm().settle()
    assert state_of(coupon) == ("unused", None)
    assert (story.order.discount_fen, books(story.given_back()).get("coupons", 0)) == (0, 0)
    assert wrong() == []


def test_points_that_come_back_cost_nothing_either(customer: User) -> None:
    marketing.put_points_rule(actor=None, data={"spend_bp": 5_000})
    enrich(customer, 1_000)
    story = placed(customer, off_fen=1_000, points=1_000).settled()
    give_money(story, make_staff(), bearer="platform")
    assert points_selectors.balance_of(customer) == 1_000
    assert books(story.given_back()) == {"commission": -COMMISSION, "compensation": PRICE, "worker_payable": -EARNED}
    assert wrong() == []


def test_a_supplement_is_on_top_and_not_discounted(customer: User) -> None:
    make_campaign(cut(1_000))
    story = placed(customer, off_fen=1_000).in_service().propose_extra(2_000).answer(Move.APPROVE).pay_extra()
    story.tick_all().finish().confirm().settle()
    assert books(story) == {"cash": 11_900, "coupons": 1_000, "commission": -2_580, "worker_payable": -10_320}
    assert wrong() == []


def test_what_was_taken_off_stays_off_at_another_address(customer: User) -> None:
    make_campaign(cut(1_000))
    story = placed(customer, off_fen=1_000).pay()
    make_service(price_fen=12_900)
    result = story.change_address(make_address(customer, place="文三路 9 号"))
    assert result.outcome.done
    story.pay_extra()
    assert story.order.total_fen == 12_900
    assert story.order.discount_fen == 1_000
    assert wrong() == []


def test_a_discount_shrinks_with_a_price_that_falls_below_it(customer: User) -> None:
    make_campaign(cut(5_000))
    story = placed(customer, off_fen=5_000).pay()
    make_service(price_fen=2_000)
    assert story.change_address(make_address(customer, place="文三路 9 号")).outcome.done
    assert (story.order.total_fen, story.order.discount_fen) == (1, 2_999)
    story.given_back().offer().accept().depart().arrive().start().tick_all().finish().confirm().settle()
    assert books(story) == {"cash": 1, "coupons": 2_999, "commission": -600, "worker_payable": -2_400}
    assert wrong() == []


def test_the_price_has_to_be_the_one_that_was_shown(customer: User) -> None:
    make_campaign(cut(1_000))
    service, address = make_service(), make_address(customer)
    body = {
        "service_id": service.pk,
        "address_id": address.pk,
        "starts_at": Story.placed(make_customer(), service, quoted_fen=9_900).order.starts_at.isoformat(),
        "quoted_fen": PRICE,
    }
    answer = Api(customer).post("/orders", body, idempotency_key="k-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")
    assert sum(line["amount_fen"] for line in answer.json()["details"]["lines"]) == 9_900


def test_an_order_names_the_version_that_it_got(customer: User) -> None:
    campaign = make_campaign(cut(1_000))
    first = placed(customer, off_fen=1_000)
    first.cancel()
    marketing.revise_campaign(actor=make_staff(), campaign_id=campaign.pk, said=said(cut(1_500)), reason="加大力度")
    second = placed(customer, off_fen=1_500)
    versions = [story.order.lines.get(rule=f"campaign:{campaign.pk}").rule_version for story in (first, second)]
    assert versions == [1, 2]


def _fee_of_all() -> dict[str, Any]:
    phases: dict[str, Any] = Cancellation().model_dump(mode="json")["by_phase"]
    return phases | {"ACCEPTED": {"share_bp": 10_000}}


@pytest.mark.parametrize("worker_bp", [0, 10_000])
def test_a_line_without_a_discount_gives_back_what_it_cost(customer: User, worker_bp: int) -> None:
    make_campaign(cut(9_000, covers="chosen", worker_bp=worker_bp))
    story, staff = placed(customer, off_fen=9_000).settled(), make_staff()
    assert give_money(story, staff, line=2).outcome.done
    assert story.order.discount_fen == 9_000
    assert wrong() == []
    assert give_money(story, staff, line=1).outcome.done
    assert books(story.given_back()) == {}
    assert wrong() == []


def picked_for_half(customer: User) -> tuple[User, Story]:
    """Whom he picked comes from farther, and half of everything is taken off."""
    far = make_worker(on_duty=True, home=(120.02, 30.27)).user
    terms("pricing", visit_fee={"free_m": 1_000, "km_fen": 200})
    make_campaign(Discount(off_bp=5_000))
    service, address = make_service(), make_address(customer)
    body = {"service_id": service.pk, "address_id": address.pk, "starts_at": tomorrow().isoformat()}
    quote = body_of(Api(customer).post("/quotes", body | {"worker_id": far.pk}))
    with_each = body_of(Api(customer).post("/quotes/workers", body))["workers"]
    assert {one["id"]: one["total_fen"] for one in with_each}[far.pk] == quote["total_fen"]
    return far, Story.placed(customer, service, address=address, quoted_fen=quote["total_fen"], worker_id=far.pk)


def test_a_discount_on_a_pick_ends_with_it(customer: User) -> None:
    """He hands the order back: what was paid for him goes back, no more."""
    far, story = picked_for_half(customer)
    total, picked = story.order.total_fen, story.order.lines.get(rule=PICKED)
    assert story.order.picked_fen == picked.amount_fen - picked.discount_fen > 0
    story.accepted().ask(far, Move.HAND_BACK, reason="other")
    story.offer().accept().given_back().depart().arrive().start().tick_all().finish().confirm().settle()
    assert story.order.total_fen == total - (picked.amount_fen - picked.discount_fen)
    assert wrong() == []
    # As much as it would have been without him, and without the discount, less the commission.
    assert books(story)["worker_payable"] == -8_720


@pytest.mark.parametrize("left_fen", [100, 1])
def test_where_less_of_a_pick_goes_back_less_of_its_discount_ends(customer: User, left_fen: int) -> None:
    """The platform has given back nearly all of it before; the worker loses no more than the customer gets."""
    far, story = picked_for_half(customer)
    picked, staff = story.order.lines.get(rule=PICKED), make_staff()
    off_fen = story.in_service().order.discount_fen
    assert give_money(story, staff, story.order.total_fen - left_fen, bearer="platform").outcome.done
    story.report(far)
    assert story.ask(staff, Move.SEND_SOMEBODY_ELSE, failed=False).outcome.done
    story.offer()
    assert story.order.picked_worker_id is None
    ended_fen = picked.discount_fen * left_fen // (picked.amount_fen - picked.discount_fen)
    assert story.order.discount_fen == off_fen - ended_fen > off_fen - picked.discount_fen
    assert wrong() == []
