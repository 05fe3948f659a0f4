"""The figures: counts decide, times are told."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Counts:
    """What was counted; a run is good when every order ended as its script says and nothing else was found."""

    orders: int
    ended_as_expected: int
    lost: int = 0
    stuck: int = 0
    push_gaps: int = 0
    push_duplicates: int = 0
    ledger_unbalanced: int = 0
    row_actor_mismatch: int = 0

    @property
    def passed(self) -> bool:
        """Whether the exit code is 0."""
        wrong = self.lost + self.stuck + self.push_gaps + self.push_duplicates
        wrong += self.ledger_unbalanced + self.row_actor_mismatch
        return self.orders == self.ended_as_expected and wrong == 0


@dataclass(frozen=True)
class Times:
    """What was measured; seconds, None where nothing was there to measure."""

    accept_to_push: Sequence[float]
    stall_after_kill: float | None
    total: float


def last_line(counts: Counts, times: Times) -> str:
    """One JSON object: what CI and people read."""
    figures: dict[str, Any] = vars(counts) | {
        "accept_to_push_ms": {name: percentile(times.accept_to_push, part) for name, part in PARTS.items()},
        "stall_after_kill_s": None if times.stall_after_kill is None else round(times.stall_after_kill, 2),
        "seconds": round(times.total, 1),
    }
    return json.dumps(figures)


PARTS = {"p50": 0.5, "p99": 0.99}


def percentile(seconds: Sequence[float], part: float) -> float | None:
    """The smallest value that at least `part` of all do not exceed, in milliseconds."""
    if not seconds:
        return None
    return round(sorted(seconds)[math.ceil(part * len(seconds)) - 1] * 1000, 1)
