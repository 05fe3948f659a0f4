"""Reading points: the terms in force, what somebody has, and why."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Sum
from django.utils import timezone

from web.accounts.models import User
from web.accounts.scope import of_his_city_or_all
from web.marketing.models import PointsAccount, PointsEntry, PointsLot, PointsRule
from web.marketing.points import Points
from web.orders.terms import stored


@dataclass(frozen=True)
class Terms:
    """The rules of points as they were at a moment. version: `PointsRule`'s id; 0 where there is none."""

    version: int
    points: Points


def terms_in(city: str, *, at: datetime | None = None) -> Terms:
    """The rules in force in a city, now or at that moment: the newest of its own, else the newest of all cities."""
    rules = PointsRule.objects.filter(city__in={city, ""})
    if at is not None:
        rules = rules.filter(created_at__lte=at)
    # "" sorts before every city.
    rule = rules.order_by("-city", "-pk").first()
    return Terms(rule.pk, stored(Points, rule.data)) if rule else Terms(0, Points())


def rules_visible_to(actor: User) -> QuerySet[PointsRule]:
    """All there ever were that hold in the city of that member of staff, the newest first; nobody else sees any."""
    return of_his_city_or_all(PointsRule.objects.order_by("-pk"), actor)


def entries_visible_to(actor: User) -> QuerySet[PointsEntry]:
    """One's own lines, newest first. Staff of every city read all: points are of no city."""
    entries = PointsEntry.objects.order_by("-pk")
    return entries if actor.is_everywhere else entries.filter(user=actor)


def lots_visible_to(actor: User) -> QuerySet[PointsLot]:
    """What is left of one's own points, the first to lapse in front."""
    return PointsLot.objects.filter(user=actor, left__gt=0, expires_at__gt=timezone.now()).order_by("expires_at", "pk")


def balance_of(user: User) -> int:
    """Points that he can spend now."""
    return int(lots_visible_to(user).aggregate(points=Sum("left"))["points"] or 0)


def owed_by(user: User) -> int:
    """Points that his next earnings pay back first."""
    account = PointsAccount.objects.filter(pk=user.pk).first()
    return account.owed if account else 0


def spent_on(order_id: int) -> PointsEntry | None:
    """The line of the points that paid a part of an order."""
    return PointsEntry.objects.filter(order_id=order_id, kind=PointsEntry.SPENT).first()


def paid_by_points(order_id: int) -> int:
    """Fen of an order's price that points pay; what went back when the price fell is none of it."""
    lines = PointsEntry.objects.filter(order_id=order_id, base_fen__isnull=False).order_by("-pk")
    said = lines.filter(kind__in=(PointsEntry.SPENT, PointsEntry.GIVEN_BACK)).values_list("base_fen", flat=True)
    return said.first() or 0


def disagreements() -> list[int]:
    """Whose balance is not the sum of his lines, or not that of his lots: nobody, while the triggers stand."""
    lines = dict(PointsEntry.objects.values_list("user").annotate(sum=Sum("points")))
    lots = dict(PointsLot.objects.values_list("user").annotate(sum=Sum("left")))
    accounts = PointsAccount.objects.values_list("pk", "balance")
    return sorted(pk for pk, balance in accounts if not balance == lines.get(pk, 0) == lots.get(pk, 0))
