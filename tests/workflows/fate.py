"""What a fate of an order is."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from tests.world.town import Terms, Town, Trade


@dataclass(frozen=True)
class Fate:
    """tell: acts until nothing is left but to wait for the actor's end; returns the order's id."""

    tell: Callable[[Trade], Awaitable[int]]
    workers: int = 1
    terms: Terms = field(default_factory=dict)

    def trade(self, town: Town) -> AbstractAsyncContextManager[Trade]:
        """The people it needs."""
        return town.trade(workers=self.workers, terms=self.terms)
