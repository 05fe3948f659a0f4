"""Bodies and answers of 售后 and 返工. Money is fen, times UTC."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from web.orders.cards import Named
from web.orders.conversation_schemas import Photos
from web.orders.models import Order
from web.photos.schemas import PhotoCard
from web.schemas import Instant, Schema, text

ReworkBy = Literal["first", "anybody", "another"]


class LinkedOrder(Schema):
    """An order that another one is linked to. free: a 返工 that costs its customer nothing."""

    id: int
    phase: str
    starts_at: Instant
    free: bool

    @classmethod
    def of(cls, order: Order) -> Self:
        """Of a row."""
        return cls(id=order.pk, phase=order.phase, starts_at=order.starts_at, free=order.is_free)


class ReworkCard(Schema):
    """That an order is a 返工. of: the one whose work it makes good, null for a worker whose it was not. worker: who is
    to come, a key of `Order.REWORK_BY`.
    """

    of: LinkedOrder | None
    free: bool
    worker: str


class CaseCard(Schema):
    """A 售后 case. outcome: "" while it waits for an answer, which the platform owes until `due_at`. refund_fen,
    rework: what it led to.
    """

    id: int
    kind: str
    text: str
    photos: list[PhotoCard]
    opened_at: Instant
    due_at: Instant
    outcome: str
    answer: str
    answered_at: Instant | None
    refund_fen: int | None
    rework: LinkedOrder | None


class ClaimRequest(Schema):
    """What a customer complains of. kind: a key of `AfterSalesCase.KINDS`. photos: that he has sent."""

    kind: Literal["quality", "damage", "overcharge", "other"]
    text: Annotated[str, text(500, minimum=1)]
    photos: Photos = []


class RefundRequest(Schema):
    """What goes back: amount_fen, or 0 for what is left of the line, or of the tip, or else of everything. bearer: who
    bears it, both by their shares (a tip is the worker's alone) or the platform.
    """

    amount_fen: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    line: Annotated[int, Field(ge=0, le=1_000)] = 0
    tip: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0
    reason: Literal["quality", "incomplete", "damage", "overcharged", "goodwill", "agreed", "other"]
    bearer: Literal["shared", "platform"] = "shared"


class ReworkRequest(Schema):
    """A return visit: when, what it costs its customer (0: free, within the warranty), who comes, and what is to be
    done, which that worker reads ("": what was asked for the first time).
    """

    starts_at: Instant
    price_fen: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    worker: ReworkBy = "first"
    request: Annotated[str, text(500)] = ""


class AnswerCaseRequest(Schema):
    """The platform's answer, which the customer reads. outcome: a key of `AfterSalesCase.OUTCOMES`; refund and rework
    belong to `refunded` and `rework`.
    """

    outcome: Literal["declined", "noted", "refunded", "rework"]
    text: Annotated[str, text(500, minimum=1)]
    refund: RefundRequest | None = None
    rework: ReworkRequest | None = None

    @model_validator(mode="after")
    def _says_what_its_outcome_needs(self) -> Self:
        if (self.refund is not None) != (self.outcome == "refunded"):
            raise ValueError("refund belongs to the outcome refunded")
        if (self.rework is not None) != (self.outcome == "rework"):
            raise ValueError("rework belongs to the outcome rework")
        return self

    def choice(self) -> dict[str, int | str | bool]:
        """What the command carries: no text."""
        chosen = self.refund or self.rework
        more = chosen.model_dump(mode="json", exclude={"request"}) if chosen else {}
        return {"outcome": self.outcome, **more}


class RefundableLine(Schema):
    """A line of the price, and what of it no refund of it gives back."""

    position: int
    name: str
    amount_fen: int
    left_fen: int


class RefundOutlook(Schema):
    """What can go back. worker_bp: so many ten-thousandths of what is shared the worker bears; settled: it is taken
    back from him, because he has his part.
    """

    left_fen: int
    lines: list[RefundableLine]
    worker_bp: int
    settled: bool


class ReworkOutlook(Schema):
    """What a return visit would be. free: within the warranty. worker: who had best come. pay_fen: what the platform
    pays for a free one to another worker than `first_worker`.
    """

    free: bool
    warranty_until: Instant | None
    worker: ReworkBy
    first_worker: Named | None
    duration_s: int
    pay_fen: int


class CaseOutlook(Schema):
    """A case as staff see it before they answer. outcomes: what may be made of it, and how people call it."""

    case: CaseCard
    outcomes: dict[str, str]
    refund: RefundOutlook
    rework: ReworkOutlook
