"""Booking: free times, a price, an order, a payment."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from ninja import Header, Query, Router, Status
from pydantic import StringConstraints

import hub
from web.accounts import selectors as accounts
from web.accounts import ties
from web.accounts.auth import Bearer, SignedRequest, require
from web.accounts.models import Address, User
from web.accounts.rates import RateLimit, client_address
from web.catalog import selectors as catalog
from web.catalog.content import LONGEST_S
from web.catalog.schemas import CityCode
from web.errors import DoorbellError
from web.openapi import refusals
from web.orders import selectors, services
from web.orders.booking_schemas import (
    ChosenService,
    DaySlots,
    OrderRequest,
    PaymentOpened,
    PayRequest,
    Quote,
    QuoteRequest,
    SlotCard,
    Spot,
    WorkerQuoteCard,
    WorkerQuotes,
    WorkersRequest,
)
from web.orders.details import detail_of
from web.orders.models import Order
from web.orders.policies import Policies
from web.orders.quoting import Wish, price_today, quote, quotes_by_worker
from web.orders.schemas import OrderDetail
from web.orders.services.discounting import counter_for, deal_for
from web.orders.services.placing import Booking
from web.orders.services.points import offer_of, paid_with
from web.payments import selectors as payments
from web.scheduling import selectors as scheduling
from web.scheduling.learning import learn_ways
from web.scheduling.routing import Place
from web.schemas import Id, Lat, Lng
from workflows import client
from workflows.transitions import Role

if TYPE_CHECKING:
    from web.payments.models import Payment

router = Router(auth=require(Role.CUSTOMER))

STRANGERS = RateLimit("booking:address", "100/second", "12000/10 minutes")
"""Calendars and prices of who has not signed in; one address may be a whole town's that telephones behind it."""

UNPAYABLE = ("points_not_accepted", "points_too_few")
"""Why points cannot be paid with."""

UNPRICED = (
    *("not_served_here", "option_missing", "option_unknown", "choice_unknown"),
    *("item_unknown", "quantity_too_large", "visit_too_long"),
)
"""Why nothing can be priced."""

Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
# The limits stand in the Header (and the Query): with them in the type, django-ninja forgets the default and calls it a
# field that is missing.
Duration = Annotated[int | None, Query(ge=1, le=LONGEST_S)]
Picked = Annotated[int | None, Query(ge=1, le=2**53 - 1)]
IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", max_length=80, pattern=r"^[\x21-\x7e]*$")]


def required(key: str) -> str:
    """The Idempotency-Key. Raises DoorbellError idempotency_key_required for none."""
    if not key:
        raise DoorbellError("idempotency_key_required")
    return key


@router.get(
    "/services/{service_id}/slots",
    auth=None,
    response=DaySlots,
    openapi_extra=refusals("not_found", "not_served_here", "unauthenticated", "forbidden", "rate_limited"),
)
def list_slots(
    request: HttpRequest,
    service_id: Id,
    day: Query[Day],
    address_id: Picked = None,
    city: CityCode = "",
    lng: Annotated[Lng | None, Query()] = None,
    lat: Annotated[Lat | None, Query()] = None,
    duration_s: Duration = None,
    worker_id: Picked = None,
) -> DaySlots:
    """The times of a day (Asia/Shanghai) at which somebody qualified is free for so long, ways included: at an address
    of one's own or, for strangers too, at a place of a city. duration_s: the quote's; without it the service's own.
    worker_id: only when he is.
    """
    customer = _customer(request)
    spot = None if lng is None or lat is None else Spot(city=city, lng=lng, lat=lat)
    city, place = _where(customer, address_id, spot)
    sold = catalog.service(service_id, city=city).sold
    policies = selectors.policies_for(city=city, service_id=service_id)
    _, blocked = ties.ties_of(customer.pk if customer else None)
    learn_ways(city=city, skill=sold.skill, place=place, day=day_of(day))
    slots = scheduling.free_slots(
        city=city,
        skill=sold.skill,
        place=place,
        day=day_of(day),
        duration_s=duration_s or sold.duration_s,
        policies=policies,
        without=blocked,
    )
    offered = [slot for slot in slots if worker_id is None or worker_id in slot.worker_ids]
    return DaySlots(day=day, slots=[SlotCard(starts_at=slot.starts_at, workers=slot.workers) for slot in offered])


