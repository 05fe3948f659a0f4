"""What every set of terms is made of. Durations are seconds, distances metres, money fen, shares basis points."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]


class Terms(BaseModel):
    """Base of all: an unknown key is an operator's typing error and fails."""

    model_config = ConfigDict(extra="forbid", frozen=True)
