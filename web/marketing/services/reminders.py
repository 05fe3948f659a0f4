"""Who is told that something of his is about to lapse: once, and not in the night."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Sum
from django.utils import timezone

import hub
from web.marketing.models import Coupon, PointsLot, PointsRule, Reminder
from web.marketing.points import Points
from web.marketing.services.sending import is_quiet
from web.notifications import services as notifications
from web.notifications.concerns import Reader
from web.orders.terms import stored
from web.prepared import insert_once
from web.times import spoken

REMINDED_AT_ONCE = 200


def remind(*, now: datetime | None = None) -> int:
    """Remind people of points and of coupons, of so many of each at most; how many of the longer list."""
    now = now or timezone.now()
    return 0 if is_quiet(now) else max(_remind_of_points(now), _remind_of_coupons(now))


def _remind_of_points(now: datetime) -> int:
    """All points of somebody that lapse at one moment are one message."""
    days = {rule.pk: stored(Points, rule.data).remind_days for rule in PointsRule.objects.all()}
    days[0] = Points().remind_days
    # However many rules there ever were, few numbers of days stand in them.
    told, by_days = 0, dict[int, list[int]]()
    for rule, number in days.items():
        by_days.setdefault(number, []).append(rule)
    for number, rules in by_days.items():
        for user_id, due_at in _lapsing(now, now + timedelta(days=number), rules)[: REMINDED_AT_ONCE - told]:
            told += _tell(user_id, due_at)
    return told


def _lapsing(now: datetime, until: datetime, rules: list[int]) -> list[tuple[int, datetime]]:
    """(person, when) of points by these rules that lapse by then, and of which he has not been told."""
    done = Reminder.objects.filter(user=OuterRef("user"), kind=Reminder.POINTS, due_at=OuterRef("expires_at"))
    lots = PointsLot.objects.filter(~Exists(done), left__gt=0, expires_at__gt=now, expires_at__lte=until)
    lots = lots.filter(entry__rule__in=rules, user__is_active=True)
    return list(lots.order_by("expires_at", "user").values_list("user", "expires_at").distinct()[:REMINDED_AT_ONCE])


def _remind_of_coupons(now: datetime) -> int:
    """Each is a message of its own, so many days before it lapses as its kind says."""
    done = Reminder.objects.filter(
        user=OuterRef("user"), kind=Reminder.COUPON, subject=OuterRef("pk"), due_at=OuterRef("until_at")
    )
    soon = Coupon.objects.filter(state=Coupon.UNUSED, until_at__gt=now, user__is_active=True)
    soon = soon.filter(until_at__lte=now + F("kind__remind_days") * timedelta(days=1))
    found = soon.filter(~Exists(done)).select_related("kind").order_by("until_at", "pk")[:REMINDED_AT_ONCE]
    return sum(_tell_of(coupon) for coupon in list(found))


def _tell_of(coupon: Coupon) -> bool:
    with hub.atomic():
        due_at = coupon.until_at
        if not insert_once(Reminder(user_id=coupon.user_id, kind=Reminder.COUPON, subject=coupon.pk, due_at=due_at)):
            return False
        fields = {"what": coupon.kind.name, "when": spoken(due_at)}
        about = notifications.About(link="/coupons", fields=fields, useful_until=due_at)
        notifications.notify(event="coupon.expiring", people={Reader.CUSTOMER: [coupon.user_id]}, about=about)
        return True


def _tell(user_id: int, due_at: datetime) -> bool:
    with hub.atomic():
        left = PointsLot.objects.filter(user_id=user_id, expires_at=due_at).aggregate(points=Sum("left"))["points"]
        if not left or not insert_once(Reminder(user_id=user_id, kind=Reminder.POINTS, due_at=due_at)):
            return False
        fields = {"amount": str(left), "when": spoken(due_at)}
        about = notifications.About(link="/points", fields=fields, useful_until=due_at)
        notifications.notify(event="points.expiring", people={Reader.CUSTOMER: [user_id]}, about=about)
        return True
