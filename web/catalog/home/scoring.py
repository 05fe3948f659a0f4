"""为您推荐: which services a person is shown, in which order, and why. Pure, so that it can be tried, and explained.

A score is a sum of terms, each between 0 and its weight: popularity that decays, the season, and the person's own views
and orders. Every service that is recommended names its terms as reasons, the weightiest first. What somebody has just
bought he is not offered again, unless he buys it again and again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from web.catalog.home.taste import AGAIN, CATEGORY, NOBODY, TOGETHER, VIEWED, Person, Taste, faded

POPULAR, SEASON, LISTED = "popular", "season", "listed"
REASONS = {
    POPULAR: "近期热门",
    SEASON: "当季：{about}",
    VIEWED: "因为您看过“{about}”",
    CATEGORY: "您常约“{about}”一类",
    AGAIN: "您常用，又到时候了",
    TOGETHER: "约过“{about}”的人也常约",
    LISTED: "平台精选",
}

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
) -> list[Recommendation]:
    """The best of them, each once, the best first; ties in the operator's order. month: 1 to 12."""
    return Standing(candidates, seasons=seasons, month=month, weights=weights).best_for(person, limit=limit)


class Standing:
    """How candidates stand in a month before it is known who asks: worked out once, for many persons.

    Within a category all that a person's own past says is the same for all, but for the services that he has booked
    himself or that are booked together with his. So of each category only the first few can be among his best.
    """

    def __init__(
        self,
        candidates: Iterable[Candidate],
        *,
        seasons: Sequence[Seasonal],
        month: int,
        weights: Weights,
        heats: Mapping[int, float] | None = None,
    ) -> None:
        """heats: of each, where somebody has worked them out for these weights already (`heat`)."""
        self._weights = weights
        self._known = {one.service_id: one for one in candidates}
        if heats is None:
            heats = {pk: heat(one.days, weights) for pk, one in self._known.items()}
        hottest = max(ENOUGH, *heats.values(), 0.0)
        self._common: dict[int, _Common] = {}
        ranked: list[tuple[str, float, int, int]] = []
        for pk, one in self._known.items():
            in_season, label = season_of(one, seasons, month)
            popular, season = weights.popular * heats[pk] / hottest, weights.season * in_season
            common = self._common[pk] = _Common(popular, season, label)
            ranked.append((one.category, -common.worth, one.position, pk))
        # By category: those that stand equally, in the operator's order; the best of them first.
        self._levels = defaultdict[str, list[list[int]]](list)
        for (category, _), equals in groupby(sorted(ranked), key=itemgetter(0, 1)):
            self._levels[category].append([pk for *_, pk in equals])

    def best_for(self, person: Person, *, limit: int) -> list[Recommendation]:
        """See `recommend`."""
        taste = Taste.of(person, self._known, self._weights)
        his = {pk for pk in (*taste.ages, *person.together) if pk in self._known}
        found = [(self._score(pk, taste), pk) for pk in his if not taste.rests(pk)]
        for category in self._levels:
            found += self._first_of(category, taste, but=his, most=min(limit, self._weights.per_category))
        found.sort(key=lambda one: (-one[0], self._known[one[1]].position, one[1]))
        taken = Counter[str]()
        best = list[Recommendation]()
        for score, pk in found:
            category = self._known[pk].category
            if len(best) < limit and taken[category] < self._weights.per_category:
                taken[category] += 1
                best.append(Recommendation(pk, score, _reasons(self._terms(pk, taste))))
        return best

    def _first_of(self, category: str, taste: Taste, *, but: Set[int], most: int) -> list[tuple[float, int]]:
        """(score, id) of the best of a category; more than `most` where rounding has made equals of them."""
        found: list[tuple[float, int]] = []
        for equals in self._levels[category]:
            first = [(self._score(pk, taste), pk) for pk in islice((pk for pk in equals if pk not in but), most)]
            if first and len(found) >= most and first[0][0] < found[most - 1][0]:
                break
            found += first
        return found

    def _score(self, service_id: int, taste: Taste) -> float:
        own = sum(worth for worth, _ in taste.terms_of(self._known[service_id]).values())
        return round(own + self._common[service_id].worth, 6)

    def _terms(self, service_id: int, taste: Taste) -> dict[str, tuple[float, str]]:
        common = self._common[service_id]
        terms = {POPULAR: (common.popular, ""), SEASON: (common.season, common.label)}
        return taste.terms_of(self._known[service_id]) | terms


class _Common(NamedTuple):
    """The terms that are the same for everybody."""

    popular: float
    season: float
    label: str

    @property
    def worth(self) -> float:
        """Both."""
        return self.popular + self.season


def heat(days: Iterable[Day], weights: Weights) -> float:
    """How wanted a service is: its orders and views, each counting half after every half-life."""
    return sum((day.orders + weights.view_counts * day.views) * faded(day.age, weights.half_life_days) for day in days)


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


def _reasons(terms: Mapping[str, tuple[float, str]]) -> tuple[Reason, ...]:
    """The terms that bring something, the weightiest first."""
    bring = sorted(((worth, code, about) for code, (worth, about) in terms.items() if worth > 0), key=_weightiest)
    found = tuple(Reason(code, REASONS[code].format(about=about)) for _, code, about in bring)
    return found or (Reason(LISTED, REASONS[LISTED]),)


def _weightiest(term: tuple[float, str, str]) -> tuple[float, str]:
    return -term[0], term[1]
