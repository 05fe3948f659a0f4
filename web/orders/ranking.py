"""Who should do this order: every worker of the city, each either excluded with a reason or scored term by term.

Score = Σ points, each term between 0 and its weight (the weights are policy data):
- travel: w · (1 − travel / max_travel), travel being the way from the job before, from where he is now, or from home;
- rating: w · (r − 1) / 4, with r the Bayesian mean (sum + prior · n₀) / (count + n₀), so that newcomers start neutral;
- fairness: w · (1 − income of 30 days / fair income), not below 0;
- held: w for the one whose time the checkout kept.
Ties go to the lower id. Refusals exclude from this order and never lower a rank.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from web.ledger import selectors as ledger
from web.orders.models import Offer, Order, OrderEvent
from web.orders.policies import Policies
from web.scheduling import selectors as scheduling
from web.scheduling.fit import Job, fit, neighbours
from web.scheduling.routing import Leg, Place, leg
from web.workforce import selectors as workforce

if TYPE_CHECKING:
    from web.workforce.models import Worker

REASONS: dict[str, str] = {
    "no_skill": "不具备此技能",
    "out_of_area": "不在服务区域",
    "not_working": "不在工作时间",
    "not_free": "时间冲突",
    "too_far": "路程太远",
    "off_duty": "休息中",
    "refused": "已拒绝此单",
    "unanswered": "本轮未应答",
}
HARD_REASONS = frozenset({"no_skill", "out_of_area", "not_free"})
"""What a dispatcher cannot wave aside: the others are his to judge."""

TERM_NAMES: dict[str, str] = {"travel": "路程", "rating": "评分", "fairness": "收入公平", "held": "已预留时间"}

NOW_MEANS = timedelta(hours=1)
"""A visit that starts so soon is judged from where the worker is, not from his home."""


@dataclass(frozen=True)
class Term:
    """One term of a score. value: in the term's own unit (seconds, stars, fen, 0 or 1)."""

    name: str
    value: float
    weight: float
    points: float


@dataclass(frozen=True)
class Candidate:
    """A worker who could do it, with what his score is made of."""

    worker_id: int
    name: str
    score: float
    distance_m: int
    travel_s: int
    terms: list[Term]


