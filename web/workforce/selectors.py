"""Reading workers: who they are to others, and what makes one fit for a job. worker_id is the user's id everywhere."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Prefetch, QuerySet, Sum

import hub
from web.accounts.models import User
from web.accounts.scope import of_his_city
from web.errors import DoorbellError
from web.orders import in_hand
from web.prepared import prepared
from web.workforce import areas, cards, plans, week
from web.workforce.cards import WorkerCard, WorkerFace, WorkerOnMap
from web.workforce.models import Holiday, PointsEntry, Worker, WorkerPosition, WorkerSkill, WorkingHours
from web.workforce.plan import Base, Caps, day_of
from workflows.transitions import Phase, Role

# As plain lists: Django makes a manager and a queryset for each worker otherwise, half the time of a city's ranking.
_SKILLS, _HOURS = Prefetch("skills", to_attr="all_skills"), Prefetch("hours", to_attr="all_hours")

Reach = Literal["front", "back", "rest"]

FRONT = Worker.FRONT
"""The reach of who has the app before him."""


def visible_to(actor: User) -> QuerySet[Worker]:
    """Workers see themselves, staff their city's or all; customers only see an order's."""
    workers = Worker.objects.select_related("user").order_by("pk")
    if actor.role == Role.WORKER:
        return workers.filter(pk=actor.pk)
    return of_his_city(workers, actor)


def holidays_visible_to(actor: User) -> QuerySet[Holiday]:
    """The table of holidays: for staff."""
    return Holiday.objects.all() if actor.is_staff else Holiday.objects.none()


def profile_of(user: User) -> Worker:
    """A worker's own row. Raises DoorbellError `forbidden` for an account that was never set up as one."""
    worker = Worker.objects.select_related("user").prefetch_related(_SKILLS, _HOURS).filter(pk=user.pk).first()
    if worker is None:
        raise DoorbellError("forbidden")
    return worker


def workers_in(city: str, *, only: Collection[int] | None = None) -> list[Worker]:
    """All workers of a city, or some of them, with what a ranking asks about (user, skills, plan, position): seven
    queries.
    """
    found = _seen_in(city).prefetch_related(_HOURS)
    workers: list[Worker] = [*(found.filter(pk__in=only) if only is not None else found)]
    plans.attach_plans(workers, city=city, only=only)
    return workers


def skills_in(city: str) -> set[str]:
    """Everything that somebody in a city can do."""
    found = WorkerSkill.objects.filter(worker__city=city, worker__user__is_active=True)
    return set(found.values_list("skill", flat=True))


def skills_of(worker: Worker) -> set[str]:
    """His approved skills; no query when they were prefetched."""
    return {row.skill for row in _skill_rows(worker)}


def level_now(worker_id: int, skill: str) -> int:
    """How good he is at it, as the platform says now; 0 for somebody who has not learnt it."""
    return WorkerSkill.objects.filter(worker_id=worker_id, skill=skill).values_list("level", flat=True).first() or 0


def level_of(worker: Worker, skill: str) -> int:
    """How good he is at it, one to five; 0 for somebody who has not learnt it. No query when they were prefetched."""
    return max((row.level for row in _skill_rows(worker) if row.skill == skill), default=0)


def home_and_caps_of(worker_id: int, *, at: datetime) -> tuple[Base, Caps]:
    """From where the day of a visit at `at` begins, and how many he takes; one query. Raises Worker.DoesNotExist."""
    columns = ("home_lng", "home_lat", "max_day", "max_week", "bases__weekdays", "bases__lng", "bases__lat")
    rows = list(Worker.objects.filter(pk=worker_id).values_list(*columns))
    if not rows:
        raise Worker.DoesNotExist(f"worker:{worker_id}")
    weekday = day_of(at).weekday()
    elsewhere = (Base(lng, lat) for *_, weekdays, lng, lat in rows if weekday in (weekdays or ()))
    lng, lat, max_day, max_week, *_ = rows[0]
    return next(elsewhere, Base(lng, lat)), Caps(max_day, max_week)


def position_of(worker: Worker) -> WorkerPosition | None:
    """Where he was last seen; no query when it was selected with him."""
    return getattr(worker, "position", None)


def last_position(worker_id: int) -> WorkerPosition | None:
    """Where he was last seen, read now."""
    return next(iter(_position(worker_id)), None)


@prepared
def _position(worker_id: int) -> QuerySet[WorkerPosition]:
    return WorkerPosition.objects.filter(pk=worker_id)


def heard_at(worker_ids: Iterable[int]) -> dict[int, datetime]:
    """Worker -> when his last position came, by our clock; one query however many they are."""
    return dict(WorkerPosition.objects.filter(pk__in=list(worker_ids)).values_list("pk", "received_at"))


