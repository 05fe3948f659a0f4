"""为您推荐: which services a person is shown, in which order, and why. Pure, so that it can be tried, and explained.

A score is a sum of terms, each between 0 and its weight: popularity that decays, the season, and the person's own views
and orders. Every service that is recommended names its terms as reasons, the weightiest first. What somebody has just
bought he is not offered again, unless he buys it again and again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

POPULAR, SEASON, VIEWED, CATEGORY, AGAIN, TOGETHER, LISTED = (
    *("popular", "season", "viewed", "category", "again", "together", "listed"),
)
REASONS = {
    POPULAR: "近期热门",
    SEASON: "当季：{about}",
    VIEWED: "因为您看过“{about}”",
    CATEGORY: "您常约“{about}”一类",
    AGAIN: "您常用，又到时候了",
    TOGETHER: "约过“{about}”的人也常约",
    LISTED: "平台精选",
}

DUE = 0.7
"""Who buys a service every month sees it again after so much of a month."""

ENOUGH = 5.0
"""Where the most popular service has fewer orders than that, none is very popular."""

Weight = Annotated[float, Field(ge=0, le=10)]
Days = Annotated[float, Field(gt=0, le=365)]


class Weights(BaseModel):
    """How much each term may bring, and what else an operator may tune.

    half_life_days: an order so long ago counts half of today's. view_counts: a view counts so much of an order.
    per_category: at most so many of one category. rest_days: so long what was bought is not offered again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    popular: Weight = 1.0
    season: Weight = 0.8
    viewed: Weight = 0.7
    category: Weight = 0.5
    again: Weight = 1.2
    together: Weight = 0.6
    half_life_days: Days = 14
    view_counts: Annotated[float, Field(ge=0, le=1)] = 0.05
    per_category: Annotated[int, Field(ge=1, le=50)] = 2
    rest_days: Days = 14


class Day(NamedTuple):
    """A service's orders and views of one day, so many days ago."""

    age: float
    orders: int
    views: int


@dataclass(frozen=True)
class Candidate:
    """A service that can be booked. category: the slug of its own; words: name, tags and categories; days: in any
    order.
    """

    service_id: int
    category: str
    name: str
    category_name: str = ""
    words: frozenset[str] = frozenset()
    position: int = 0
    days: Sequence[Day] = ()


@dataclass(frozen=True)
class Seasonal:
    """An operator's row: services that one of the words names are wanted in these months (twelve weights, 0 to 1)."""

    name: str
    words: frozenset[str]
    months: Sequence[float]


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


class Reason(NamedTuple):
    """A stable code, and what people read."""

    code: str
    text: str


@dataclass(frozen=True)
class Recommendation:
    """score: the sum of its terms; reasons: never none."""

    service_id: int
    score: float
    reasons: tuple[Reason, ...]


def recommend(
    candidates: Iterable[Candidate],
    *,
    person: Person = NOBODY,
    seasons: Sequence[Seasonal] = (),
    month: int,
    weights: Weights,
    limit: int,
    heats: Mapping[int, float] | None = None,
) -> list[Recommendation]:
    """The best of them, each once, the best first; ties in the operator's order. month: 1 to 12.

    heats: of each, where somebody has worked them out for these weights already (`heat`).
    """
    known = {one.service_id: one for one in candidates}
    if heats is None:
        heats = {pk: heat(one.days, weights) for pk, one in known.items()}
    hottest = max(ENOUGH, *heats.values(), 0.0)
    taste = _Taste.of(person, known, weights)
    scored = []
    for pk, one in known.items():
        if taste.rests(pk):
            continue
        terms = taste.terms_of(one)
        terms[POPULAR] = (weights.popular * heats[pk] / hottest, "")
        in_season, label = season_of(one, seasons, month)
        terms[SEASON] = (weights.season * in_season, label)
        scored.append((round(sum(worth for worth, _ in terms.values()), 6), one, terms))
    scored.sort(key=lambda found: (-found[0], found[1].position, found[1].service_id))
    taken = Counter[str]()
    best = list[Recommendation]()
    for score, one, terms in scored:
        if len(best) == limit:
            break
        if taken[one.category] < weights.per_category:
            taken[one.category] += 1
            best.append(Recommendation(one.service_id, score, _reasons(terms)))
    return best


def heat(days: Iterable[Day], weights: Weights) -> float:
    """How wanted a service is: its orders and views, each counting half after every half-life."""
    return sum((day.orders + weights.view_counts * day.views) * _faded(day.age, weights.half_life_days) for day in days)


def season_of(candidate: Candidate, seasons: Iterable[Seasonal], month: int) -> tuple[float, str]:
    """(0 to 1, the season's name) of the season that wants it most in that month; (0, "") where none does."""
    wanted = [
        (season.months[month - 1], season.name)
        for season in seasons
        if season.months[month - 1] > 0 and _is_named(candidate, season.words)
    ]
    return min(wanted, key=lambda one: (-one[0], one[1]), default=(0.0, ""))


def _is_named(candidate: Candidate, words: frozenset[str]) -> bool:
    return not words.isdisjoint(candidate.words) or any(word in candidate.name for word in words)


def _faded(age: float, half_life: float) -> float:
    return float(0.5 ** (max(age, 0.0) / half_life))


def _reasons(terms: Mapping[str, tuple[float, str]]) -> tuple[Reason, ...]:
    """The terms that bring something, the weightiest first."""
    bring = sorted(((worth, code, about) for code, (worth, about) in terms.items() if worth > 0), key=_weightiest)
    found = tuple(Reason(code, REASONS[code].format(about=about)) for _, code, about in bring)
    return found or (Reason(LISTED, REASONS[LISTED]),)


def _weightiest(term: tuple[float, str, str]) -> tuple[float, str]:
    return -term[0], term[1]


@dataclass
class _Taste:
    """A person's own terms. viewed, bought: category → how much (0 to 1), and what is named as the reason."""

    person: Person
    weights: Weights
    viewed: Mapping[str, tuple[float, str]]
    bought: Mapping[str, tuple[float, str]]
    ages: Mapping[int, Sequence[float]]

    @classmethod
    def of(cls, person: Person, known: Mapping[int, Candidate], weights: Weights) -> "_Taste":
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


def _leanings(
    seen: Iterable[Seen], known: Mapping[int, Candidate], weights: Weights, *, by_category: bool
) -> dict[str, tuple[float, str]]:
    """By category: 0 to 1, the more and the later he was there the higher; and the last of it, or its own name."""
    sums, last = defaultdict[str, float](float), dict[str, tuple[float, int]]()
    for one in seen:
        if one.service_id in known:
            category = known[one.service_id].category
            sums[category] += _faded(one.age, weights.half_life_days)
            last[category] = min(last.get(category, (one.age, one.service_id)), (one.age, one.service_id))
    named = {category: known[pk] for category, (_, pk) in last.items()}
    return {
        category: (total / (1 + total), named[category].category_name if by_category else named[category].name)
        for category, total in sums.items()
    }
