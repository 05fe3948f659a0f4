"""Which services people look at: for what is popular, and for one's own recommendations as long as one likes."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, Max
from django.utils import timezone

import hub
from web.catalog import selectors
from web.catalog.models import ServiceView
from web.workforce.plan import day_of
from workflows.transitions import Role

if TYPE_CHECKING:
    from web.accounts.models import User

LATEST = 50
"""So many services tell what somebody is looking for."""

PRUNED_AT_ONCE = 5_000


class Viewed(NamedTuple):
    """How often a service was looked at on a day (Asia/Shanghai)."""

    service_id: int
    day: date
    times: int


def record_view(*, user: User | None, service_id: int, city: str) -> None:
    """Somebody looks at a service that is on the shelf; of a customer once a day and service, of anybody else each time
    and without a name. Raises DoorbellError not_found.
    """
    service = selectors.service(service_id).service
    known = selectors.city(city) if city else None
    now = timezone.now()
    view = ServiceView(service=service, city=known.code if known else "", day=day_of(now), at=now)
    with hub.atomic():
        if user is None or user.role != Role.CUSTOMER:
            view.save()
            return
        view.user = user
        ServiceView.objects.bulk_create(
            [view], update_conflicts=True, unique_fields=["user", "service", "day"], update_fields=["at", "city"]
        )


def forget_views(*, user: User, service_id: int | None = None) -> None:
    """They are nobody's any more: all of his, or those of one service."""
    his = ServiceView.objects.filter(user=user)
    with hub.atomic():
        (his if service_id is None else his.filter(service_id=service_id)).update(user=None)


def prune_views(*, before: datetime) -> int:
    """Remove up to PRUNED_AT_ONCE views of before then; how many went."""
    with hub.atomic():
        old = ServiceView.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)
        return ServiceView.objects.filter(pk__in=list(old[:PRUNED_AT_ONCE])).delete()[0]


def viewed_by_day(*, city: str, since: date) -> list[Viewed]:
    """Of a city, by service and day, since then."""
    rows = ServiceView.objects.filter(city=city, day__gte=since).values_list("service_id", "day")
    return [Viewed(*row) for row in rows.annotate(times=Count("pk")).order_by()]


def viewed_by(user_id: int) -> list[tuple[int, datetime]]:
    """(service, when he last looked) of what a customer looked at, the last first, each once."""
    rows = ServiceView.objects.filter(user_id=user_id).values_list("service_id").annotate(last=Max("at"))
    return list(rows.order_by("-last", "service_id")[:LATEST])
