"""Gifts for points."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from web.accounts.auth import SignedRequest, require
from web.marketing import gifts_selectors, services
from web.marketing.api.points import BEFORE, PAGE, City
from web.marketing.points_schemas import ExchangeCard, ExchangePage, ExchangeRequest, GiftCard
from web.openapi import refusals
from web.orders.api.booking import IdempotencyKey, required
from web.schemas import Id
from workflows.transitions import Role

router = Router(auth=require(Role.CUSTOMER))

REFUSED = refusals(
    *("not_found", "gift_closed", "gift_sold_out", "gift_limit", "price_changed", "points_too_few"),
    *("address_required", "not_served_here", "idempotency_mismatch"),
    *("coupon_closed", "coupons_gone", "coupon_limit"),
)


@router.get("/gifts", response=list[GiftCard], auth=None)
def list_gifts(request: HttpRequest, city: City = "") -> list[GiftCard]:
    """What people of a city exchange points for."""
    return [GiftCard.of(gift) for gift in gifts_selectors.gifts_of(city, at=timezone.now())]


@router.post("/gifts/{gift_id}/exchange", response={200: ExchangeCard, 201: ExchangeCard}, openapi_extra=REFUSED)
def exchange(
    request: SignedRequest, gift_id: Id, payload: ExchangeRequest, key: IdempotencyKey = ""
) -> Status[ExchangeCard]:
    """Exchange points for one; the same key again returns the same exchange."""
    row, fresh = services.exchange_gift(
        user=request.auth,
        gift_id=gift_id,
        points_shown=payload.points,
        key=required(key),
        address_id=payload.address_id,
    )
    return Status(201 if fresh else 200, ExchangeCard.of(row))


@router.get("/exchanges", response=ExchangePage)
def list_exchanges(request: SignedRequest, before: int = BEFORE) -> ExchangePage:
    """What I exchanged, newest first."""
    rows = gifts_selectors.exchanges_visible_to(request.auth)
    page = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    return ExchangePage(
        items=[ExchangeCard.of(row) for row in page[:PAGE]],
        next_before=page[PAGE - 1].pk if len(page) > PAGE else None,
    )


@router.post(
    "/exchanges/{exchange_id}/cancel", response=ExchangeCard, openapi_extra=refusals("not_found", "exchange_decided")
)
def cancel(request: SignedRequest, exchange_id: Id) -> ExchangeCard:
    """Call one off that nobody has sent yet: the points come back."""
    return ExchangeCard.of(services.call_off_exchange(actor=request.auth, exchange_id=exchange_id))
