"""What an order takes of campaigns and coupons: kept with its making, used when it is paid, given back when it comes to
nothing. All in the transaction of the order's own step.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

import hub
from web.errors import DoorbellError
from web.marketing.models import Campaign, CampaignUse, Coupon, Newcomer
from web.marketing.models.campaign import HELD, LIVE, RETURNED, USED
from web.marketing.selectors import STANDING
from web.orders.discounts import CAMPAIGN, COUPON, Reduction
from web.orders.pricing import Line
from web.prepared import insert_once


def hold(*, order_id: int, customer_id: int, lines: Sequence[Line], campaigns: Sequence[Reduction]) -> None:
    """Keep for an order what its lines take off; campaigns: what they were reckoned with.

    Raises DoorbellError coupon_unusable, discount_gone where somebody else, or another order of his, was faster.
    """
    amounts = {line.rule: -line.amount_fen for line in lines}
    with hub.atomic():
        for rule, fen in amounts.items():
            if rule.startswith(COUPON):
                _hold_coupon(_id_of(rule, COUPON), order_id, customer_id, fen)
        taken = [one for one in campaigns if one.rule in amounts]
        if any(one.terms.new_customers for one in taken) or _has_newcomers_coupon(order_id):
            _hold_newcomer(order_id, customer_id)
        # In the order of their ids for everybody, and last: whoever else orders waits for a campaign's row.
        for one in sorted(taken, key=lambda one: one.id):
            _hold_campaign(one, order_id, customer_id, amounts[one.rule])


def use(*, order_id: int) -> None:
    """The order is paid: what was kept for it is used."""
    with hub.atomic():
        Coupon.objects.filter(order_id=order_id, state=Coupon.HELD).update(state=Coupon.USED, used_at=timezone.now())
        CampaignUse.objects.filter(order_id=order_id, state=HELD).update(state=USED)


def give_back(*, order_id: int) -> None:
    """The order came to nothing: its coupon is its owner's again, for as long as it was good or, by its kind's rule,
    some days more; its campaigns have their budget back. A second call finds nothing.
    """
    with hub.atomic():
        for coupon in Coupon.objects.select_for_update(of=("self",)).select_related("kind").filter(order_id=order_id):
            _free(coupon)
        Newcomer.objects.filter(order_id=order_id).delete()
        taken = CampaignUse.objects.select_for_update().filter(order_id=order_id, state__in=STANDING)
        for use in taken.order_by("campaign_id"):
            CampaignUse.objects.filter(pk=use.pk).update(state=RETURNED)
            Campaign.objects.filter(pk=use.campaign_id).update(held_fen=F("held_fen") - use.amount_fen)


def lessen(*, order_id: int, less: Mapping[str, int]) -> None:
    """The order's discounts take off less from now on; rule -> by how many fen. Its campaigns have so much of their
    budget back. What was given back already has nothing to lessen.
    """
    with hub.atomic():
        coupons = {_id_of(rule, COUPON): fen for rule, fen in less.items() if rule.startswith(COUPON)}
        for coupon_id, fen in coupons.items():
            Coupon.objects.filter(pk=coupon_id, order_id=order_id).update(amount_fen=F("amount_fen") - fen)
        campaigns = {_id_of(rule, CAMPAIGN): fen for rule, fen in less.items() if rule.startswith(CAMPAIGN)}
        for campaign_id, fen in sorted(campaigns.items()):
            # Who gives it back at once has given back all of it: one of the two finds it standing.
            standing = CampaignUse.objects.filter(campaign_id=campaign_id, order_id=order_id, state__in=STANDING)
            if standing.update(amount_fen=F("amount_fen") - fen):
                Campaign.objects.filter(pk=campaign_id).update(held_fen=F("held_fen") - fen)


def _id_of(rule: str, kind: str) -> int:
    return int(rule.removeprefix(kind))


def _free(coupon: Coupon) -> None:
    until_at = coupon.until_at
    if coupon.kind.return_days:
        until_at = max(until_at, timezone.now() + timedelta(days=coupon.kind.return_days))
    Coupon.objects.filter(pk=coupon.pk).update(
        state=Coupon.UNUSED, order_id=None, amount_fen=0, used_at=None, until_at=until_at
    )


def _hold_coupon(coupon_id: int, order_id: int, customer_id: int, fen: int) -> None:
    now = timezone.now()
    # Two orders at once: one of them finds it unused.
    unused = Coupon.objects.filter(
        pk=coupon_id, user_id=customer_id, state=Coupon.UNUSED, from_at__lte=now, until_at__gt=now
    )
    if unused.update(state=Coupon.HELD, order_id=order_id, amount_fen=fen) != 1:
        raise DoorbellError("coupon_unusable", details={"why": "not_unused"})


def _has_newcomers_coupon(order_id: int) -> bool:
    return Coupon.objects.filter(order_id=order_id, kind__terms__new_customers=True).exists()


def _hold_newcomer(order_id: int, customer_id: int) -> None:
    # Somebody is new once, be it by a campaign or by a coupon: of two orders at once the database knows the first.
    if not insert_once(Newcomer(customer_id=customer_id, order_id=order_id)):
        raise DoorbellError("discount_gone")


def _hold_campaign(one: Reduction, order_id: int, customer_id: int, fen: int) -> None:
    campaign = Campaign.objects.get(pk=one.id)
    uses = CampaignUse.objects.filter(campaign=campaign, customer_id=customer_id, state__in=STANDING)
    # One from before there was a limit has no number, and counts all the same.
    taken = list(uses.values_list("nth", flat=True)) if campaign.per_person else []
    numbers = range(1, campaign.per_person + 1) if len(taken) < campaign.per_person else ()
    free = next((nth for nth in numbers if nth not in taken), 0)
    if campaign.per_person and not free:
        raise DoorbellError("discount_gone")
    use = CampaignUse(
        campaign=campaign,
        version=one.version,
        order_id=order_id,
        customer_id=customer_id,
        amount_fen=fen,
        nth=free,
    )
    # The database knows whether he has this nth use already.
    if not insert_once(use) or not _within_budget(campaign.pk, fen):
        raise DoorbellError("discount_gone")


def _within_budget(campaign_id: int, fen: int) -> bool:
    live = Campaign.objects.filter(pk=campaign_id, state=LIVE)
    enough = live.filter(Q(budget_fen=None) | Q(budget_fen__gte=F("held_fen") + fen))
    return enough.update(held_fen=F("held_fen") + fen) == 1
