"""Who should do this order: every worker of the city, each either excluded with a reason or scored term by term.

How a score is made of its terms: `web.orders.scoring`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from django.utils import timezone

from web.accounts import ties
from web.ledger import selectors as ledger
from web.orders import selectors
from web.orders.models import Offer, Order
from web.orders.policies import Policies
from web.orders.records import Record, records_of
from web.orders.scoring import Term, score_of, term_of
from web.orders.slots import job_of
from web.scheduling import selectors as scheduling
from web.scheduling.fit import Job, fit, neighbours
from web.scheduling.routing import Leg, Place
from web.scheduling.ways import router_near
from web.workforce import selectors as workforce
from web.workforce.plan import day_of
from web.workforce.plans import holidays_for, plan_of

if TYPE_CHECKING:
    from web.workforce.models import Worker

REASONS: dict[str, str] = {
    "blocked": "双方已屏蔽",
    "no_skill": "不具备此技能",
    "out_of_area": "不在服务区域",
    "not_free": "时间冲突",
    "full": "接单已达上限",
    "too_late": "已过开始时间",
    "not_working": "不在工作时间",
    "too_far": "路程太远",
    "off_duty": "休息中",
    "replaced": "返工须更换人员",
    "failed": "曾未履约此单",
    "handed_back": "曾离开此单",
    "refused": "已拒绝此单",
    "unanswered": "本轮未应答",
}
"""In the order in which they are looked for: of several the first is named, so that none hides one that is hard."""

HARD_REASONS = frozenset({"blocked", "no_skill", "out_of_area", "not_free", "full"})
"""What a dispatcher cannot wave aside: the others are his to judge."""

NOW_MEANS = timedelta(hours=1)
"""A visit that starts so soon is judged from where the worker is, not from his home."""


@dataclass(frozen=True)
class Candidate:
    """A worker who could do it, with what his score is made of. reach: front, back or rest when he was ranked."""

    worker_id: int
    name: str
    score: float
    distance_m: int
    travel_s: int
    terms: list[Term]
    reach: str


@dataclass(frozen=True)
class Verdict:
    """What is thought of a worker: his score and his way, and the first reason against him, if there is one."""

    candidate: Candidate
    reason: str | None


@dataclass(frozen=True)
class Ranked:
    """Every worker's verdict: the candidates best first, then everybody else."""

    verdicts: list[Verdict]

    @property
    def worker_ids(self) -> list[int]:
        """The candidates, best first."""
        return [one.candidate.worker_id for one in self.verdicts if one.reason is None]

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """JSON for a `Ranking` row: the candidates with all their terms."""
        return [asdict(one.candidate) for one in self.verdicts if one.reason is None]

    @property
    def excluded(self) -> list[dict[str, Any]]:
        """JSON for a `Ranking` row: everybody else with the reason."""
        return [
            {"worker_id": one.candidate.worker_id, "name": one.candidate.name, "reason": one.reason}
            for one in self.verdicts
            if one.reason is not None
        ]

    def verdict_on(self, worker_id: int) -> Verdict | None:
        """None for somebody who is no worker of this city."""
        return next((one for one in self.verdicts if one.candidate.worker_id == worker_id), None)


@dataclass(frozen=True)
class Wanted:
    """What is asked for: the visit and its terms. `order_id` None while a customer is still choosing.

    live: who can be asked now, and not who could do it on the day (he may rest now, or have missed an offer). picked:
    whom the customer wants, who is asked though he rests. returning, replaced: of a 返工, who did the work the first
    time, and is to come again, or is not.
    """

    city: str
    skill: str
    job: Job
    policies: Policies
    order_id: int | None = None
    live: bool = True
    customer_id: int | None = None
    returning: int | None = None
    replaced: int | None = None
    picked: int | None = None


class Ranker(Protocol):
    """What stands in `rank`'s place must do: a verdict on each of the workers, the candidates best first.

    Everything that chooses a worker (checkout, offers, grabs, assignments, the board) asks `rank`, and nothing else.
    """

    def __call__(self, wanted: Wanted, workers: Iterable[Worker]) -> Ranked:
        """See `rank`."""


