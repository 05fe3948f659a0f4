"""Asking who knows the streets: one vendor after the other, until each way has an answer or nobody is left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from web.scheduling.routing.places import Cell, Place, centre_of
from web.scheduling.routing.router import Said

Row = list[tuple[int, int] | None]
"""From one start to each end: metres and seconds; None where no road leads."""

SIDE_MAX = 25
"""So many starts, and so many ends, go into one question: what Tencent's matrix takes."""

REST_S = 30.0
"""So long a vendor that failed is left alone by this process: a customer waits for its timeout once, not each time."""

log = structlog.get_logger(__name__)


class Unanswered(Exception):
    """A vendor did not say. The text is for the log: a number or the name of an error, never a place."""


class Vendor(Protocol):
    """Who knows the streets."""

    name: str

    def matrix(self, origins: Sequence[Place], destinations: Sequence[Place]) -> list[Row]:
        """A row for each of `origins`, in their order. Raises Unanswered."""


@dataclass
class Asked:
    """A vendor, and whether it may be asked now. may_ask: of so many pairs, the budget."""

    vendor: Vendor
    may_ask: Callable[[int], bool] = field(default=lambda pairs: True)
    rests_until: float = 0.0

    def matrix(self, origins: Sequence[Place], destinations: Sequence[Place]) -> list[Row]:
        """As the vendor's. Raises Unanswered for one that rests or has no budget left."""
        if time.monotonic() < self.rests_until:
            raise Unanswered("rests")
        if not self.may_ask(len(origins) * len(destinations)):
            raise Unanswered("budget spent")
        try:
            rows = self.vendor.matrix(origins, destinations)
        except Unanswered:
            self.rests_until = time.monotonic() + REST_S
            raise
        if [len(row) for row in rows] != [len(destinations)] * len(origins):
            raise Unanswered("rows that do not fit")
        return rows


Answers = dict[tuple[Cell, Cell], Said | None]
"""By start and end: what was said; None where somebody answered, and nobody knows a road. What is missing was not
answered.
"""


def ask(vendors: Iterable[Asked], starts: Sequence[Cell], ends: Sequence[Cell]) -> Answers:
    """What is said of the ways from each of `starts` to each of `ends`, of SIDE_MAX at most. Never raises."""
    starts, ends = starts[:SIDE_MAX], ends[:SIDE_MAX]
    found: Answers = {}
    for asked in vendors:
        # A start is asked about again only where an earlier vendor has left a gap.
        left = [start for start in starts if any(start != end and found.get((start, end)) is None for end in ends)]
        if left and ends:
            for pair, said in _answers(asked, left, ends).items():
                found[pair] = found.get(pair) or said
    return found


def whole(amount: float) -> int:
    """Metres or seconds, rounded up. Raises ValueError for what no way has."""
    if not 0 <= amount < 10_000_000:
        raise ValueError("no way is so long")
    return math.ceil(amount)


def _answers(asked: Asked, starts: Sequence[Cell], ends: Sequence[Cell]) -> Answers:
    name = asked.vendor.name
    try:
        rows = asked.matrix([centre_of(cell) for cell in starts], [centre_of(cell) for cell in ends])
    except Unanswered as why:
        log.info("a router did not answer", vendor=name, why=str(why))
        return {}
    return {
        (start, end): None if answer is None else Said(*answer, by=name)
        for start, row in zip(starts, rows, strict=True)
        for end, answer in zip(ends, row, strict=True)
        if start != end
    }
