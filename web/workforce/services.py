"""Writing workers: making them, the switch 听单/休息, hours and area, and where they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

import hub
from web.accounts import services as accounts
from web.notifications import services as notifications
from web.notifications.concerns import Reader
from web.prepared import prepared
from web.workforce import areas, cards, selectors, week
from web.workforce.models import PointsEntry, Worker, WorkerPosition, WorkerSkill, WorkingHours
from workflows.transitions import Phase


@dataclass(frozen=True)
class Seen:
    """A position as a phone reports it: GCJ-02 degrees, metres, when."""

    lng: float
    lat: float
    accuracy_m: float
    at: datetime


def register_worker(
    *,
    phone: str,
    name: str,
    city: str,
    home: tuple[float, float],
    area: dict[str, Any],
    skills: Iterable[str],
    hours: Iterable[week.Span],
) -> Worker:
    """A worker with his account, made or brought up to date; found by phone (E.164). home: (lng, lat).

    The switch is his own and stays as it is. Raises ValueError for an impossible area, hours, or a customer's phone.
    """
    with hub.atomic():
        user = accounts.put_worker_account(phone=phone, display_name=name, city=city)
        defaults = {"city": city, "home_lng": home[0], "home_lat": home[1], "area": area}
        worker, _ = Worker.objects.update_or_create(user=user, defaults=defaults)
        _put_skills(worker, set(skills))
        change_profile(worker_id=worker.pk, area=area, spans=list(hours))
    return worker


def change_profile(
    *, worker_id: int, area: dict[str, Any] | None = None, spans: Sequence[week.Span] | None = None
) -> None:
    """Replace a worker's area, his weekly hours, or both; None leaves one as it is. Raises ValueError."""
    with hub.atomic():
        # The row is locked first, so that two changes of the hours do not end up mixed.
        worker = Worker.objects.select_for_update(no_key=True).get(pk=worker_id)
        if area is not None:
            _put_area(worker, area)
        if spans is not None:
            _put_hours(worker, spans)


def set_duty(*, worker_id: int, on_duty: bool) -> None:
    """Turn the switch. Turning it to where it is changes nothing and tells nobody."""
    with hub.atomic():
        changed = Worker.objects.filter(pk=worker_id, on_duty=not on_duty).update(
            on_duty=on_duty,
            on_duty_since=timezone.now() if on_duty else None,
            unanswered=0,
            # He has just pressed it: the app is before him.
            reach=Worker.FRONT,
            hidden_since=None,
        )
        if changed:
            publish_worker(worker_id=worker_id)


def hold(*, worker_id: int) -> None:
    """Lock his row until the caller's transaction ends. Where an order is locked too, the order comes first."""
    if not _locked(worker_id):
        raise Worker.DoesNotExist(f"worker:{worker_id}")


@prepared
def _locked(worker_id: int) -> QuerySet[Worker, int]:
    # no_key, as everywhere here: a row that points at him is checked when its transaction commits, the heads of its
    # topics already locked. It would wait for us, and we for those heads.
    locked = Worker.objects.select_for_update(of=("self",), no_key=True)
    return locked.filter(pk=worker_id).values_list("pk", flat=True)


def note_answered(*, worker_id: int) -> None:
    """He answered an offer: he is there."""
    Worker.objects.filter(pk=worker_id, unanswered__gt=0).update(unanswered=0)


def note_unanswered(*, worker_id: int, rest_after: int, asked_at: datetime | None = None) -> None:
    """He let an offer lapse. At `rest_after` in a row his switch goes to 休息 and he is told.

    asked_at: when he was asked. Where nobody could tell then, or since, whether he is connected, it does not count.
    """
    unsure = Q(unsure_since__isnull=False) & (Q(unsure_until=None) | Q(unsure_until__gte=asked_at or timezone.now()))
    with hub.atomic():
        if not Worker.objects.filter(~unsure, pk=worker_id).update(unanswered=F("unanswered") + 1):
            return
        away = Worker.objects.filter(pk=worker_id, on_duty=True, unanswered__gte=rest_after)
        if away.update(on_duty=False, on_duty_since=None):
            publish_worker(worker_id=worker_id)
            told = {"unanswered": rest_after}
            hub.publish(f"worker:{worker_id}", type="worker.rested", subject=str(worker_id), data=told)
            about = notifications.About(link="/duty")
            notifications.notify(event="worker.rested", people={Reader.WORKER: [worker_id]}, about=about)


