"""Bodies and answers of the order's endpoints. Money is fen, times UTC, distances metres, durations seconds."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from web.orders.cards import Named, OrderCard
from web.orders.case_schemas import CaseCard, LinkedOrder, ReworkCard
from web.orders.conversation_schemas import ConversationMessage, StepPhoto
from web.orders.exception_schemas import ExceptionCard
from web.orders.models import Offer, Proposal
from web.scheduling.selectors import Slot
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


class MoveSlot(SlotCard):
    """As SlotCard, for a visit that is to move. same_worker: whether the worker who has it is among them."""

    same_worker: bool

    @classmethod
    def of(cls, slot: Slot, *, worker_id: int | None) -> Self:
        """worker_id: who has the order."""
        return cls(starts_at=slot.starts_at, workers=slot.workers, same_worker=worker_id in slot.worker_ids)


class MoveSlots(Schema):
    """The free times of a day in Asia/Shanghai for a visit that is to move; the one it has is left out."""

    day: str
    slots: list[MoveSlot]


class RescheduleRequest(Schema):
    """When instead."""

    starts_at: Instant


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
    photos: list[StepPhoto] = []


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


class ReschedulingPreview(Schema):
    """What moving the visit would mean at this moment. late: it is so near that a move counts as a late one.
    kept_fee_fen: so much at least cancelling costs after the move.
    """

    late: bool
    moves_left: int
    kept_fee_fen: int


class CompensationCard(Schema):
    """What the platform pays because of the order. name: why, as people read it. state: earned (a worker's), owed, or
    its payout's, which label says in words.
    """

    id: int
    rule: str
    name: str
    amount_fen: int
    at: Instant
    state: str
    label: str
    needs_ops: bool
    payout_id: int | None


class ExtraLine(Schema):
    """A line that was proposed. item_id: of the service's price list, null for a free line."""

    item_id: int | None
    name: str
    quantity: int
    unit_price_fen: int
    amount_fen: int


class ProposalCard(Schema):
    """What was proposed, and what became of it. lines, extra_s: of a supplement; starts_at: of a move; places: {old,
    new} of an address, null for who does not know the door. due_at: until when it waits, for an answer (open) or for
    its payment (approved).
    """

    id: int
    kind: str
    state: str
    by: str
    to: str
    reason: str
    amount_fen: int
    lines: list[ExtraLine]
    extra_s: int
    starts_at: Instant | None
    places: dict[str, Contact] | None
    made_at: Instant
    due_at: Instant
    closed_at: Instant | None

    @classmethod
    def of(cls, proposal: Proposal, *, read: bool, places: bool) -> Self:
        """From the row. read: whether its reason may be, places: whether they may be seen."""
        of_the_row = cls.model_fields.keys() - {"id", "reason", "lines", "extra_s", "starts_at", "places"}
        plain = {name: getattr(proposal, name) for name in of_the_row}
        terms = {"lines": [], "extra_s": 0, "starts_at": None} | proposal.terms
        reason = proposal.reason if read else ""
        return cls(id=proposal.pk, reason=reason, places=_places(proposal) if places else None, **plain, **terms)


def _places(proposal: Proposal) -> dict[str, Contact] | None:
    if not proposal.places:
        return None
    stored = json.loads(proposal.places)
    return {
        which: Contact(
            name=place["contact_name"],
            phone=place["contact_phone"],
            place=place["place"],
            door=place["door"],
            lng=place["lng"],
            lat=place["lat"],
        )
        for which, place in stored.items()
    }


class ChangeAddress(Schema):
    """Where instead. quoted_fen: the total that was shown for there."""

    address_id: Id
    quoted_fen: Annotated[int, Field(ge=0)]


class ChangeRequest(Schema):
    """What is asked for instead."""

    request: Annotated[str, text(500)]


class ProposeMove(Schema):
    """Another time, and why."""

    starts_at: Instant
    reason: Annotated[str, text(200)] = ""


class ProposedItem(Schema):
    """So many of an item of the price list."""

    item_id: Id
    quantity: Annotated[int, Field(ge=1, le=1000)]


class ProposeSupplement(Schema):
    """Lines of the service's price list, and a sum that it does not have, which needs a reason."""

    items: Annotated[list[ProposedItem], Field(max_length=20)] = []
    other_fen: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    reason: Annotated[str, text(200)] = ""

    @model_validator(mode="after")
    def _says_what_and_why(self) -> Self:
        if not self.items and not self.other_fen:
            raise ValueError("nothing is proposed")
        if self.other_fen and not self.reason:
            raise ValueError("other_fen needs a reason")
        if len({item.item_id for item in self.items}) < len(self.items):
            raise ValueError("an item is named twice")
        return self


class OrderDetail(Schema):
    """One order, whole, for one who may see it. Fields that are not his are null.

    expected_at: when the worker can be there, where that is later than was promised. rework: that it is a 返工;
    reworks: which it led to. warranty_until: so long what is complained of may be made good free.
    """

    order: OrderCard
    stream: Position
    position_topic: str | None
    allowed_actions: list[str]
    depart_from: Instant | None
    expected_at: Instant | None
    lines: list[LineCard] | None
    total_fen: int | None
    pay_fen: int | None
    contact: Contact | None
    request: str | None
    start_code: str | None
    records: list[RecordCard]
    proposals: list[ProposalCard]
    timeline: list[TimelineEntry]
    cases: list[CaseCard] | None
    rework: ReworkCard | None
    reworks: list[LinkedOrder]
    warranty_until: Instant | None
    cancellation: CancellationPreview | None
    rescheduling: ReschedulingPreview | None
    exceptions: list[ExceptionCard]
    compensations: list[CompensationCard]
    photo: str


class PastAlarm(Schema):
    """An alarm that stood at the time. label: what the board called it."""

    kind: str
    label: str
    raised_at: Instant


class PastOffer(Schema):
    """An offer that waited for an answer at the time."""

    id: int
    worker: Named
    offered_at: Instant
    due_at: Instant


class OrderAt(Schema):
    """One order as it was at `at`. What somebody may not see now, the past does not show him either: it is null.

    offers, alarms: for staff. records: ticked until then. Nothing can be asked of the past, so no actions.
    """

    at: Instant
    order: OrderCard
    timeline: list[TimelineEntry]
    records: list[RecordCard]
    total_fen: int | None
    cancel_fee_fen: int | None
    contact: Contact | None
    request: str | None
    offers: list[PastOffer] | None
    alarms: list[PastAlarm] | None


class OrderPage(Schema):
    """Orders, newest first. next_before: pass it as `before` for the page after this one."""

    items: list[OrderCard]
    next_before: int | None
    stream: Position | None


class ConversationPage(Schema):
    """Messages of an order, newest first. open: whether I may write; open_until: null while the visit goes on."""

    items: list[ConversationMessage]
    next_before: int | None
    open: bool
    open_until: Instant | None
    stream: Position


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
