"""Bodies and answers of the order's endpoints. Money is fen, times UTC, distances metres, durations seconds."""

from typing import Any, Literal

from web.catalog.schemas import PriceItemCard
from web.orders.booking_schemas import ChoiceLine, Contact, LineCard, Position
from web.orders.cards import Named, OrderCard
from web.orders.case_schemas import CaseCard, LinkedOrder, ReworkCard
from web.orders.conversation_schemas import ConversationMessage, StepPhoto
from web.orders.exception_schemas import ExceptionCard
from web.orders.proposal_schemas import ProposalCard
from web.schemas import Instant, Schema


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


class ReturnedMoney(Schema):
    """Money that came too late for what it was to pay, or twice: it goes back whole. done_at: since when it is back.
    purpose: order, supplement or tip.
    """

    purpose: str
    amount_fen: int
    at: Instant
    done_at: Instant | None


StuckKind = Literal["payment", "refund", "payout"]


class StuckMoneyCard(Schema):
    """Money that does not move by itself: `POST /api/{payments|refunds|withdrawals}/{id}/retry` has it tried now."""

    what: StuckKind
    id: int
    amount_fen: int
    since: Instant


class OrderDetail(Schema):
    """One order, whole, for one who may see it. Fields that are not his are null.

    staff: how many come. choices: what was answered and added when it was booked. price_list: what may be added at
    the door, as it was bought. picked: whom the customer wants to come.
    expected_at: when the worker can be there, where that is later than was promised. rework: that it is a 返工;
    reworks: which it led to. warranty_until: so long what is complained of may be made good free. left_fen,
    had_by, stuck_money: for staff, what of the price's money no refund gives back, and each worker who has the order or
    had it, who came last first. returned: beside what `order.payment` says. imported_from: the books it comes from; ""
    for what was placed here.
    """

    order: OrderCard
    stream: Position
    position_topic: str | None
    allowed_actions: list[str]
    depart_from: Instant | None
    expected_at: Instant | None
    staff: int
    picked: Named | None
    choices: list[ChoiceLine]
    price_list: list[PriceItemCard]
    lines: list[LineCard] | None
    total_fen: int | None
    left_fen: int | None
    pay_fen: int | None
    returned: list[ReturnedMoney] | None
    had_by: list[Named] | None
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
    stuck_money: list[StuckMoneyCard] | None
    photo: str
    imported_from: str


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
    imported_from: str


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