def serves(worker: Worker, lng: float, lat: float) -> bool:
    """Whether a place lies in his area, its border included. Degrees, GCJ-02."""
    return areas.covers(worker.area, lng, lat)


def spans_of(worker: Worker) -> list[week.Span]:
    """His weekly hours, sorted."""
    return sorted(week.Span(row.weekday, row.starts_s, row.ends_s) for row in _hour_rows(worker))


def _skill_rows(worker: Worker) -> Iterable[WorkerSkill]:
    return worker.all_skills if hasattr(worker, "all_skills") else worker.skills.all()


def _hour_rows(worker: Worker) -> Iterable[WorkingHours]:
    return worker.all_hours if hasattr(worker, "all_hours") else worker.hours.all()


def duty_state(worker_id: int) -> tuple[bool, datetime | None]:
    """(listens for orders, since when). Raises DoorbellError `not_found` for nobody of ours."""
    row = Worker.objects.filter(pk=worker_id).values_list("on_duty", "on_duty_since").first()
    if row is None:
        raise DoorbellError("not_found")
    return row


def reach_of(worker_id: int) -> Reach:
    """How he can be reached now. Raises Worker.DoesNotExist."""
    return cast(Reach, Worker.objects.only("on_duty", "reach").get(pk=worker_id).reach_now)


def is_in_front(user_id: int) -> bool:
    """Whether he has the app before him now, on duty or not: connected, and not put away. A page in the background
    keeps its socket, and nobody looks at it.
    """
    worker = Worker.objects.only("hidden_since").filter(pk=user_id).first()
    return not (worker and worker.is_hidden) and bool(hub.presence.connected([user_id]))


def order_in_hand(worker: Worker) -> tuple[int, Phase] | None:
    """(id, phase) of the order he is travelling to or serving; of several the one that starts last.

    Not the one that moved last: his card would then change without `worker.changed`.
    """
    return next(((order_id, Phase(phase)) for order_id, phase in in_hand.of_worker(worker.pk)), None)


def points_of(worker: Worker) -> list[PointsEntry]:
    """The lines of his points, newest first."""
    return list(worker.points.order_by("-pk")[:200])


def points_sum(worker: Worker) -> int:
    """Where his points stand; 0 for who never lost any."""
    return int(worker.points.aggregate(total=Sum("points"))["total"] or 0)


def has_points(*, worker_id: int, order_id: int) -> bool:
    """Whether this order has cost him points."""
    return PointsEntry.objects.filter(worker_id=worker_id, order_id=order_id).exists()


def worker_card(worker: Worker) -> WorkerCard:
    """The card of one worker; no query for his skills when they were prefetched."""
    return _card(worker, skills_of(worker))


def card_now(worker_id: int) -> WorkerCard:
    """The card of one worker, read now. Raises Worker.DoesNotExist."""
    for worker in _with_name_and_skills(worker_id):
        worker.user = User.called(worker_id, vars(worker).pop("name"))
        return _card(worker, vars(worker).pop("learnt"))
    raise Worker.DoesNotExist(f"worker:{worker_id}")


def _card(worker: Worker, skills: Iterable[str]) -> WorkerCard:
    order = order_in_hand(worker)
    return cards.worker_card(worker, skills=skills, order_id=order[0] if order else None)


@prepared
def _with_name_and_skills(worker_id: int) -> QuerySet[Worker]:
    learnt = ArraySubquery(WorkerSkill.objects.filter(worker=OuterRef("pk")).values("skill"))
    return Worker.objects.filter(pk=worker_id).annotate(name=F("user__display_name"), learnt=learnt)


def faces_of(worker_ids: Collection[int]) -> dict[int, WorkerFace]:
    """Worker -> who he is to a customer; one query."""
    found = Worker.objects.filter(pk__in=worker_ids, user__is_active=True).select_related("user")
    return {worker.pk: cards.worker_face(worker) for worker in found}


def workers_on_map(city: str, *, in_hand: Mapping[int, int]) -> list[WorkerOnMap]:
    """All workers of a city as a snapshot shows them. in_hand: worker → order, which whoever has the orders knows."""
    return [
        WorkerOnMap(
            position=cards.position_card(seen) if (seen := position_of(worker)) else None,
            **cards.worker_card(worker, skills=skills_of(worker), order_id=in_hand.get(worker.pk)),
        )
        for worker in _seen_in(city)
    ]


def _seen_in(city: str) -> QuerySet[Worker]:
    workers = Worker.objects.filter(city=city, user__is_active=True).select_related("user", "position")
    return workers.prefetch_related(_SKILLS).order_by("pk")
