"""上门费: what it costs that somebody comes, by how far he comes and at what hour. Pure; metres and fen."""

from itertools import pairwise
from typing import Self

from pydantic import model_validator

from web.orders.surcharges import Hours
from web.orders.terms import MOST_M, Fen, Metres, Terms


class WayStep(Terms):
    """So much for a way that is longer than the step before, and no longer than until_m."""

    until_m: Metres
    fee_fen: Fen


class NightFee(Hours):
    """So much more for coming at these hours."""

    fee_fen: Fen


class VisitFee(Terms):
    """By default what the service's version says, and nothing for the way.

    base_fen: instead of the version's. free_m: so far the way costs nothing; then it is priced by the steps, and beyond
    the last of them (of free_m, where there are none) with km_fen for each kilometre begun; max_fen: never with more.
    """

    base_fen: Fen | None = None
    free_m: Metres = 0
    steps: tuple[WayStep, ...] = ()
    km_fen: Fen = 0
    max_fen: Fen | None = None
    night: NightFee | None = None

    @model_validator(mode="after")
    def _never_falls(self) -> Self:
        reached = [self.free_m, *(step.until_m for step in self.steps)]
        fees = [step.fee_fen for step in self.steps]
        # Of what was stored several may have been held to the most.
        if any(far >= farther and farther < MOST_M for far, farther in pairwise(reached)):
            raise ValueError("each step reaches farther than the one before")
        if any(near > far for near, far in pairwise(fees)):
            raise ValueError("who comes from farther is not cheaper")
        return self

    @property
    def counts_way(self) -> bool:
        """Whether it matters from how far somebody comes."""
        return bool(self.steps or self.km_fen)

    def way_fen(self, distance_m: int) -> int:
        """What is added for so long a way."""
        if distance_m <= self.free_m:
            return 0
        fen = next((step.fee_fen for step in self.steps if distance_m <= step.until_m), None)
        if fen is None:
            reached, fen = (self.steps[-1].until_m, self.steps[-1].fee_fen) if self.steps else (self.free_m, 0)
            fen += self.km_fen * kilometres(distance_m - reached)
        return fen if self.max_fen is None else min(fen, self.max_fen)


def kilometres(distance_m: int) -> int:
    """Those that were begun."""
    return -(-distance_m // 1_000)