@router.post(
    "/quotes",
    auth=None,
    response=Quote,
    openapi_extra=refusals(
        *("not_found", "coupon_unusable", "unauthenticated", "forbidden", "rate_limited", *UNPAYABLE, *UNPRICED),
    ),
)
def make_quote(request: HttpRequest, payload: QuoteRequest) -> Quote:
    """What it costs, line by line, and which of one's coupons would make it less. Of strangers nothing is taken off:
    campaigns ask who somebody is.
    """
    customer = _customer(request)
    wish, policies = _wish(customer, payload, *_where(customer, payload.address_id, payload.spot))
    priced = quote(replace(wish, starts_at=payload.starts_at, worker_id=payload.worker_id), policies)
    if customer is None:
        if payload.coupon_id is not None or payload.points:
            raise DoorbellError("unauthenticated")
        return Quote.of(priced)
    deal = deal_for(customer, wish.version, priced, city=wish.city, coupon_id=payload.coupon_id, judging=True)
    paid = paid_with(deal.price, payload.points, city=wish.city)
    offer = offer_of(customer, deal.price, city=wish.city)
    if payload.points and (offer is None or offer.balance < payload.points):
        raise DoorbellError("points_too_few")
    return Quote.of_deal(replace(deal, price=paid), points=offer)


@router.post(
    "/quotes/workers", response=WorkerQuotes, openapi_extra=refusals("not_found", "coupon_unusable", *UNPRICED)
)
def quote_by_worker(request: SignedRequest, payload: WorkersRequest) -> WorkerQuotes:
    """Who is free at that time, and what it costs with each of them."""
    wish, policies = _wish(request.auth, payload, *_where(request.auth, payload.address_id, None))
    counter = counter_for(request.auth, wish.version, city=wish.city)
    coupon = counter.coupon(request.auth, payload.coupon_id)
    found = [
        replace(one, price=counter.deal(one.price, coupon=coupon).price)
        for one in quotes_by_worker(replace(wish, starts_at=payload.starts_at), policies)
    ]
    return WorkerQuotes(starts_at=payload.starts_at, workers=[WorkerQuoteCard.of(one) for one in found])


@router.get("/orders/{order_id}/quote", response=Quote, openapi_extra=refusals("not_found", *UNPRICED))
def quote_for_address(request: SignedRequest, order_id: Id, address_id: Query[Id]) -> Quote:
    """What the same visit would cost at another address, as things are sold now."""
    order = visible_order(request.auth, order_id)
    address = address_of(request.auth, address_id)
    if address.city != order.city:
        raise DoorbellError("not_served_here")
    return Quote.of(price_today(order, place=Place(address.lng, address.lat)))


@router.post(
    "/orders",
    response={200: OrderDetail, 201: OrderDetail},
    openapi_extra=refusals(
        *("not_found", "slot_taken", "price_changed", "too_soon", "too_far_ahead"),
        *("coupon_unusable", "discount_gone", *UNPAYABLE, *UNPRICED),
    ),
)
async def place_order(request: SignedRequest, payload: OrderRequest, key: IdempotencyKey = "") -> Status[OrderDetail]:
    """Book. A worker's time is kept until `payment_due`; 200 instead of 201 when this key had placed it before."""
    order_id, fresh = await sync_to_async(_place)(request.auth, payload, required(key))
    # After the commit, and no longer than a second: what is missed here, the sweep starts. A repetition too: the server
    # that took the first one may have been gone before it came here.
    await client.start_order(order_id)
    detail = await sync_to_async(read_detail)(request.auth, order_id)
    return Status(201 if fresh else 200, detail)