@dataclass(frozen=True)
class Ranked:
    """Candidates best first, and everybody else with the reason."""

    candidates: list[Candidate]
    excluded: list[dict[str, Any]]

    def as_data(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """JSON for a `Ranking` row."""
        return [asdict(candidate) for candidate in self.candidates], self.excluded


@dataclass(frozen=True)
class Wanted:
    """What is asked for: the visit and its terms. `order_id` None while a customer is still choosing."""

    city: str
    skill: str
    job: Job
    policies: Policies
    order_id: int | None = None
    live: bool = True


def wanted_by(order: Order, policies: Policies) -> Wanted:
    """The visit of an order that is being dispatched."""
    ends_at = order.starts_at + timedelta(seconds=order.duration_s)
    job = Job(order.starts_at, ends_at, policies.booking.buffer_s, Place(order.lng, order.lat))
    return Wanted(order.city, order.service.skill, job, policies, order_id=order.pk)


def rank(wanted: Wanted, workers: Iterable[Worker]) -> Ranked:
    """Score or exclude each of `workers` (from `web.workforce.selectors.workers_in`)."""
    workers = list(workers)
    judge = _Judge(wanted, workers)
    candidates, excluded = [], []
    for worker in workers:
        verdict = judge.verdict(worker)
        if isinstance(verdict, Candidate):
            candidates.append(verdict)
        else:
            excluded.append({"worker_id": worker.pk, "name": worker.user.display_name, "reason": verdict})
    candidates.sort(key=lambda candidate: (-candidate.score, candidate.worker_id))
    return Ranked(candidates, excluded)


def consider(order: Order, policies: Policies, *, worker_id: int) -> Candidate | str:
    """One worker for one order: what he would score, or the reason that excludes him (no_skill for nobody of ours)."""
    workers = [worker for worker in workforce.workers_in(order.city) if worker.pk == worker_id]
    if not workers:
        return "no_skill"
    return _Judge(wanted_by(order, policies), workers).verdict(workers[0])


class _Judge:
    """Holds what is read once for all workers, so that a ranking costs a handful of queries."""

    def __init__(self, wanted: Wanted, workers: list[Worker]) -> None:
        ids = [worker.pk for worker in workers]
        self.wanted = wanted
        self.jobs = scheduling.jobs_of(ids, around=wanted.job.starts_at, without_order=wanted.order_id)
        self.income = ledger.income_of(ids)
        self.refused, self.unanswered = _past_answers(wanted.order_id)
        self.holder = scheduling.holder_of(wanted.order_id) if wanted.order_id else None
        self.now = timezone.now()

    def verdict(self, worker: Worker) -> Candidate | str:
        """The candidate, or the code of the first reason against him."""
        wanted, job = self.wanted, self.wanted.job
        if wanted.skill not in workforce.skills_of(worker):
            return "no_skill"
        if not workforce.serves(worker, job.place.lng, job.place.lat):
            return "out_of_area"
        if not workforce.works_at(worker, job.starts_at, job.ends_at):
            return "not_working"
        if wanted.live and not worker.on_duty:
            return "off_duty"
        if worker.pk in self.refused:
            return "refused"
        if worker.pk in self.unanswered:
            return "unanswered"
        return self._scored(worker)

    def _scored(self, worker: Worker) -> Candidate | str:
        travel = self.wanted.policies.travel
        jobs = self.jobs.get(worker.pk, [])
        if fit(jobs, self.wanted.job, home=_home(worker), travel=travel) is None:
            return "not_free"
        way = leg(self._start(worker, jobs), self.wanted.job.place, travel=travel)
        if way.travel_s > self.wanted.policies.dispatch.max_travel_s:
            return "too_far"
        terms = self._terms(worker, way)
        return Candidate(
            worker_id=worker.pk,
            name=worker.user.display_name,
            score=round(sum(term.points for term in terms), 3),
            distance_m=way.distance_m,
            travel_s=way.travel_s,
            terms=terms,
        )

    def _start(self, worker: Worker, jobs: list[Job]) -> Place:
        before, _ = neighbours(jobs, self.wanted.job.starts_at)
        if before and before.ends_at > self.now:
            return before.place
        seen = workforce.position_of(worker)
        if seen and self._is_soon():
            return Place(seen.lng, seen.lat)
        return before.place if before else _home(worker)

    def _is_soon(self) -> bool:
        starts_at: datetime = self.wanted.job.starts_at
        return self.wanted.live and starts_at - self.now < NOW_MEANS

    def _terms(self, worker: Worker, way: Leg) -> list[Term]:
        dispatch = self.wanted.policies.dispatch
        rating = (worker.rating_sum + dispatch.rating_prior * dispatch.rating_prior_count) / (
            worker.rating_count + dispatch.rating_prior_count
        )
        income = self.income.get(worker.pk, 0)
        held = worker.pk == self.holder
        return [
            _term("travel", way.travel_s, dispatch.w_travel, 1 - way.travel_s / dispatch.max_travel_s),
            _term("rating", round(rating, 3), dispatch.w_rating, (rating - 1) / 4),
            _term("fairness", income, dispatch.w_fairness, 1 - income / dispatch.fair_income_fen),
            _term("held", float(held), dispatch.w_held, float(held)),
        ]


def _term(name: str, value: float, weight: float, part: float) -> Term:
    return Term(name, value, weight, round(weight * min(max(part, 0.0), 1.0), 3))


def _home(worker: Worker) -> Place:
    return Place(worker.home_lng, worker.home_lat)


def _past_answers(order_id: int | None) -> tuple[set[int], set[int]]:
    """(who refused this order ever, who let it lapse since the last time nobody was left)."""
    if order_id is None:
        return set(), set()
    offers = Offer.objects.filter(order_id=order_id)
    exhausted = OrderEvent.objects.filter(order_id=order_id, type="exhausted").order_by("-version").first()
    this_round = offers.filter(offered_at__gt=exhausted.at) if exhausted else offers
    refused = offers.filter(state=Offer.REFUSED).values_list("worker_id", flat=True)
    lapsed = this_round.filter(state=Offer.LAPSED).values_list("worker_id", flat=True)
    return set(refused), set(lapsed)
