"""What every set of terms is made of. Durations are seconds, distances metres, money fen, shares basis points."""

from copy import deepcopy
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

YEAR_S = 366 * 86_400
MOST_FEN = 100_000_000
MOST_M = 1_000_000
"""What is beyond is a typing error, and would keep a server busy with calendars of a thousand years."""

T = TypeVar("T", bound=BaseModel)

Seconds = Annotated[float, Field(gt=0, le=YEAR_S)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
Fen = Annotated[int, Field(ge=0, le=MOST_FEN)]
Metres = Annotated[int, Field(ge=0, le=MOST_M)]


class Terms(BaseModel):
    """Base of all: an unknown key is an operator's typing error and fails."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


_NEAREST = {
    "greater_than_equal": ("ge", 0),
    "greater_than": ("gt", 1),
    "less_than_equal": ("le", 0),
    "less_than": ("lt", -1),
}
"""By the type of an error: the bound in its context, and how far from it the nearest whole number is allowed."""


def stored(model: type[T], data: Any) -> T:
    """Terms that were written before, and snapshots of them: a number beyond its bounds is the nearest that is allowed.

    Bounds are asked for where terms are written. They may be younger than a row, and no order and no page of a city
    stops for that. Raises pydantic.ValidationError for what cannot be read so either.
    """
    try:
        return model.model_validate(data)
    except ValidationError as wrong:
        return model.model_validate(_within_bounds(data, wrong))


def _within_bounds(data: Any, wrong: ValidationError) -> Any:
    held = deepcopy(data)
    for one in wrong.errors(include_url=False):
        # A key of a dict has no place to put another into.
        if one["type"] in _NEAREST and one["loc"] and one["loc"][-1] != "[key]":
            bound, step = _NEAREST[one["type"]]
            place: Any = held
            for part in one["loc"][:-1]:
                place = place[part]
            place[one["loc"][-1]] = one["ctx"][bound] + step
    return held
