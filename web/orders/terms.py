"""What every set of terms is made of. Durations are seconds, distances metres, money fen, shares basis points."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

YEAR_S = 366 * 86_400
MOST_FEN = 100_000_000
MOST_M = 1_000_000
"""What is beyond is a typing error, and would keep a server busy with calendars of a thousand years."""

Seconds = Annotated[float, Field(gt=0, le=YEAR_S)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
Fen = Annotated[int, Field(ge=0, le=MOST_FEN)]
Metres = Annotated[int, Field(ge=0, le=MOST_M)]


class Terms(BaseModel):
    """Base of all: an unknown key is an operator's typing error and fails."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
