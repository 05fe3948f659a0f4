"""Reading campaigns and coupons. What is on offer is public; what somebody has is his, and his city's staff's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from web.accounts.models import User
from web.accounts.scope import of_his_city, of_his_city_or_all
from web.marketing.models import Campaign, CampaignUse, Coupon, CouponKind, Newcomer, WhatIfRun
from web.marketing.models.campaign import ENDED, HELD, LIVE, USED
from web.orders import customers
from web.orders.discounts import Reduction
from workflows.transitions import Role

STANDING = (HELD, USED)
"""States of a use that count."""


def campaigns_visible_to(actor: User) -> QuerySet[Campaign]:
    """Staff see their city's and those of all cities; nobody else any this way."""
    return of_his_city_or_all(Campaign.objects.select_related("current"), actor)


def kinds_visible_to(actor: User) -> QuerySet[CouponKind]:
    """As `campaigns_visible_to`."""
    return of_his_city_or_all(CouponKind.objects.all(), actor)


def names_to_choose(actor: User) -> tuple[dict[int, str], dict[int, str]]:
    """(campaigns, batches of coupons) that he sees and nobody has ended: what each is called, by its number."""
    campaigns = campaigns_visible_to(actor).exclude(state=ENDED).exclude(current=None)
    kinds = kinds_visible_to(actor).exclude(state=ENDED)
    return dict(campaigns.values_list("pk", "current__name")), dict(kinds.values_list("pk", "name"))


def kinds_in_charge_of(actor: User) -> QuerySet[CouponKind]:
    """Those that he may send: of all cities only who is staff of all."""
    kinds = kinds_visible_to(actor)
    return kinds if actor.is_everywhere else kinds.exclude(city="")


def what_ifs_visible_to(actor: User) -> QuerySet[WhatIfRun]:
    """Staff see those of their city's orders; those of all cities' are for staff of all cities."""
    return of_his_city(WhatIfRun.objects.select_related("by"), actor)


def city_of_orders(actor: User, city: str) -> str:
    """Whose orders a trial of this actor reads where it is for that city: "" for those of all."""
    return city or ("" if actor.is_everywhere else actor.city)


def newest_what_if(actor: User, *, kind: str, subject_id: int, city: str = "") -> WhatIfRun | None:
    """The last one about a campaign or a service, that read what the actor would have it read."""
    runs = what_ifs_visible_to(actor).filter(kind=kind, subject_id=subject_id, city=city_of_orders(actor, city))
    return runs.order_by("-pk").first()


def waiting_what_ifs(*, before: datetime, limit: int = 20) -> list[int]:
    """Those that were asked for before then and have no result, the first in front."""
    waiting = WhatIfRun.objects.filter(done_at=None, asked_at__lt=before).order_by("asked_at", "pk")
    return list(waiting.values_list("pk", flat=True)[:limit])


def coupons_visible_to(actor: User) -> QuerySet[Coupon]:
    """A customer sees his own; staff those of the batches that they see."""
    coupons = Coupon.objects.select_related("kind")
    if actor.role == Role.CUSTOMER:
        return coupons.filter(user=actor)
    return coupons.filter(kind__in=kinds_visible_to(actor))


def coupons_of(actor: User, state: str, *, at: datetime) -> QuerySet[Coupon]:
    """Those of one of `Coupon.SHOWN`, the newest first; unused ones as they will lapse."""
    coupons = coupons_visible_to(actor)
    if state == Coupon.UNUSED:
        return coupons.filter(state=state, until_at__gt=at).order_by("until_at", "pk")
    if state == Coupon.EXPIRED:
        return coupons.filter(state=Coupon.UNUSED, until_at__lte=at).order_by("-until_at", "-pk")
    return coupons.filter(state=state).order_by("-pk")


def campaigns_of(city: str, *, at: datetime) -> QuerySet[Campaign]:
    """What orders of a city get that are placed then; those whose budget is spent aside."""
    live = Campaign.objects.select_related("current").filter(state=LIVE, city__in=["", city])
    live = live.filter(current__from_at__lte=at, current__until_at__gt=at)
    return live.filter(Q(budget_fen=None) | Q(held_fen__lt=F("budget_fen"))).order_by("pk")


def grabbable_kinds(city: str, *, at: datetime) -> QuerySet[CouponKind]:
    """What people of a city can grab then, or could until the last one was gone."""
    kinds = CouponKind.objects.filter(state=LIVE, how=CouponKind.GRABBED, city__in=["", city])
    kinds = kinds.filter(Q(grab_from=None) | Q(grab_from__lte=at), Q(grab_until=None) | Q(grab_until__gt=at))
    return kinds.filter(Q(until_at=None) | Q(until_at__gt=at)).order_by("pk")


@dataclass(frozen=True)
class Offered:
    """What a customer could take off an order now. coupons: his unused ones, the first to lapse in front."""

    campaigns: Sequence[Reduction] = ()
    coupons: Sequence[Coupon] = ()
    is_new: bool = False

    def __bool__(self) -> bool:
        return bool(self.campaigns or self.coupons)


def offered_to(customer_id: int, *, city: str, at: datetime | None = None) -> Offered:
    """See `Offered`."""
    now = at or timezone.now()
    campaigns = list(campaigns_of(city, at=now))
    had = _had(customer_id, [one.pk for one in campaigns if one.per_person])
    reductions = [
        one.current.reduction(one)
        for one in campaigns
        if one.current and not (one.per_person and had.get(one.pk, 0) >= one.per_person)
    ]
    coupons = Coupon.objects.select_related("kind").filter(user_id=customer_id, state=Coupon.UNUSED, until_at__gt=now)
    mine = list(coupons.order_by("until_at", "pk"))
    for_new = any(one.terms.new_customers for one in (*reductions, *(coupon.reduction for coupon in mine)))
    return Offered(reductions, mine, for_new and is_new(customer_id))


def is_new(customer_id: int) -> bool:
    """新客: whoever never paid for an order, whatever became of it (one that was cancelled counts, and one that was
    imported; a free return to make good does not, one that he paid for does), and has none under way with what only new
    customers get. Of prices, home pages and audiences alike.
    """
    return not any(rows.filter(customer_id=customer_id).exists() for rows in of_known_customers())


def of_known_customers() -> tuple[QuerySet[Any], ...]:
    """Rows of customers who are not new, each set by itself: a database reads two faster than the two in one."""
    return customers.paid_for(), Newcomer.objects.all()


def _had(customer_id: int, campaign_ids: Collection[int]) -> dict[int, int]:
    """By campaign: how many orders of his have it."""
    if not campaign_ids:
        return {}
    uses = CampaignUse.objects.filter(customer_id=customer_id, campaign_id__in=campaign_ids, state__in=STANDING)
    return dict(uses.order_by().values_list("campaign_id").annotate(times=Count("pk")))