def take_points(*, worker_id: int, order_id: int, rule: str, points: int) -> None:
    """Take so many points for an order, by a rule of `PointsEntry.RULES`, and tell him; 0 leaves no line."""
    if points == 0:
        return
    with hub.atomic():
        PointsEntry.objects.create(worker_id=worker_id, order_id=order_id, rule=rule, points=-points)
        told = {"order_id": order_id, "rule": rule, "points": -points}
        hub.publish(f"worker:{worker_id}", type="worker.points", subject=str(worker_id), data=told)
        fields = {"amount": str(points), "why": PointsEntry.RULES[rule]}
        about = notifications.About(link="/worker/profile", order_id=order_id, fields=fields)
        notifications.notify(event="worker.points", people={Reader.WORKER: [worker_id]}, about=about)


def publish_worker(*, worker_id: int) -> None:
    """Tell the board and the worker what he looks like now. Inside hub.atomic()."""
    # Locked before it is read: else a switch that is turned meanwhile is told first, and this older card stays last.
    hold(worker_id=worker_id)
    card = selectors.card_now(worker_id)
    data = {"worker": card}
    for topic in (f"board:{card['city']}", f"worker:{worker_id}"):
        hub.publish(topic, type="worker.changed", subject=str(worker_id), data=data)


def record_positions(*, worker: Worker, positions: Iterable[Seen]) -> bool:
    """Keep the newest of a batch and show it to those who may see it; whether it was newer than what we had.

    Whoever rests and has no order in hand is nobody's business: his positions are dropped. A phone's clock that runs
    ahead is cut to ours, or it would outlive every later position.
    """
    newest = max(positions, key=lambda seen: seen.at, default=None)
    order, now = selectors.order_in_hand(worker), timezone.now()
    if newest is None or not (worker.on_duty or order):
        return False
    row = WorkerPosition(
        worker=worker,
        lng=newest.lng,
        lat=newest.lat,
        accuracy_m=newest.accuracy_m,
        at=min(newest.at, now),
        received_at=now,
    )
    if not _keep_if_newer(row):
        return False
    data = cards.position_card(row)
    hub.publish_latest(f"positions:{worker.city}", key=str(worker.pk), data=data)
    if order and order[1] == Phase.EN_ROUTE:
        hub.publish_latest(f"position:{order[0]}", key=str(worker.pk), data=data)
    return True


def _keep_if_newer(row: WorkerPosition) -> bool:
    # One statement: a read before the write would let an old batch overtake a new one.
    with hub.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO workforce_workerposition AS kept (worker_id, lng, lat, accuracy_m, at, received_at)
            VALUES (%s, %s, %s, %s, %s, %s)
            ON CONFLICT (worker_id) DO UPDATE
            SET lng = EXCLUDED.lng, lat = EXCLUDED.lat, accuracy_m = EXCLUDED.accuracy_m, at = EXCLUDED.at,
                received_at = EXCLUDED.received_at
            WHERE kept.at < EXCLUDED.at
            """,
            [row.worker_id, row.lng, row.lat, row.accuracy_m, row.at, row.received_at],
        )
        return bool(cursor.rowcount == 1)


def _put_area(worker: Worker, new: dict[str, Any]) -> None:
    areas.check(new)
    Worker.objects.filter(pk=worker.pk).update(area=new)


def _put_hours(worker: Worker, spans: Sequence[week.Span]) -> None:
    week.check(spans)
    worker.hours.all().delete()
    WorkingHours.objects.bulk_create(WorkingHours(worker=worker, **span._asdict()) for span in spans)


def _put_skills(worker: Worker, skills: set[str]) -> None:
    worker.skills.exclude(skill__in=skills).delete()
    WorkerSkill.objects.bulk_create(
        [WorkerSkill(worker=worker, skill=skill) for skill in sorted(skills)], ignore_conflicts=True
    )
