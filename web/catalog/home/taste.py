"""What a person's own views and orders say for a service that may be recommended to him. Pure, as `scoring` is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from web.catalog.home.scoring import Candidate, Weights

VIEWED, CATEGORY, AGAIN, TOGETHER = "viewed", "category", "again", "together"

DUE = 0.7
"""Who buys a service every month sees it again after so much of a month."""


class Seen(NamedTuple):
    """A service that somebody looked at, or bought, so many days ago."""

    service_id: int
    age: float


@dataclass(frozen=True)
class Person:
    """What he looked at and bought here; together: by service, how much more than nothing (0 to 1) people buy it who
    bought one of his, and which one.
    """

    views: Sequence[Seen] = ()
    orders: Sequence[Seen] = ()
    together: Mapping[int, tuple[float, str]] = field(default_factory=dict)


NOBODY = Person()


@dataclass
class Taste:
    """A person's own terms of a score. viewed, bought: by category, how much (0 to 1), and what is named as the reason.
    ages: by service, how many days ago he bought it, the last first.
    """

    person: Person
    weights: Weights
    viewed: Mapping[str, tuple[float, str]]
    bought: Mapping[str, tuple[float, str]]
    ages: Mapping[int, Sequence[float]]

    @classmethod
    def of(cls, person: Person, known: Mapping[int, Candidate], weights: Weights) -> Taste:
        """known: by id, all that may be recommended."""
        ages = defaultdict[int, list[float]](list)
        for order in person.orders:
            ages[order.service_id].append(max(order.age, 0.0))
        return cls(
            person,
            weights,
            viewed=_leanings(person.views, known, weights, by_category=False),
            bought=_leanings(person.orders, known, weights, by_category=True),
            ages={pk: sorted(one) for pk, one in ages.items()},
        )

    def terms_of(self, one: Candidate) -> dict[str, tuple[float, str]]:
        """What his own past says for it."""
        viewed, seen = self.viewed.get(one.category, (0.0, ""))
        bought, kind = self.bought.get(one.category, (0.0, ""))
        together, because = self.person.together.get(one.service_id, (0.0, ""))
        again = self._is_due(one.service_id)
        return {
            VIEWED: (self.weights.viewed * viewed, seen),
            CATEGORY: (self.weights.category * bought, kind),
            TOGETHER: (self.weights.together * min(max(together, 0.0), 1.0), because),
            AGAIN: (self.weights.again if again else 0.0, ""),
        }

    def rests(self, service_id: int) -> bool:
        """He has it, and does not need it again yet."""
        every = self._every(service_id)
        return any(
            age < (DUE * every if every else self.weights.rest_days) for age in self.ages.get(service_id, ())[:1]
        )

    def _is_due(self, service_id: int) -> bool:
        """He buys it again and again, and the time since the last one is about what it was before."""
        every = self._every(service_id)
        return every is not None and self.ages[service_id][0] >= DUE * every

    def _every(self, service_id: int) -> float | None:
        """So many days are between two orders of his; None for who has bought it once, or twice on a day."""
        gaps = [older - newer for newer, older in pairwise(self.ages.get(service_id, ()))]
        return every if gaps and (every := median(gaps)) >= 1 else None


def faded(age: float, half_life: float) -> float:
    """What something counts that is so many days ago."""
    return float(0.5 ** (max(age, 0.0) / half_life))


def _leanings(
    seen: Iterable[Seen], known: Mapping[int, Candidate], weights: Weights, *, by_category: bool
) -> dict[str, tuple[float, str]]:
    """By category: 0 to 1, the more and the later he was there the higher; and the last of it, or its own name."""
    sums, last = defaultdict[str, float](float), dict[str, tuple[float, int]]()
    for one in seen:
        if one.service_id in known:
            category = known[one.service_id].category
            sums[category] += faded(one.age, weights.half_life_days)
            last[category] = min(last.get(category, (one.age, one.service_id)), (one.age, one.service_id))
    named = {category: known[pk] for category, (_, pk) in last.items()}
    return {
        category: (total / (1 + total), named[category].category_name if by_category else named[category].name)
        for category, total in sums.items()
    }
