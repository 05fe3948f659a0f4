"""What staff see of rows that name a city. Closed unless it says otherwise: neither another role nor staff without a
city see anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model, QuerySet

if TYPE_CHECKING:
    from web.accounts.models import User

R = TypeVar("R", bound=Model)


def of_his_city(rows: QuerySet[R], actor: User) -> QuerySet[R]:
    """Those of his city; all of them for staff of every city."""
    return _within(rows, actor, {actor.city})


def of_his_city_or_all(rows: QuerySet[R], actor: User) -> QuerySet[R]:
    """Those of his city and those that hold in all cities (""); all of them for staff of every city."""
    return _within(rows, actor, {"", actor.city})


def _within(rows: QuerySet[R], actor: User, cities: set[str]) -> QuerySet[R]:
    if not actor.is_staff or not actor.city:
        return rows.none()
    return rows if actor.is_everywhere else rows.filter(city__in=cities)
