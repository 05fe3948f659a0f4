"""Checkout: a price, a time that is really kept for the customer, and an order's row. The actor starts after the
commit.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError
from django.utils import timezone

import hub
from web.accounts.encryption import keyed_hash
from web.accounts.models import Address, User
from web.errors import DoorbellError
from web.marketing import services as marketing
from web.orders import selectors
from web.orders.models import Order, OrderEvent, OrderLine, ServiceRecord
from web.orders.past import FIELDS, recorded
from web.orders.policies import Policies
from web.orders.pricing import PICKED, Chosen, Price
from web.orders.quoting import Wish, quote, with_way
from web.orders.ranking import Ranked, Wanted, rank
from web.orders.services.discounting import deal_for
from web.orders.services.points import keep_points, paid_with
from web.orders.services.publishing import publish_order
from web.orders.slots import hold_best
from web.payments import services as payments
from web.scheduling import selectors as scheduling
from web.scheduling.fit import Job
from web.scheduling.routing import Place
from web.workforce import selectors as workforce
from workflows.transitions import Phase, Role

if TYPE_CHECKING:
    from web.catalog.models import ServiceVersion
    from web.payments.models import Payment


@dataclass(frozen=True)
class Booking:
    """What a customer asks for. key: his Idempotency-Key; quoted_fen: the total he was shown; shown: the version, where
    he names it; worker_id: whom he picks. coupon_id: which of his coupons is to be used; points: so
    many of them pay a part.
    """

    version: ServiceVersion
    chosen: Chosen
    address: Address
    starts_at: datetime
    request: str
    quoted_fen: int
    key: str
    shown: int | None = None
    worker_id: int | None = None
    coupon_id: int | None = None
    points: int = 0

    def wish_of(self, customer: User) -> Wish:
        """What is to be priced."""
        place = Place(self.address.lng, self.address.lat)
        city = self.address.city
        return Wish(customer.pk, self.version, self.chosen, city, place, self.starts_at, self.worker_id)


def place_order(*, customer: User, booking: Booking) -> tuple[Order, bool]:
    """Make the order and keep a ranked worker's time for it until `payment_due`; (the order, whether it is new).

    Raises DoorbellError: price_changed, too_soon, too_far_ahead, not_served_here, slot_taken, idempotency_mismatch,
    coupon_unusable, discount_gone, points_not_accepted, points_too_few, and what `pricing.price` refuses;
    review_refused for whom staff found not to be who he says.
    """
    existing = _placed_with(customer, booking.key)
    if existing is None:
        try:
            return _place(customer, booking), True
        except (IntegrityError, DoorbellError):
            # Two requests with one key at once: the other one has placed it, and took the very time this one found
            # taken.
            existing = _placed_with(customer, booking.key)
            if existing is None:
                raise
    if existing.body_hash != _digest(booking):
        raise DoorbellError("idempotency_mismatch")
    return existing, False


def request_payment(*, order: Order, channel: str) -> Payment:
    """The payment the customer is about to make. Raises DoorbellError not_payable when the order waits for none, or has
    its money and only its actor does not know yet.
    """
    with hub.atomic():
        # Locked, so that the payment cannot open while the order's time to pay runs out.
        locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
        if locked.phase != Phase.AWAITING_PAYMENT or locked.payment_due is None:
            raise DoorbellError("not_payable")
        return payments.open_payment(
            order_id=locked.pk, channel=channel, amount_fen=locked.total_fen, due_at=locked.payment_due
        )


def _placed_with(customer: User, key: str) -> Order | None:
    return Order.objects.select_related("worker").filter(customer=customer, key=key).first()


def _place(customer: User, booking: Booking) -> Order:
    if customer.review == User.REFUSED:
        raise DoorbellError("review_refused")
    policies = _policies(booking)
    priced = quote(booking.wish_of(customer), policies)
    deal = deal_for(customer, booking.version, priced, city=booking.address.city, coupon_id=booking.coupon_id)
    priced = paid_with(deal.price, booking.points, city=booking.address.city)
    if priced.total_fen != booking.quoted_fen or booking.shown not in (None, booking.version.number):
        raise DoorbellError("price_changed", details=priced.as_details())
    check_time(booking.starts_at, policies)
    ranked = _ranked(customer, booking, policies, priced)
    priced = with_way(priced, booking.wish_of(customer), policies)
    with hub.atomic():
        order = _create(customer, booking, policies, priced)
        if not hold_best(order, ranked.worker_ids):
            raise DoorbellError("slot_taken")
        # Points before coupons and campaigns, as everywhere: two orders of his at once must not wait for each other.
        keep_points(order, priced, booking.points)
        if order.discount_fen:
            marketing.hold(order_id=order.pk, customer_id=customer.pk, lines=priced.lines, campaigns=deal.campaigns)
        announce(order, type="placed", by=Role.CUSTOMER, actor_id=customer.pk)
    return order


def _policies(booking: Booking) -> Policies:
    return selectors.policies_for(city=booking.address.city, service_id=booking.version.service_id)


def check_time(starts_at: datetime, policies: Policies) -> None:
    """Whether a visit may be booked for that start (UTC), whoever is free.

    Raises DoorbellError too_soon, too_far_ahead, slot_taken.
    """
    ahead_s = (starts_at - timezone.now()).total_seconds()
    if ahead_s < policies.booking.min_notice_s:
        raise DoorbellError("too_soon")
    if ahead_s > policies.booking.horizon_s:
        raise DoorbellError("too_far_ahead")
    if not scheduling.is_on_grid(starts_at, policies.booking):
        # Never among the free slots, so nobody is free then.
        raise DoorbellError("slot_taken")


def _ranked(customer: User, booking: Booking, policies: Policies, priced: Price) -> Ranked:
    address = booking.address
    job = Job.lasting(
        priced.duration_s,
        starts_at=booking.starts_at,
        buffer_s=policies.booking.buffer_s,
        place=Place(address.lng, address.lat),
    )
    wanted = Wanted(
        address.city,
        booking.version.skill,
        job,
        policies,
        live=False,
        customer_id=customer.pk,
        picked=booking.worker_id,
    )
    only = None if booking.worker_id is None else [booking.worker_id]
    ranked = rank(wanted, workforce.workers_in(address.city, only=only))
    if not ranked.worker_ids:
        raise DoorbellError(why_nobody(ranked))
    return ranked


def why_nobody(ranked: Ranked) -> str:
    """The code of a ranking without candidates: nobody serves that place, or nobody has that time."""
    nobody_here = all(one["reason"] in ("no_skill", "out_of_area", "blocked") for one in ranked.excluded)
    return "not_served_here" if nobody_here else "slot_taken"


def _create(customer: User, booking: Booking, policies: Policies, priced: Price) -> Order:
    address, now = booking.address, timezone.now()
    return create_order(
        at=now,
        version=booking.version,
        priced=priced,
        chosen=booking.chosen.written(),
        policies=policies,
        customer=customer,
        city=address.city,
        starts_at=booking.starts_at,
        request=booking.request,
        contact_name=address.contact_name,
        contact_phone=address.contact_phone,
        place=address.place,
        door=address.door,
        district=address.district,
        lng=address.lng,
        lat=address.lat,
        picked_worker_id=booking.worker_id,
        picked_fen=priced.paid_fen_of(PICKED),
        payment_due=now + timedelta(seconds=policies.payment.window_s),
        key=booking.key,
        body_hash=_digest(booking),
    )


def create_order(*, at: datetime, version: ServiceVersion, priced: Price, policies: Policies, **columns: Any) -> Order:
    """An order's row with its lines, which make its total, and the steps of its service, in the caller's transaction.

    at: when it is placed. columns: whose it is, where, when and what for, how it begins.
    """
    sold = version.sold
    order = Order.objects.create(
        service_id=version.service_id,
        service_version=version,
        service_name=sold.name,
        duration_s=priced.duration_s,
        staff=priced.staff,
        steps_total=len(sold.steps),
        start_code=f"{secrets.randbelow(10_000):04d}",
        total_fen=priced.total_fen,
        discount_fen=sum(line.discount_fen for line in priced.lines),
        discount_worker_fen=sum(line.worker_fen for line in priced.lines),
        way_m=priced.occasion.distance_m,
        picked_way_m=priced.occasion.picked_m,
        policies=policies.model_dump(mode="json"),
        phase_since=at,
        placed_at=at,
        **columns,
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=order, position=position, **asdict(line)) for position, line in enumerate(priced.lines, start=1)
    )
    ServiceRecord.objects.bulk_create(
        ServiceRecord(order=order, position=position, name=step.name, standard=step.standard)
        for position, step in enumerate(sold.steps, start=1)
    )
    return order


def announce(order: Order, *, type: str, by: Role, actor_id: int | None, data: Mapping[str, Any] | None = None) -> None:
    """The first event of an order's timeline, and the push of it, in the transaction that made the order."""
    OrderEvent.objects.create(
        order=order,
        version=order.version,
        type=type,
        phase_before=order.phase,
        phase=order.phase,
        role=by.value,
        actor_id=actor_id,
        key=f"placed:{order.pk}",
        data=dict(data or {}),
        changes=recorded(order, FIELDS),
        at=order.placed_at,
    )
    publish_order(order, type=type, by=by)


def _digest(booking: Booking) -> str:
    body = [
        booking.version.service_id,
        booking.address.pk,
        booking.starts_at.astimezone(UTC).isoformat(),
        booking.request,
        booking.quoted_fen,
        *([chosen] if (chosen := booking.chosen.written()) else []),
        *([{"worker": booking.worker_id}] if booking.worker_id is not None else []),
        *([{"coupon": booking.coupon_id}] if booking.coupon_id is not None else []),
        *([{"points": booking.points}] if booking.points else []),
    ]
    return keyed_hash(json.dumps(body))
