"""How long people and orders waited: accept to push, and the longest wait that a kill made.

A wait belongs to one event of one order. It begins when the event could first have happened: when a person asked for
it (the first time, before any repetition), when its deadline had passed, or, for what the platform does by itself, when
the event before it was committed. It ends when the customer's socket has received it, whatever was killed in between:
the command's HTTP request, the actor's worker, or the server that held the socket. The stall is the longest of those
that a kill touched; what an ordinary wait takes (some 50 ms) is not subtracted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.smoke.stage import Case

AFTERMATH_S = 6.0
"""So long after a kill an order may be late: pushes of this time are not what accept-to-push is about."""

LOOKED_AT_S = 30.0
"""A wait that begins so long after a kill has another reason."""


@dataclass(frozen=True)
class Happening:
    """An event of the timeline. due: the deadline that made it happen, None where it was not a deadline."""

    type: str
    at: float
    due: float | None = None


@dataclass(frozen=True)
class Wait:
    """Seconds since the epoch."""

    order_id: int
    event: str
    since: float
    until: float

    @property
    def seconds(self) -> float:
        """Never negative: a clock of the database may be read a little later than ours."""
        return max(0.0, self.until - self.since)


def accept_to_push(cases: Iterable[Case], kills: Sequence[float]) -> list[float]:
    """Seconds from sending the accept to the customer's socket having order.accepted, away from kills."""
    waits = [
        (case.asked["accepted"][-1], case.heard["accepted"][0])
        for case in cases
        if case.asked["accepted"] and case.heard["accepted"]
    ]
    return [heard - sent for sent, heard in waits if not any(_touches(sent, heard, kill) for kill in kills)]


def waits_of(case: Case, timeline: Sequence[Happening], *, on_duty_at: float) -> list[Wait]:
    """Every wait of an order. on_duty_at: when somebody came for those who had nobody."""
    waits, seen, before = [], dict[str, int](), case.asked["placed"][0] if case.asked["placed"] else 0.0
    for position, happening in enumerate(timeline):
        nth = seen.get(happening.type, 0)
        seen[happening.type] = nth + 1
        since = _nth(case.asked, happening.type, nth) or happening.due or before
        if happening.type == "offered" and timeline[position - 1].type == "exhausted":
            since = max(since, on_duty_at)
        heard = _nth(case.heard, happening.type, nth) or happening.at
        waits.append(Wait(case.order_id, happening.type, since, max(heard, happening.at)))
        before = happening.at
    return waits


def longest_after(kills: Sequence[float], waits: Iterable[Wait]) -> Wait | None:
    """The longest of the waits during which, or soon before which, something was killed."""
    touched = [wait for wait in waits if any(wait.until >= kill and wait.since <= kill + LOOKED_AT_S for kill in kills)]
    return max(touched, key=lambda wait: wait.seconds, default=None)


def _touches(since: float, until: float, kill: float) -> bool:
    return until >= kill and since <= kill + AFTERMATH_S


def _nth(times: Mapping[str, list[float]], event: str, nth: int) -> float | None:
    of_event = times.get(event, [])
    return of_event[nth] if nth < len(of_event) else None
