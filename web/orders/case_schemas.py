"""Bodies and answers of 售后. Money is fen, times UTC."""

from typing import Annotated, Literal

from web.orders.conversation_schemas import Photos
from web.photos.schemas import PhotoCard
from web.schemas import Instant, Schema, text


class CaseCard(Schema):
    """A 售后 case. outcome: "" while it waits for an answer, which the platform owes until `due_at`."""

    id: int
    kind: str
    text: str
    photos: list[PhotoCard]
    opened_at: Instant
    due_at: Instant
    outcome: str
    answer: str
    answered_at: Instant | None


class ClaimRequest(Schema):
    """What a customer complains of. kind: a key of `AfterSalesCase.KINDS`. photos: that he has sent."""

    kind: Literal["quality", "damage", "overcharge", "other"]
    text: Annotated[str, text(500, minimum=1)]
    photos: Photos = []


class AnswerCaseRequest(Schema):
    """The platform's answer. outcome: a key of `AfterSalesCase.OUTCOMES`."""

    outcome: Literal["declined", "noted"]
    text: Annotated[str, text(500, minimum=1)]
