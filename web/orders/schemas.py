"""Bodies and answers of the order's endpoints. Money is fen, times UTC, distances metres, durations seconds."""

from typing import Annotated, Any, Literal

from pydantic import Field

from web.orders.cards import Named, OrderCard
from web.orders.models import Offer
from web.schemas import Id, Instant, Lat, Lng, Schema, line, text


class Position(Schema):
    """Where an ordered topic stood before the state beside it was read: subscribe from here and miss nothing."""

    topic: str
    epoch: str
    offset: int


class SlotCard(Schema):
    """A time a visit can start, and how many workers are free for it."""

    starts_at: Instant
    workers: int


class DaySlots(Schema):
    """The free times of a day in Asia/Shanghai."""

    day: str
    slots: list[SlotCard]


class QuoteRequest(Schema):
    """What is to be priced."""

    service_id: Id
    address_id: Id


class LineCard(Schema):
    """One line of a price. rule: where it comes from."""

    name: str
    quantity: int
    unit_price_fen: int
    amount_fen: int
    rule: str


class Quote(Schema):
    """A price, line by line; the lines sum to the total to the fen."""

    lines: list[LineCard]
    total_fen: int


class OrderRequest(Schema):
    """A booking. quoted_fen: the total that was shown; another price is refused with `price_changed`."""

    service_id: Id
    address_id: Id
    starts_at: Instant
    quoted_fen: Annotated[int, Field(ge=0)]
    request: Annotated[str, text(500)] = ""


class Contact(Schema):
    """Whom to ask for, and where exactly."""

    name: str
    phone: str
    place: str
    door: str
    lng: Lng
    lat: Lat


class RecordCard(Schema):
    """A step of the service, and when it was ticked."""

    position: int
    name: str
    standard: str
    done_at: Instant | None


class TimelineEntry(Schema):
    """One thing that happened. label: what people read."""

    version: int
    type: str
    label: str
    phase: str
    role: str
    by: str
    at: Instant
    data: dict[str, Any]


class CancellationPreview(Schema):
    """What cancelling would cost at this moment."""

    fee_fen: int
    refund_fen: int


class OrderDetail(Schema):
    """One order, whole, for one who may see it. Fields that are not his are null."""

    order: OrderCard
    stream: Position
    position_topic: str | None
    allowed_actions: list[str]
    depart_from: Instant | None
    lines: list[LineCard] | None
    total_fen: int | None
    pay_fen: int | None
    contact: Contact | None
    request: str | None
    start_code: str | None
    records: list[RecordCard]
    timeline: list[TimelineEntry]
    cancellation: CancellationPreview | None
    photo: str


class OrderPage(Schema):
    """Orders, newest first. next_before: pass it as `before` for the page after this one."""

    items: list[OrderCard]
    next_before: int | None
    stream: Position | None


class PayRequest(Schema):
    """By which channel."""

    channel: Literal["sandbox"]


class PaymentOpened(Schema):
    """A payment to be made before `due_at`. gateway_no: null while the gateway has not answered; ask again."""

    payment_id: int
    channel: str
    amount_fen: int
    due_at: Instant
    gateway_no: str | None


class Nothing(Schema):
    """A command that needs no choice."""


class CancelRequest(Schema):
    """Why."""

    reason: Literal["changed_mind", "wrong_time", "wrong_address", "found_other", "worker_late", "other"] = "other"


class RefuseRequest(Schema):
    """Why, from the list."""

    reason: Literal["too_far", "busy", "unwell", "no_tools", "other"]


class StartRequest(Schema):
    """The customer's code."""

    code: Annotated[str, line(12, minimum=1)]


class RefundRequest(Schema):
    """What goes back: amount_fen, or 0 for what is left of the line, or of the tip, or else of everything. bearer: who
    bears it, both by their shares (a tip is the worker's alone) or the platform.
    """

    amount_fen: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    line: Annotated[int, Field(ge=0, le=1_000)] = 0
    tip: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0
    reason: Literal["quality", "incomplete", "damage", "overcharged", "goodwill", "agreed", "other"]
    bearer: Literal["shared", "platform"] = "shared"


class TipRequest(Schema):
    """How much on top."""

    amount_fen: Annotated[int, Field(ge=1, le=100_000_000)]


class AssignRequest(Schema):
    """To whom."""

    worker_id: Id


class CommandAnswer(Schema):
    """What became of a command. status: done, pending, refused or expired; state and version are the order's."""

    command: int
    status: str
    state: str | None = None
    version: int | None = None
    code: str = ""
    details: dict[str, Any] = {}


class WorkerOffer(Schema):
    """An offer as its worker sees it: the address comes after accepting."""

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
