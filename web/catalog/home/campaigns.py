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
    order of the ids, campaigns first. There is no app of that kind yet, and so there is none of them.
    """
    return []
