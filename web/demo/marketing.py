"""What the demo's city has on offer: campaigns, coupons to grab, points and what they are exchanged for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from web.accounts.models import User
from web.marketing import gifts_selectors, selectors
from web.marketing import services as marketing
from web.marketing.services import KindDraft, Offered, Said
from web.ops.trail import edited_by_staff
from web.orders.discounts import Discount, Threshold
from web.times import SHANGHAI

if TYPE_CHECKING:
    from web.marketing.models import Campaign, CouponKind

FIRST_DAY, LAST_DAY = datetime(2026, 1, 1, tzinfo=SHANGHAI), datetime(2036, 1, 1, tzinfo=SHANGHAI)
"""Any day on which somebody looks at the demo is in between."""

CAMPAIGNS = (
    ("off", "家政满减", "满 200 减 20，满 500 减 60", Discount(
        steps=(Threshold(at_least_fen=20_000, off_fen=2_000), Threshold(at_least_fen=50_000, off_fen=6_000)),
        categories=("cleaning",), group="season",
    )),
    ("newcomer", "新客首单立减", "第一次下单立减 15 元", Discount(
        steps=(Threshold(at_least_fen=6_000, off_fen=1_500),), new_customers=True,
    )),
)  # fmt: skip
GRABBED = KindDraft("家电清洗 85 折券", Discount(off_bp=1_500, at_most_fen=3_000), "grabbed", stock=500, days=15)
EXCHANGED = KindDraft(
    "积分兑换 10 元券",
    Discount(steps=(Threshold(at_least_fen=5_000, off_fen=1_000),)),
    "exchanged",
    per_person=0,
    days=30,
)
COUPONS = (GRABBED, EXCHANGED)
POINTS = {"earn_bp": 100, "spend_bp": 2_000, "spend_step": 100, "months": 12}


def seed_marketing(city: str, *, by: User) -> dict[str, list[int]]:
    """Campaigns and coupons by number: {campaigns, coupons} that run in the city. Twice changes nothing, nor does it
    after the staff has edited any.
    """
    known = selectors.campaigns_visible_to(by).filter(city=city).order_by("-pk")
    made = {one.versions.earliest("pk").name: one.pk for one in known}
    campaigns = _once(made, {said[1]: partial(_campaign, *said, city, by) for said in CAMPAIGNS})
    made = {one.name: one.pk for one in selectors.kinds_visible_to(by).filter(city=city).order_by("-pk")}
    coupons = _once(made, {draft.name: partial(_kind, draft, city, by) for draft in COUPONS})
    if not edited_by_staff("marketing.PointsRule", city=city):
        marketing.put_points_rule(actor=by, data=POINTS, city=city)
    if not gifts_selectors.gifts_visible_to(by).exists():
        for offered in (
            Offered("10 元优惠券", 1_000, 1_000, coupon_kind_id=coupons[EXCHANGED.name], on=True, position=1),
            Offered("晴雨伞", 3_000, 50, introduction="快递到家", per_person=1, on=True, position=2),
        ):
            marketing.put_gift(actor=by, offered=offered, city=city)
    return {"campaigns": list(campaigns.values()), "coupons": [coupons[GRABBED.name]]}


def _once(made: Mapping[str, int], makers: Mapping[str, Callable[[], Campaign | CouponKind]]) -> dict[str, int]:
    """Numbers by the name that each was made under, whatever it is called by now."""
    return {name: made[name] if name in made else make().pk for name, make in makers.items()}


def _campaign(kind: str, name: str, text: str, terms: Discount, city: str, by: User) -> Campaign:
    said = Said(name, terms, FIRST_DAY, LAST_DAY, text)
    made = marketing.create_campaign(actor=by, city=city, kind=kind, said=said, reason="演示")
    return marketing.publish_campaign(actor=by, campaign_id=made.pk)


def _kind(draft: KindDraft, city: str, by: User) -> CouponKind:
    made = marketing.create_kind(actor=by, draft=replace(draft, city=city))
    return marketing.publish_kind(actor=by, kind_id=made.pk)
