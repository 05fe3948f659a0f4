"""Points that come and go. Each line is written once a key, under the lock of the person's account.

Whoever holds an order's lock too has taken that first; coupons, campaigns and gifts are locked after the account.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

import hub
from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing.models import PointsAccount, PointsEntry, PointsLot, PointsPart
from web.prepared import insert_once

Parts: TypeAlias = Sequence[tuple[PointsLot, int]]
EXPIRED_AT_ONCE = 200


@dataclass(frozen=True)
class Why:
    """What a line says besides its number; see `PointsEntry`."""

    kind: str
    key: str
    order_id: int | None = None
    rule: int = 0
    base_fen: int | None = None
    lapsed: int = 0
    by: User | None = None
    note: str = ""


def earn(*, user_id: int, points: int, why: Why, good_until: datetime) -> bool:
    """So many points (> 0) more; what he owes is paid of them at once. Whether they are new: a key counts once."""
    with hub.atomic():
        account = hold_account(user_id)
        entry = _line(user_id, points, why)
        if entry is None:
            return False
        lot = _lot(entry, points, good_until)
        paid = min(account.owed, points)
        if paid:
            settled = Why(PointsEntry.OWED_PAID, f"{why.key}:owed", order_id=why.order_id)
            write(user_id=user_id, parts=[(lot, -paid)], why=settled, owed=-paid)
        return True


def spend(*, user_id: int, points: int, why: Why) -> bool:
    """So many points (> 0) less, those that lapse first in front. Whether they were not spent before by this key.

    Raises DoorbellError points_too_few with details {balance}.
    """
    with hub.atomic():
        hold_account(user_id)
        if PointsEntry.objects.filter(key=why.key).exists():
            return False
        lots = lots_left(user_id)
        if (balance := sum(lot.left for lot in lots)) < points:
            raise DoorbellError("points_too_few", details={"balance": balance})
        return write(user_id=user_id, parts=taken_from(lots, points), why=why)


def expire_points(*, now: datetime | None = None) -> int:
    """Write the end of points whose time is over, of so many people at most; how many there were."""
    due = PointsLot.objects.filter(left__gt=0, expires_at__lte=now or timezone.now())
    people = list(due.order_by("user").values_list("user", flat=True).distinct()[:EXPIRED_AT_ONCE])
    for user_id in people:
        with hub.atomic():
            hold_account(user_id)
    return len(people)


def hold_account(user_id: int) -> PointsAccount:
    """His account, locked until the caller's transaction ends, and without points whose time is over."""
    PointsAccount.objects.bulk_create([PointsAccount(user_id=user_id)], ignore_conflicts=True)
    account = PointsAccount.objects.select_for_update(no_key=True).get(pk=user_id)
    for lot in PointsLot.objects.filter(user_id=user_id, left__gt=0, expires_at__lte=timezone.now()):
        write(user_id=user_id, parts=[(lot, -lot.left)], why=Why(PointsEntry.EXPIRED, f"lot:{lot.pk}:expired"))
    return account


def lots_left(user_id: int) -> list[PointsLot]:
    """What he can spend, the first to lapse in front; the caller holds his account."""
    return list(PointsLot.objects.filter(user_id=user_id, left__gt=0).order_by("expires_at", "pk"))


def taken_from(lots: Iterable[PointsLot], points: int) -> list[tuple[PointsLot, int]]:
    """Parts that take so many points, or all there are, from these lots one after the other."""
    parts = []
    for lot in lots:
        part = min(lot.left, points)
        if part:
            parts.append((lot, -part))
        points -= part
    return parts


def give_back(*, spent: PointsEntry, points: int, why: Why, grace_until: datetime | None) -> int:
    """So many of the points that a line took come back, with the time that they had: those that lapse last in front.

    Whose time is over by now is good until `grace_until`, or lapses (None). Returns how many came back. The caller
    holds the account.
    """
    parts, late = _back_where_they_were(spent, points)
    lapsed = 0 if grace_until else late
    entry = _line(spent.user_id, points - lapsed, why, lapsed=lapsed)
    if entry is None:
        return 0
    _write_parts(entry, parts)
    if late and grace_until:
        _lot(entry, late, grace_until)
    return points - lapsed


def returned_of(spent: PointsEntry) -> int:
    """So many of the points that a line took have come back, or would have if they had not lapsed."""
    sums = _returns(spent).aggregate(points=Sum("points"), lapsed=Sum("lapsed"))
    return int(sums["points"] or 0) + int(sums["lapsed"] or 0)


def write(*, user_id: int, parts: Parts, why: Why, owed: int = 0) -> bool:
    """A line of these parts; the caller holds the account. Whether its key is new."""
    entry = _line(user_id, sum(points for _, points in parts), why, owed=owed)
    if entry is None:
        return False
    _write_parts(entry, parts)
    return True


def _back_where_they_were(spent: PointsEntry, points: int) -> tuple[list[tuple[PointsLot, int]], int]:
    """(parts that bring so many points back to their lots, how many of them would come back too late)."""
    now = timezone.now()
    lots = {lot.pk: lot for lot in PointsLot.objects.filter(parts__entry=spent)}
    out = dict.fromkeys(lots, 0)
    moved = PointsPart.objects.filter(Q(entry=spent) | Q(entry__in=_returns(spent)), lot__in=lots)
    for lot_id, part in moved.values_list("lot", "points"):
        out[lot_id] -= part
    # What came back too late before is out no longer, though no part of these lots says so.
    gone = sum(out.values()) + spent.points + returned_of(spent)
    parts, late = [], 0
    for lot in sorted(lots.values(), key=lambda lot: (lot.expires_at, lot.pk), reverse=True):
        over = lot.expires_at <= now
        skipped = min(gone, out[lot.pk]) if over else 0
        part = min(points, out[lot.pk] - skipped)
        gone, points = gone - skipped, points - part
        if over:
            late += part
        elif part:
            parts.append((lot, part))
    return parts, late


def _returns(spent: PointsEntry) -> QuerySet[PointsEntry]:
    """The lines that brought points of that one back."""
    back = (PointsEntry.GIVEN_BACK, PointsEntry.EXCHANGE_OFF)
    return PointsEntry.objects.filter(user_id=spent.user_id, kind__in=back, key__startswith=f"{spent.key}:")


def _line(user_id: int, points: int, why: Why, *, owed: int = 0, lapsed: int = 0) -> PointsEntry | None:
    """The line, and the push of it; None where its key is known."""
    entry = PointsEntry(
        user_id=user_id,
        kind=why.kind,
        points=points,
        owed=owed,
        lapsed=lapsed,
        rule=why.rule,
        order_id=why.order_id,
        base_fen=why.base_fen,
        key=why.key,
        by=why.by,
        note=why.note,
    )
    if not insert_once(entry):
        return None
    hub.publish(f"customer:{user_id}", type="points.changed", data={"points": points, "kind": why.kind})
    return entry


def _lot(entry: PointsEntry, points: int, good_until: datetime) -> PointsLot:
    lot = PointsLot.objects.create(user_id=entry.user_id, entry=entry, points=points, expires_at=good_until)
    _write_parts(entry, [(lot, points)])
    return lot


def _write_parts(entry: PointsEntry, parts: Parts) -> None:
    PointsPart.objects.bulk_create(PointsPart(entry=entry, lot=lot, points=points) for lot, points in parts)
