"""Bodies of offers and of what a worker earns."""

from web.orders.booking_schemas import Position
from web.orders.cards import Named
from web.orders.models import Offer
from web.schemas import Instant, Schema


class WorkerOffer(Schema):
    """An offer as its worker sees it: the address comes after accepting. rework: a 返工, which may pay nothing to who
    makes good his own work.
    """

    id: int
    order_id: int
    state: str
    service: Named
    starts_at: str
    duration_s: int
    district: str
    lng: float
    lat: float
    distance_m: int
    travel_s: int
    pay_fen: int
    rework: bool
    offered_at: str
    due_at: str


class OfferPage(Schema):
    """The open offers made to me. reasons: what a refusal may name."""

    items: list[WorkerOffer]
    reasons: dict[str, str] = Offer.REASONS
    stream: Position


class ExplainedCard(Schema):
    """One line of why an amount is what it is."""

    label: str
    amount_fen: int


class EarningCard(Schema):
    """One line of earnings. explained: the lines that it is made of; they sum to it."""

    order_id: int
    kind: str
    amount_fen: int
    at: Instant
    explained: list[ExplainedCard]


class Earnings(Schema):
    """What I am owed, and for what. A negative balance is recovered from what I earn next; frozen_fen of a positive one
    I cannot withdraw yet.
    """

    balance_fen: int
    frozen_fen: int
    items: list[EarningCard]
