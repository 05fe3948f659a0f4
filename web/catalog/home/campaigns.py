"""Campaigns and coupons on a home page: the one place that asks the marketing app for them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from web.accounts.models import User


class Promotion(NamedTuple):
    """A campaign that runs, or a kind of coupon that can be had. kind: "campaign" or "coupon"; ends_at: None: open."""

    kind: str
    id: int
    name: str
    text: str
    ends_at: datetime | None


def promotions(
    *, campaigns: Collection[int], coupons: Collection[int], city: str, at: datetime, user: User | None
) -> list[Promotion]:
    """Those of these that run in the city at that moment and are for him (None: for whoever has not signed in), in the
    order of the ids, campaigns first.
    """
    from web.marketing import selectors as marketing  # it stands on orders, and those on the catalogue

    is_new = user is None or marketing.is_new(user.pk)
    running = {
        row.pk: Promotion("campaign", row.pk, said.name, said.introduction, said.until_at)
        for row in marketing.campaigns_of(city, at=at).filter(pk__in=campaigns)
        if (said := row.current) and (is_new or not said.discount.new_customers)
    }
    to_be_had = {
        row.pk: Promotion("coupon", row.pk, row.name, row.introduction, row.grab_until)
        for row in marketing.grabbable_kinds(city, at=at).filter(pk__in=coupons)
        if is_new or not row.discount.new_customers
    }
    return [*(running[pk] for pk in campaigns if pk in running), *(to_be_had[pk] for pk in coupons if pk in to_be_had)]
