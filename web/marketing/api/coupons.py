"""Campaigns and coupons: what a city has on offer is public; one's own are one's own."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import StringConstraints

from web.accounts.auth import SignedRequest, require
from web.accounts.rates import RateLimit
from web.marketing import selectors, services
from web.marketing.models import Coupon
from web.marketing.schemas import CampaignCard, CouponCard, KindCard
from web.openapi import refusals
from web.schemas import Id
from workflows.transitions import Role

router = Router()

CityCode = Annotated[str, StringConstraints(max_length=20, pattern=r"^[-a-zA-Z0-9_]*$")]
State = Annotated[str, Query(pattern=rf"^({'|'.join(Coupon.SHOWN)})$")]
# The limits stand in the Query: with them in the type, django-ninja forgets the default.
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=100_000)]

GRABS = RateLimit("grab", "5/second", "60/minute")
"""Of one person: who writes a program gets no more of them."""


@router.get("/campaigns", auth=None, response=list[CampaignCard])
def list_campaigns(request: HttpRequest, city: CityCode = "") -> list[CampaignCard]:
    """What orders of a city get now."""
    return [CampaignCard.of(one) for one in selectors.campaigns_of(city, at=timezone.now())]


@router.get("/coupons/kinds", auth=None, response=list[KindCard])
def list_kinds(request: HttpRequest, city: CityCode = "") -> list[KindCard]:
    """领券中心: what can be grabbed in a city now; `left` 0 says that all are gone."""
    return [KindCard.of(kind) for kind in selectors.grabbable_kinds(city, at=timezone.now())]


@router.get("/coupons", auth=require(Role.CUSTOMER), response=list[CouponCard])
def list_coupons(
    request: SignedRequest, state: State = Coupon.UNUSED, limit: Limit = 50, offset: Offset = 0
) -> list[CouponCard]:
    """Mine, of one state; unused ones as they will lapse, the others the newest first."""
    now = timezone.now()
    mine = selectors.coupons_of(request.auth, state, at=now)
    return [CouponCard.of(one, at=now) for one in mine[offset : offset + limit]]


@router.post(
    "/coupons/kinds/{kind_id}/grab",
    auth=require(Role.CUSTOMER),
    response={201: CouponCard},
    openapi_extra=refusals("not_found", "rate_limited", "coupon_closed", "coupons_gone", "coupon_limit"),
)
def grab(request: SignedRequest, kind_id: Id) -> Status[CouponCard]:
    """领取: one for me."""
    GRABS.spend(str(request.auth.pk))
    coupon = services.grab_coupon(user=request.auth, kind_id=kind_id)
    return Status(201, CouponCard.of(coupon, at=timezone.now()))
