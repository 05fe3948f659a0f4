"""What people book: how often, who once did, and what together. Paid orders, returns to make good left out."""

from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from web.marketing.selectors import is_new
from web.orders.models import Order
from web.times import SHANGHAI

LATEST = 100
"""So many of a person's orders tell what he is used to."""

ASKED = 500
"""So many orders of a service tell what is booked together with it."""


class Booked(NamedTuple):
    """How often a service was booked on a day (Asia/Shanghai)."""

    service_id: int
    day: date
    times: int


def booked_by_day(*, city: str, since: datetime) -> list[Booked]:
    """Of a city, by service and day, since then."""
    orders = _paid().filter(city=city, placed_at__gte=since).annotate(day=TruncDate("placed_at", tzinfo=SHANGHAI))
    rows = orders.order_by().values_list("service_id", "day").annotate(times=Count("pk"))
    return [Booked(*row) for row in rows]


def booked_by(user_id: int) -> list[tuple[int, datetime]]:
    """(service, when it was placed) of a customer's orders, the newest first."""
    rows = _paid().filter(customer_id=user_id).order_by("-pk")
    return list(rows.values_list("service_id", "placed_at")[:LATEST])


def is_newcomer(user_id: int) -> bool:
    """As his prices have it: `web.marketing.selectors.is_new`."""
    return is_new(user_id)


def booked_together(service_id: int, *, city: str, since: datetime, least: int = 3) -> dict[int, float]:
    """By other service: the part (0 to 1) of those who booked this one last who booked that one since then, too.

    least: fewer people than that are not told of.
    """
    orders = _paid().filter(city=city, placed_at__gte=since)
    # So many are enough to tell by, and however popular it is, no visitor waits for a whole table.
    last = orders.filter(service_id=service_id).order_by("-pk").values_list("customer_id", flat=True)
    people = set(last[:ASKED])
    others = orders.filter(customer_id__in=people).exclude(service_id=service_id).order_by()
    rows = others.values_list("service_id").annotate(people=Count("customer_id", distinct=True))
    return {pk: count / len(people) for pk, count in rows.filter(people__gte=least)}


def newest_of(user_id: int, *, among: QuerySet[Order]) -> int | None:
    """The newest of these orders that is his."""
    return among.filter(customer_id=user_id).order_by("-pk").values_list("pk", flat=True).first()


def _paid() -> QuerySet[Order]:
    return Order.objects.filter(paid_at__isnull=False, rework_of=None)