@router.post("/orders/{order_id}/pay", response=PaymentOpened, openapi_extra=refusals("not_found", "not_payable"))
async def pay(request: SignedRequest, order_id: Id, payload: PayRequest) -> PaymentOpened:
    """Open a payment; asking again returns the same one. `gateway_no` null: the gateway is slow, ask again."""
    return await opened(await sync_to_async(_open_payment)(request.auth, order_id, payload.channel))


async def opened(payment: "Payment") -> PaymentOpened:
    """Start the payment's workflow, and say what its customer's cashier needs."""
    gateway_no = await client.open_payment(await sync_to_async(payments.start_of)(payment))
    return PaymentOpened(
        payment_id=payment.pk,
        channel=payment.channel,
        amount_fen=payment.amount_fen,
        due_at=payment.due_at,
        gateway_no=gateway_no,
    )


def read_detail(actor: User, order_id: int) -> OrderDetail:
    """The detail with its stream's position read first. Raises DoorbellError not_found."""
    heads = hub.heads([f"order:{order_id}"])
    order = selectors.visible_to(actor).select_related("service_version").filter(pk=order_id).first()
    if order is None:
        raise DoorbellError("not_found")
    return detail_of(order, actor=actor, heads=heads)


def visible_order(actor: User, order_id: int) -> Order:
    """The order, for one who may see it. Raises DoorbellError not_found."""
    order = selectors.visible_to(actor).filter(pk=order_id).first()
    if order is None:
        raise DoorbellError("not_found")
    return order


def _place(user: User, payload: OrderRequest, key: str) -> tuple[int, bool]:
    address = address_of(user, payload.address_id)
    booking = Booking(
        version=catalog.service(payload.service_id, city=address.city),
        chosen=payload.chosen,
        address=address,
        starts_at=payload.starts_at,
        request=payload.request,
        quoted_fen=payload.quoted_fen,
        key=key,
        shown=payload.version,
        worker_id=payload.worker_id,
        coupon_id=payload.coupon_id,
        points=payload.points,
    )
    order, fresh = services.place_order(customer=user, booking=booking)
    return order.pk, fresh


def _open_payment(user: User, order_id: int, channel: str) -> "Payment":
    return services.request_payment(order=visible_order(user, order_id), channel=channel)


def _wish(customer: User | None, payload: ChosenService, city: str, place: Place) -> tuple[Wish, Policies]:
    """What is to be priced, while it names neither time nor worker, and under which terms. Raises DoorbellError
    not_found, not_served_here.
    """
    version = catalog.service(payload.service_id, city=city)
    policies = selectors.policies_for(city=city, service_id=payload.service_id)
    return Wish(customer.pk if customer else None, version, payload.chosen, city, place), policies


def _customer(request: HttpRequest) -> User | None:
    """Who asks, if he has signed in. Raises DoorbellError forbidden for anybody but a customer, rate_limited."""
    customer = Bearer(Role.CUSTOMER)(request)
    if customer is None:
        STRANGERS.spend(client_address(request))
    return customer


def _where(customer: User | None, address_id: int | None, spot: Spot | None) -> tuple[str, Place]:
    """(city, place) of an address of his, or of a spot. Raises DoorbellError not_found, not_served_here,
    unauthenticated for an address of nobody, invalid_request for neither or both.
    """
    if (address_id is None) == (spot is None):
        raise DoorbellError("invalid_request", details={"address_id": "an address, or a place of a city"})
    if spot is not None:
        if catalog.city(spot.city) is None:
            raise DoorbellError("not_served_here")
        return spot.city, Place(spot.lng, spot.lat)
    if customer is None:
        raise DoorbellError("unauthenticated")
    address = address_of(customer, address_id or 0)
    return address.city, Place(address.lng, address.lat)


def address_of(user: User, address_id: int) -> Address:
    """An address of one's own. Raises DoorbellError not_found."""
    address = accounts.addresses_visible_to(user).filter(pk=address_id).first()
    if address is None:
        raise DoorbellError("not_found")
    return address


def day_of(day: str) -> date:
    """Raises DoorbellError invalid_request for a day that no calendar has."""
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise DoorbellError("invalid_request", details={"day": "YYYY-MM-DD"}) from None
