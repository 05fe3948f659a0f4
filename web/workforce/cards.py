"""A worker as several people see him at once: a public name, no phone, no income."""

from collections.abc import Iterable
from typing import TypedDict

from web.times import iso
from web.workforce.models import Worker, WorkerPosition


class PositionCard(TypedDict):
    """Where a worker was, GCJ-02 degrees; `at` ISO 8601 in UTC. What latest-value topics and snapshots carry."""

    worker_id: int
    lng: float
    lat: float
    accuracy_m: float
    at: str


class WorkerCard(TypedDict):
    """What `worker.changed` carries. reach: front, back or rest; rating: "4.87", "" before the first; order: the one he
    travels to or serves.
    """

    id: int
    name: str
    city: str
    state: str
    reach: str
    rating: str
    skills: list[str]
    order: int | None


class WorkerFace(TypedDict):
    """Somebody who could be picked: a public name and what others say of him. rating: "" before the first."""

    id: int
    name: str
    rating: str
    rating_count: int


class WorkerOnMap(WorkerCard):
    """A worker in a snapshot: afterwards his position comes by `positions:{city}`."""

    position: PositionCard | None


def worker_card(worker: Worker, *, skills: Iterable[str], order_id: int | None) -> WorkerCard:
    """The card; `worker.user` should have been fetched."""
    return WorkerCard(
        id=worker.pk,
        name=worker.user.display_name,
        city=worker.city,
        state="on_duty" if worker.on_duty else "off_duty",
        reach=worker.reach_now,
        rating=_rating(worker),
        skills=sorted(skills),
        order=order_id,
    )


def worker_face(worker: Worker) -> WorkerFace:
    """`worker.user` should have been fetched."""
    return WorkerFace(
        id=worker.pk, name=worker.user.display_name, rating=_rating(worker), rating_count=worker.rating_count
    )


def _rating(worker: Worker) -> str:
    return f"{worker.rating_sum / worker.rating_count:.2f}" if worker.rating_count else ""


def position_card(position: WorkerPosition) -> PositionCard:
    """About a metre is what a phone knows: five decimals."""
    return PositionCard(
        worker_id=position.worker_id,
        lng=round(position.lng, 5),
        lat=round(position.lat, 5),
        accuracy_m=position.accuracy_m,
        at=iso(position.at),
    )
