"""What a score is made of: terms, each between 0 and its weight, and the weights are policy data.

Score = Σ points:
- travel: w · (1 − travel / max_travel), travel being the way from the job before, from where he is now, or from home;
- rating: w · (r − 1) / 4, with r the Bayesian mean (sum + prior · n₀) / (count + n₀), so that newcomers start neutral;
- fairness: w · (1 − income of 30 days / fair income), not below 0;
- held: w for the one whose time is kept;
- skill: w · (level − 1) / 4;
- kept: w · the share of the orders he accepted that he kept, (kept + prior · n₀) / (accepted + n₀);
- newcomer: w · (1 − finished orders / newcomer_jobs), not below 0;
- favourite: w for whom the customer would rather have again;
- returning: of a 返工 that he is to do himself, w for who did the work the first time;
- picked: of an order whose customer has picked somebody, w for him.
Ties go to the lower id. Refusals exclude from this order and never lower a rank. Points are counted from what is stored
of a term and nothing else, so that `replay` finds the same order of candidates years later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from web.orders.policies import Dispatch


@dataclass(frozen=True)
class Term:
    """One term of a score. value: in the term's own unit (seconds, stars, fen, 0 or 1)."""

    name: str
    value: float
    weight: float
    points: float


def term_of(name: str, value: float, weight: float, dispatch: Dispatch) -> Term:
    """A term with its points: its part, cut to 0..1, of its weight. Raises KeyError for a name that is none."""
    part = {
        "travel": 1 - value / dispatch.max_travel_s,
        "rating": (value - 1) / 4,
        "fairness": 1 - value / dispatch.fair_income_fen,
        "held": value,
        "skill": (value - 1) / 4,
        "kept": value,
        "newcomer": 1 - value / dispatch.newcomer_jobs,
        "favourite": value,
        "returning": value,
        "picked": value,
    }[name]
    return Term(name, value, weight, round(weight * min(max(part, 0.0), 1.0), 3))


def score_of(terms: Iterable[Term]) -> float:
    """The sum of the points."""
    return round(sum(term.points for term in terms), 3)


def replay(candidates: Sequence[dict[str, Any]], dispatch: Dispatch) -> list[int]:
    """Everybody's id, best first, from nothing but a stored ranking's candidates and the order's frozen terms."""

    def counted_anew(terms: Sequence[dict[str, Any]]) -> float:
        return score_of(term_of(term["name"], term["value"], term["weight"], dispatch) for term in terms)

    scores = {one["worker_id"]: counted_anew(one["terms"]) for one in candidates}
    return sorted(scores, key=lambda worker_id: (-scores[worker_id], worker_id))
