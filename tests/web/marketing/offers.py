"""Campaigns and coupons for tests, made by staff of every city."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.web.people import make_staff
from web.accounts.models import User
from web.marketing import services as marketing
from web.marketing.models import Campaign, Coupon, CouponKind
from web.marketing.services import KindDraft, Said
from web.orders.discounts import Discount


def cut(fen: int, *, at_least_fen: int = 0, **terms: Any) -> Discount:
    """满减."""
    return Discount.model_validate({"steps": [{"at_least_fen": at_least_fen, "off_fen": fen}], **terms})


def said(terms: Discount, *, name: str = "冬日满减", days: tuple[int, int] = (-1, 30)) -> Said:
    now = timezone.now()
    return Said(name, terms, now + timedelta(days=days[0]), now + timedelta(days=days[1]))


def make_campaign(terms: Discount, *, kind: str = "", city: str = "", live: bool = True, **fields: Any) -> Campaign:
    """Of a kind that goes with its terms."""
    kind = kind or (Campaign.NEWCOMER if terms.new_customers else Campaign.OFF if terms.steps else Campaign.PERCENT)
    staff, days = make_staff(), fields.pop("days", (-1, 30))
    campaign = marketing.create_campaign(
        actor=staff, city=city, kind=kind, said=said(terms, days=days), reason="测试", **fields
    )
    return marketing.publish_campaign(actor=staff, campaign_id=campaign.pk) if live else campaign


def make_kind(terms: Discount, *, live: bool = True, **fields: Any) -> CouponKind:
    """A batch that is sent, good for a week after receipt."""
    values: dict[str, Any] = {"name": "满减券", "how": CouponKind.SENT, "per_person": 0}
    if "until_at" not in fields:
        values["days"] = 7
    staff = make_staff()
    kind = marketing.create_kind(actor=staff, draft=KindDraft(terms=terms, **(values | fields)))
    return marketing.publish_kind(actor=staff, kind_id=kind.pk) if live else kind


def give(user: User, terms: Discount, **fields: Any) -> Coupon:
    """A coupon of a batch of its own."""
    return marketing.grant_coupon(kind_id=make_kind(terms, **fields).pk, user_id=user.pk, why="测试", key="given")