def wanted_by(order: Order, policies: Policies, *, live: bool = True) -> Wanted:
    """The visit of an order that is being dispatched."""
    return Wanted(
        order.city,
        order.service_version.skill,
        job_of(order),
        policies,
        order_id=order.pk,
        live=live,
        customer_id=order.customer_id,
        returning=order.first_worker_id if order.rework_by == Order.FIRST else None,
        replaced=order.first_worker_id if order.rework_by == Order.ANOTHER else None,
        picked=order.picked_worker_id,
    )


def rank(wanted: Wanted, workers: Iterable[Worker]) -> Ranked:
    """Score or exclude each of `workers` (from `web.workforce.selectors.workers_in`)."""
    workers = list(workers)
    judge = _Judge(wanted, workers)
    verdicts = [judge.verdict(worker) for worker in workers]
    candidates = [one for one in verdicts if one.reason is None]
    candidates.sort(key=lambda one: (-one.candidate.score, one.candidate.worker_id))
    return Ranked(candidates + [one for one in verdicts if one.reason is not None])


def rank_for(order: Order, policies: Policies, *, live: bool = True) -> Ranked:
    """The whole city for an order, as of now."""
    return rank(wanted_by(order, policies, live=live), workforce.workers_in(order.city))


def consider(order: Order, policies: Policies, *, worker_ids: Collection[int]) -> Ranked:
    """These workers for one order, as of now; without those that are none of the city's."""
    return rank(wanted_by(order, policies), workforce.workers_in(order.city, only=worker_ids))


