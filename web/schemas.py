"""The base of every body that comes in or goes out, and the field types they share.

Strict: "12" is no 12, and an unknown field is refused. JSON has no dates, so `Instant` is the one type that reads text.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints, WithJsonSchema

# PostgreSQL cannot store U+0000, and no other control character belongs in a line that people typed.
ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
SEVERAL_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"


class Schema(BaseModel):
    """Base of request bodies and of answers. Built from rows by attribute."""

    model_config = ConfigDict(
        strict=True, extra="forbid", from_attributes=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class ErrorBody(Schema):
    """What every refusal looks like. code: stable English; message: what a person reads; details: data for the page."""

    code: str
    message: str
    details: dict[str, Any]


def _read_instant(value: object) -> object:
    """ISO 8601 with an offset, as text; anything else is left to the strict check behind."""
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value.upper())
        return moment.astimezone(UTC) if moment.tzinfo else value
    except (ValueError, OverflowError):
        return value


Instant = Annotated[
    datetime,
    Strict(),  # a parameter of a query has no strict model around it
    BeforeValidator(_read_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment: ISO 8601 with an offset on the wire, UTC in Python."""

Id = Annotated[int, Field(ge=1, le=2**53 - 1)]
"""The key of a row: a PostgreSQL bigint, as far as JavaScript can count."""

Lng = Annotated[float, Field(ge=73, le=136, description="Degrees, GCJ-02")]
Lat = Annotated[float, Field(ge=3, le=54, description="Degrees, GCJ-02")]


def line(maximum: int, *, minimum: int = 0) -> StringConstraints:
    """One line of text of so many characters; surrounding blanks are cut off first."""
    return StringConstraints(min_length=minimum, max_length=maximum, pattern=ONE_LINE, strip_whitespace=True)


def text(maximum: int, *, minimum: int = 0) -> StringConstraints:
    """Text of several lines."""
    return StringConstraints(min_length=minimum, max_length=maximum, pattern=SEVERAL_LINES, strip_whitespace=True)


def listed(names: Mapping[str, str]) -> Any:
    """One of these codes. The API's description says what people read for each."""
    shown: dict[str, Any] = {"enum": list(names), "x-names": dict(names)}
    return Field(pattern=rf"^({'|'.join(names)})$", json_schema_extra=shown)


Name = Annotated[str, line(40, minimum=1)]
"""Whatever people are called by."""
