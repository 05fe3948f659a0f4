"""A closed order of other books, as a line of JSON says it, and what can be wrong with such a line.

Money fen, times ISO 8601 with an offset, durations seconds, coordinates GCJ-02 degrees. What is wrong is said by a code
and the field's place, never by a value: the lines carry phones and addresses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from web.accounts.phones import CallableNumber, Mobile
from web.schemas import Id, Instant, Lat, Lng, Schema, line, text
from workflows.transitions import Phase

CODES: Mapping[str, str] = {
    "not_json": "the line is no JSON object",
    "invalid": "a field is missing, unknown, or not of its type",
    "lines_do_not_sum": "a line is not quantity × unit price, or the lines are not the total",
    "too_much_back": "more is given back, or kept as a fee, than was paid",
    "times_out_of_order": "something happened before what comes before it, or is still to come",
    "who_is_missing": "a completed order has a worker and was paid; a person has a phone or an id",
    "unknown_city": "no such city is served",
    "unknown_service": "no service of this slug or id was ever published",
    "unknown_worker": "no worker has this phone; one who has left comes with an id",
    "wrong_role": "the phone is that of somebody of another role",
    "twice": "another line of this file has the same external_id",
    "changed": "it was imported before, and the line is another now: what was imported does not change",
}
"""Stable; docs/operations.md lists them."""

Fen = Annotated[int, Field(ge=0, le=10**9)]
ExternalId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,50}$")]
RULE = "imported"
"""Where a line of such an order's price comes from."""

SOURCE = r"^[a-z0-9-]{1,20}$"


@dataclass(frozen=True)
class Problem:
    """number: of the line, from 1. field: its place in the line, "" for the whole."""

    number: int
    code: str
    field: str = ""


class PastPerson(Schema):
    """By his phone (mainland mobile) or by what the other books call him. name: used where he has none here."""

    phone: Mobile | None = None
    id: ExternalId | None = None
    name: Annotated[str, line(40)] = ""

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if (self.phone is None) == (self.id is None):
            raise _wrong("who_is_missing")
        return self


class PastPlace(Schema):
    """Where it was. What the books do not say of the door stays empty."""

    district: Annotated[str, line(20)]
    place: Annotated[str, line(100)] = ""
    door: Annotated[str, line(100)] = ""
    contact_name: Annotated[str, line(40)] = ""
    contact_phone: CallableNumber | None = None
    lng: Lng
    lat: Lat


class PastLine(Schema):
    """A line of the price; a discount's is negative."""

    name: Annotated[str, line(100, minimum=1)]
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1
    unit: Annotated[str, line(10)] = ""
    unit_price_fen: Annotated[int, Field(ge=-(10**9), le=10**9)]
    amount_fen: Annotated[int, Field(ge=-(10**9), le=10**9)]


class PastOrder(Schema):
    """One line of the file. ended_at: when it was completed or cancelled, and nothing could be asked of it any more.

    refunded_fen: went back to the customer; cancel_fee_fen: was kept of a cancelled one.
    """

    external_id: ExternalId
    city: Annotated[str, line(20, minimum=1)]
    service: Annotated[str, line(50, minimum=1)] | Id
    customer: PastPerson
    worker: PastPerson | None = None
    phase: Literal["COMPLETED", "CANCELLED"]
    placed_at: Instant
    paid_at: Instant | None = None
    accepted_at: Instant | None = None
    starts_at: Instant
    started_at: Instant | None = None
    finished_at: Instant | None = None
    ended_at: Instant
    duration_s: Annotated[int, Field(ge=60, le=86_400)] | None = None
    staff: Annotated[int, Field(ge=1, le=50)] = 1
    where: PastPlace
    request: Annotated[str, text(500)] = ""
    lines: Annotated[list[PastLine], Field(min_length=1, max_length=100)]
    total_fen: Fen
    refunded_fen: Fen = 0
    cancel_fee_fen: Fen = 0
    cancelled_by: Literal["", "customer", "worker", "staff", "system"] = ""
    cancel_reason: Annotated[str, Field(pattern=r"^[a-z_]{0,20}$")] = ""
    channel: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,20}$")] = ""
    rating: Annotated[int, Field(ge=1, le=5)] | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        wrong = any(one.amount_fen != one.quantity * one.unit_price_fen for one in self.lines)
        if wrong or sum(one.amount_fen for one in self.lines) != self.total_fen:
            raise _wrong("lines_do_not_sum")
        paid = self.total_fen if self.paid_at else 0
        if self.refunded_fen + self.cancel_fee_fen > paid:
            raise _wrong("too_much_back")
        if self.is_completed and (self.worker is None or self.paid_at is None):
            raise _wrong("who_is_missing")
        return self

    @model_validator(mode="after")
    def _happened_in_order(self) -> Self:
        known = [
            at for at in (self.placed_at, self.accepted_at, self.started_at, self.finished_at, self.ended_at) if at
        ]
        if any(later < earlier for earlier, later in pairwise(known)):
            raise _wrong("times_out_of_order")
        if self.paid_at and not self.placed_at <= self.paid_at <= self.ended_at:
            raise _wrong("times_out_of_order")
        return self

    @property
    def is_completed(self) -> bool:
        return self.phase == Phase.COMPLETED

    @property
    def happened(self) -> dict[str, datetime]:
        """The times that the order's row has no column for, by name, as far as the books have them."""
        times = {name: getattr(self, name) for name in ("accepted_at", "started_at", "finished_at")}
        return {name: at for name, at in times.items() if at}


def read_line(number: int, written: str) -> PastOrder | Problem:
    """The order that the line says, or what is wrong with it first."""
    try:
        return PastOrder.model_validate_json(written)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        # What a union tried is no place in the line.
        place = ".".join(str(part) for part in first["loc"] if not str(part).startswith("constrained-"))
        if first["type"] in CODES:
            return Problem(number, first["type"], place)
        return Problem(number, "invalid" if place else "not_json", place)


def _wrong(code: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{what}", {"what": CODES[code]})