class _Judge:
    """Holds what is read once for all workers, so that a ranking costs a handful of queries."""

    def __init__(self, wanted: Wanted, workers: list[Worker]) -> None:
        ids = [worker.pk for worker in workers]
        self.wanted = wanted
        self.jobs = scheduling.jobs_of(ids, around=wanted.job.starts_at, without_order=wanted.order_id)
        self.in_week = scheduling.week_of(workers, at=wanted.job.starts_at, without_order=wanted.order_id)
        holidays = holidays_for(wanted.policies.booking)
        self.plans = {worker.pk: plan_of(worker, holidays) for worker in workers}
        self.router = router_near(wanted.job.place, travel=wanted.policies.travel)
        self.income = ledger.income_of(ids)
        self.past = _past_answers(wanted.order_id)
        self.holder = scheduling.holder_of(wanted.order_id) if wanted.order_id else None
        self.favourites, self.blocked = ties.ties_of(wanted.customer_id) if wanted.customer_id else (set(), set())
        self.records = records_of(ids)
        self.now, self.fresh = timezone.now(), timedelta(seconds=wanted.policies.visit.position_fresh_s)

    def verdict(self, worker: Worker) -> Verdict:
        """His score, and the first reason against him in the order of REASONS."""
        jobs = self.jobs.get(worker.pk, [])
        way = self.router.leg(self._start(worker, jobs), self.wanted.job.place, arriving=self.wanted.job.starts_at)
        terms = self._terms(worker, way)
        candidate = Candidate(
            worker_id=worker.pk,
            name=worker.user.display_name,
            score=score_of(terms),
            distance_m=way.distance_m,
            travel_s=way.travel_s,
            terms=terms,
            reach=worker.reach_now,
        )
        return Verdict(candidate, self._cannot(worker, jobs) or self._should_not(worker, way))

    def _cannot(self, worker: Worker, jobs: list[Job]) -> str | None:
        wanted, job = self.wanted, self.wanted.job
        if worker.pk in self.blocked:
            return "blocked"
        if wanted.skill not in workforce.skills_of(worker):
            return "no_skill"
        if not workforce.serves(worker, job.place.lng, job.place.lat):
            return "out_of_area"
        if fit(jobs, job, home=self._home(worker), router=self.router) is None:
            return "not_free"
        if not self.plans[worker.pk].caps.leave_room(self.in_week.get(worker.pk, []), at=job.starts_at):
            return "full"
        return None

    def _should_not(self, worker: Worker, way: Leg) -> str | None:
        job, live = self.wanted.job, self.wanted.live
        against = {
            "too_late": job.starts_at <= self.now,
            "not_working": not self.plans[worker.pk].covers(job.starts_at, job.ends_at),
            "too_far": way.travel_s > self.wanted.policies.dispatch.max_travel_s,
            "off_duty": live and not worker.on_duty and worker.pk != self.wanted.picked,
            "replaced": worker.pk == self.wanted.replaced,
            "failed": worker.pk in self.past.failed,
            "handed_back": worker.pk in self.past.handed_back,
            "refused": worker.pk in self.past.refused,
            "unanswered": live and worker.pk in self.past.unanswered,
        }
        return next((reason for reason, holds in against.items() if holds), None)

    def _start(self, worker: Worker, jobs: list[Job]) -> Place:
        before, _ = neighbours(jobs, self.wanted.job.starts_at)
        if before and before.ends_at > self.now:
            return before.place
        seen = workforce.position_of(worker)
        # Where he was last night does not say where he is.
        is_soon = self.wanted.live and self.wanted.job.starts_at - self.now < NOW_MEANS
        if seen and is_soon and self.now - seen.at <= self.fresh:
            return Place(seen.lng, seen.lat)
        return before.place if before else self._home(worker)

    def _home(self, worker: Worker) -> Place:
        return Place(*self.plans[worker.pk].home_on(day_of(self.wanted.job.starts_at)))

    def _terms(self, worker: Worker, way: Leg) -> list[Term]:
        wanted, dispatch = self.wanted, self.wanted.policies.dispatch
        stars = worker.rating_sum + dispatch.rating_prior * dispatch.rating_prior_count
        rating = stars / (worker.rating_count + dispatch.rating_prior_count)
        held = worker.pk == self.holder
        record = self.records.get(worker.pk, Record())
        prior = dispatch.kept_prior * dispatch.kept_prior_count
        kept = (record.kept + prior) / (record.kept + record.failed + dispatch.kept_prior_count)
        level = workforce.level_of(worker, self.wanted.skill)
        terms = [
            term_of("travel", way.travel_s, dispatch.w_travel, dispatch),
            term_of("rating", round(rating, 3), dispatch.w_rating, dispatch),
            term_of("fairness", self.income.get(worker.pk, 0), dispatch.w_fairness, dispatch),
            term_of("held", float(held), dispatch.w_held, dispatch),
            term_of("skill", level, dispatch.w_skill, dispatch),
            term_of("kept", round(kept, 3), dispatch.w_kept, dispatch),
            term_of("newcomer", record.finished, dispatch.w_newcomer, dispatch),
            term_of("favourite", float(worker.pk in self.favourites), dispatch.w_favourite, dispatch),
        ]
        if wanted.returning is not None:
            terms.append(term_of("returning", float(worker.pk == wanted.returning), dispatch.w_returning, dispatch))
        if wanted.picked is not None:
            terms.append(term_of("picked", float(worker.pk == wanted.picked), dispatch.w_picked, dispatch))
        return terms


@dataclass(frozen=True)
class _Past:
    """Ids of workers. failed, handed_back, refused: this order, ever. unanswered: an offer of this round."""

    failed: set[int]
    handed_back: set[int]
    refused: set[int]
    unanswered: set[int]


def _past_answers(order_id: int | None) -> _Past:
    closed = [Offer.FAILED, Offer.RETURNED, Offer.REFUSED, Offer.LAPSED]
    missed = list(Offer.objects.filter(order_id=order_id, state__in=closed)) if order_id is not None else []
    failed, handed_back, refused = (
        {offer.worker_id for offer in missed if offer.state == state} for state in (closed[0], closed[1], closed[2])
    )
    lapsed = [offer for offer in missed if offer.state == Offer.LAPSED]
    began = selectors.round_began_at(order_id) if lapsed and order_id is not None else None
    unanswered = {offer.worker_id for offer in lapsed if began is None or offer.offered_at > began}
    return _Past(failed, handed_back, refused, unanswered)
