"""What a campaign, or a batch of coupons, has come to so far: beside what was reckoned before it went live. Fen."""

from collections.abc import Mapping
from dataclasses import dataclass

from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing.models import CampaignUse, Coupon
from web.marketing.models.campaign import HELD, USED
from web.marketing.selectors import campaigns_visible_to, kinds_visible_to
from web.orders.customers import outcomes_of
from web.orders.discounts import CAMPAIGN, COUPON


@dataclass(frozen=True)
class Effect:
    """issued: coupons given out; of a campaign, orders that had it, with those that came to nothing. used: orders that
    were paid with it and stand. income_fen: what customers paid for these, refunds aside. off_fen: what it took off
    them. cost_fen: what of that the platform bore on those that are settled. new_customers: for so many it was the
    first order they paid for; settled_new: and of these so many are settled.
    """

    issued: int
    used: int
    held: int
    income_fen: int
    off_fen: int
    cost_fen: int
    new_customers: int
    settled_new: int

    @property
    def cost_per_new_fen(self) -> int | None:
        """Of what is settled; None where there was none."""
        return self.cost_fen // self.settled_new if self.settled_new else None


def effect_of_campaign(*, actor: User, campaign_id: int) -> Effect:
    """Raises DoorbellError not_found for who does not see it."""
    if not campaigns_visible_to(actor).filter(pk=campaign_id).exists():
        raise DoorbellError("not_found")
    uses = CampaignUse.objects.filter(campaign_id=campaign_id)
    rules = dict.fromkeys(uses.filter(state=USED).values_list("order_id", flat=True), f"{CAMPAIGN}{campaign_id}")
    return _effect(uses.count(), uses.filter(state=HELD).count(), rules)


def effect_of_kind(*, actor: User, kind_id: int) -> Effect:
    """Raises DoorbellError not_found for who does not see it."""
    kind = kinds_visible_to(actor).filter(pk=kind_id).first()
    if kind is None:
        raise DoorbellError("not_found")
    coupons = Coupon.objects.filter(kind=kind)
    used = coupons.filter(state=Coupon.USED).values_list("order_id", "pk")
    rules = {order_id: f"{COUPON}{pk}" for order_id, pk in used if order_id is not None}
    return _effect(kind.issued, coupons.filter(state=Coupon.HELD).count(), rules)


def _effect(issued: int, held: int, rules: Mapping[int, str]) -> Effect:
    outcomes = list(outcomes_of(rules))
    return Effect(
        issued=issued,
        used=len(outcomes),
        held=held,
        income_fen=sum(one.paid_fen for one in outcomes),
        off_fen=sum(one.off_fen for one in outcomes),
        cost_fen=sum(one.cost_fen for one in outcomes),
        new_customers=sum(one.is_first for one in outcomes),
        settled_new=sum(one.is_first and one.is_settled for one in outcomes),
    )
