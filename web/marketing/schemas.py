"""Bodies of campaigns and coupons."""

from datetime import datetime
from typing import Annotated, Self

from web.marketing.models import Campaign, Coupon, CouponKind
from web.orders.discounts import Discount
from web.schemas import Instant, Schema, listed


class ThresholdCard(Schema):
    """满 at_least_fen 减 off_fen."""

    at_least_fen: int
    off_fen: int


class DiscountCard(Schema):
    """What is taken off: by steps, or off_bp/10000 from at_least_fen on, at most at_most_fen. categories, services:
    what it is for, slugs and ids; empty for all.
    """

    steps: list[ThresholdCard]
    off_bp: int
    at_least_fen: int
    at_most_fen: int | None
    categories: list[str]
    services: list[int]
    new_customers: bool

    @classmethod
    def of(cls, terms: Discount) -> Self:
        """What of its terms concerns a customer."""
        return cls(
            steps=[ThresholdCard(at_least_fen=step.at_least_fen, off_fen=step.off_fen) for step in terms.steps],
            off_bp=terms.off_bp,
            at_least_fen=terms.at_least_fen,
            at_most_fen=terms.at_most_fen,
            categories=list(terms.categories),
            services=list(terms.services),
            new_customers=terms.new_customers,
        )


class CampaignCard(Schema):
    """What every order gets that it fits, without anybody's asking."""

    id: int
    name: str
    introduction: str
    kind: Annotated[str, listed(Campaign.KINDS)]
    until_at: Instant
    discount: DiscountCard

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        """As it is in force."""
        said = campaign.current
        if said is None:
            raise RuntimeError(f"{campaign} says nothing")
        return cls(
            id=campaign.pk,
            name=said.name,
            introduction=said.introduction,
            kind=campaign.kind,
            until_at=said.until_at,
            discount=DiscountCard.of(said.discount),
        )


class KindCard(Schema):
    """A batch of coupons. left: how many there are still; null for no limit. days: so long one is good after receipt,
    where it has no from_at and until_at.
    """

    id: int
    name: str
    introduction: str
    discount: DiscountCard
    left: int | None
    per_person: int
    grab_until: Instant | None
    from_at: Instant | None
    until_at: Instant | None
    days: int | None

    @classmethod
    def of(cls, kind: CouponKind) -> Self:
        """As anybody sees it."""
        return cls(
            id=kind.pk,
            name=kind.name,
            introduction=kind.introduction,
            discount=DiscountCard.of(kind.discount),
            left=kind.left,
            per_person=kind.per_person,
            grab_until=kind.grab_until,
            from_at=kind.from_at,
            until_at=kind.until_at,
            days=kind.days,
        )


class CouponCard(Schema):
    """One of one's own. order_id: what it is kept for, or was used on. why: why one has it."""

    id: int
    kind_id: int
    name: str
    introduction: str
    discount: DiscountCard
    city: str
    state: Annotated[str, listed(Coupon.SHOWN)]
    from_at: Instant
    until_at: Instant
    got_at: Instant
    why: str
    order_id: int | None

    @classmethod
    def of(cls, coupon: Coupon, *, at: datetime) -> Self:
        """As it stands then."""
        kind = coupon.kind
        return cls(
            id=coupon.pk,
            kind_id=kind.pk,
            name=kind.name,
            introduction=kind.introduction,
            discount=DiscountCard.of(kind.discount),
            city=kind.city,
            state=coupon.shown_state(at),
            from_at=coupon.from_at,
            until_at=coupon.until_at,
            got_at=coupon.got_at,
            why=coupon.why,
            order_id=coupon.order_id,
        )
