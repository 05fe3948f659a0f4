"""The order as several people see it at once: no phone, no name of a customer, no address line, no money; and, for whom
they are, its offers and its alarms.

Every `order.*` event carries this card whole, and every snapshot is made of it, so state = snapshot + events.
"""

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from web.accounts.models import User
from web.orders.models import Alarm, Offer, Order
from web.times import iso

DEADLINES = ("payment_due", "depart_by", "arrive_by", "autoconfirm_at", "review_until", "absent_until")


class Named(TypedDict):
    """Somebody or something with a public name."""

    id: int
    name: str


class OfferCard(TypedDict):
    """An open offer of an order. worker: who is asked; None for all but the board (see `for_outsiders`)."""

    id: int
    worker: Named | None
    due_at: str
    grab: bool
    channel: str


class OrderCard(TypedDict):
    """See docs/protocol.md. Times ISO 8601 in UTC; lng and lat GCJ-02, rounded to about 100 m.

    offers: the open ones, the one that is due first in front; offer: that one; asked: how many there are.
    """

    id: int
    version: int
    city: str
    phase: str
    phase_since: str
    starts_at: str
    duration_s: int
    service: Named
    district: str
    lng: float
    lat: float
    worker: Named | None
    offer: OfferCard | None
    offers: list[OfferCard]
    asked: int
    exhausted: bool
    needs_ops: bool
    payment: str
    settlement: str
    deadlines: dict[str, str | None]
    steps_done: int
    steps_total: int
    placed_at: str
    ended_at: str | None


def order_card(order: Order) -> OrderCard:
    """The card as the board has it, `for_outsiders` makes it the others'. `order.worker` should have been fetched."""
    offers = [_offer_card(offer) for offer in order.open_offers]
    offer = offers[0] if offers else None
    deadlines: dict[str, str | None] = {name: _iso(getattr(order, name)) for name in DEADLINES}
    return OrderCard(
        id=order.pk,
        version=order.version,
        city=order.city,
        phase=order.phase,
        phase_since=iso(order.phase_since),
        starts_at=iso(order.starts_at),
        duration_s=order.duration_s,
        service=Named(id=order.service_id, name=order.service_name),
        district=order.district,
        lng=round(order.lng, 3),
        lat=round(order.lat, 3),
        worker=Named(id=order.worker.pk, name=order.worker.display_name) if order.worker else None,
        offer=offer,
        offers=offers,
        asked=len(offers),
        exhausted=order.exhausted,
        needs_ops=order.needs_ops,
        payment=_payment_axis(order),
        settlement="settled" if order.settled_at else "none",
        deadlines=deadlines | {"offer_due": offer["due_at"] if offer else None},
        steps_done=order.steps_done,
        steps_total=order.steps_total,
        placed_at=iso(order.placed_at),
        ended_at=_iso(order.ended_at),
    )


def for_outsiders(card: OrderCard) -> OrderCard:
    """The card without who is asked: he may say no, and nobody but staff is told who did not want an order."""
    offer = card["offer"]
    return {**card, "offer": {**offer, "worker": None}, "offers": []} if offer else card


def _offer_card(offer: Offer) -> OfferCard:
    worker = Named(id=offer.worker_id, name=offer.worker.display_name)
    return OfferCard(id=offer.pk, worker=worker, due_at=iso(offer.due_at), grab=offer.grab, channel=offer.channel)


def _payment_axis(order: Order) -> str:
    if order.is_refunding:
        return "refunding"
    if order.refund_fen:
        return "refunded"
    return "paid" if order.paid_at else "unpaid"


def _iso(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def offer_card(offer: Offer, order: Order) -> dict[str, Any]:
    """An offer as its worker sees it: pay, distance, time and area; the address comes after accepting."""
    return {
        "id": offer.pk,
        "order_id": order.pk,
        "state": offer.state,
        "service": Named(id=order.service_id, name=order.service_name),
        "starts_at": iso(order.starts_at),
        "duration_s": order.duration_s,
        "district": order.district,
        "lng": round(order.lng, 3),
        "lat": round(order.lat, 3),
        "distance_m": offer.distance_m,
        "travel_s": offer.travel_s,
        "pay_fen": offer.pay_fen,
        "rework": order.rework_of_id is not None,
        "offered_at": iso(offer.offered_at),
        "due_at": iso(offer.due_at),
    }


def alarm_card(alarm: Alarm) -> dict[str, Any]:
    """An alarm as the board shows it."""
    return {
        "id": alarm.pk,
        "kind": alarm.kind,
        "order_id": alarm.order_id,
        "withdrawal_id": alarm.withdrawal_id,
        "worker": _named(alarm.worker),
        "owner": alarm.owner,
        "raised_at": iso(alarm.raised_at),
        "ring_again_at": iso(alarm.ring_again_at),
        "taken_by": _named(alarm.taken_by),
        "due_at": iso(alarm.due_at or alarm.ring_again_at),
        "next_step": Alarm.NEXT_STEPS[alarm.kind],
    }


def _named(user: User | None) -> Named | None:
    return Named(id=user.pk, name=user.display_name) if user else None
