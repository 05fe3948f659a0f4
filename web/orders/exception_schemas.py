"""Bodies and answers of 异常. Money is fen, times UTC, durations seconds, coordinates GCJ-02 degrees."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from web.orders.conversation_schemas import Photos
from web.photos.schemas import PhotoCard
from web.schemas import Instant, Schema, text

ExceptionType = Literal[
    "customer_absent",
    "address_wrong",
    "worker_unwell",
    "vehicle",
    "scope_larger",
    "damage",
    "dispute",
    "safety",
    "weather",
    "other",
]

Words = Annotated[str, text(1000)]


class ExceptionReport(Schema):
    """What is wrong, from the list, and in one's own words, which only its author and staff read."""

    type: ExceptionType
    text: Words = ""
    photos: Photos = []


class ExceptionDecision(Schema):
    """What becomes of it. A customer may only say `continue`. refund_bp: of what was paid so many ten-thousandths go
    back, for `end_early` and `cancel_with_refund`. failed: for `send_somebody_else`, whether the worker failed it.
    """

    outcome: Literal["continue", "continue_with_supplement", "send_somebody_else", "end_early", "cancel_with_refund"]
    refund_bp: Annotated[int, Field(ge=0, le=10_000)] | None = None
    failed: bool | None = None

    @model_validator(mode="after")
    def _says_what_its_outcome_needs(self) -> Self:
        if (self.refund_bp is not None) != (self.outcome in ("end_early", "cancel_with_refund")):
            raise ValueError("refund_bp belongs to end_early and cancel_with_refund")
        if (self.failed is not None) != (self.outcome == "send_somebody_else"):
            raise ValueError("failed belongs to send_somebody_else")
        return self

    def choice(self) -> dict[str, int | str | bool]:
        """What the command carries beside its move."""
        return self.model_dump(exclude_none=True, exclude={"outcome"})


class ExceptionPlace(Schema):
    """Where the worker was last seen."""

    lng: float
    lat: float


class ExceptionCard(Schema):
    """异常, as one person may see it. type, text: its author's and staff's where it is a matter of safety or was not
    written by the reader. answer_s, solve_s: seconds from its raising; place, cost_fen, level: staff's.
    """

    id: int
    order_id: int
    city: str
    type: str
    type_name: str
    phase: str
    role: str
    by: str
    raised_at: Instant
    mine: bool
    text: str | None
    photos: list[PhotoCard]
    place: ExceptionPlace | None
    answer_due: Instant
    answered_at: Instant | None
    answered_by: str | None
    answer_s: float | None
    solve_due: Instant
    solved_at: Instant | None
    solved_by: str | None
    solve_s: float | None
    outcome: str
    outcome_name: str
    cost_fen: int | None
    level: int | None


class ExceptionPage(Schema):
    """Exceptions, newest first. next_before: pass it as `before` for the page after this one."""

    items: list[ExceptionCard]
    next_before: int | None
