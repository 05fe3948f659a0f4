"""当季: the operator's table of what is wanted in which months.

by: the member of staff who writes; in charge of the city, of every city for city "", else DoorbellError forbidden.
None: a seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import hub
from web.catalog import selectors as catalog
from web.catalog.home.scoring import Seasonal
from web.catalog.models import Season
from web.errors import DoorbellError

if TYPE_CHECKING:
    from web.accounts.models import User

MONTHS = 12


def put_season(*, by: User | None, city: str, name: str, words: Sequence[str], months: Sequence[float]) -> Season:
    """Make or change a row; months: twelve weights of 0 to 1, January's first.

    Raises DoorbellError forbidden, not_found (no such city), season_wrong (months or words that are none).
    """
    _admit(by, city)
    said = [word.strip() for word in words if word.strip()]
    if len(months) != MONTHS or not all(0 <= weight <= 1 for weight in months) or not said or not name.strip():
        raise DoorbellError("season_wrong")
    with hub.atomic():
        season, _ = Season.objects.update_or_create(
            city=city, name=name.strip(), defaults={"words": said, "months": [float(weight) for weight in months]}
        )
    return season


def remove_season(*, by: User | None, city: str, name: str) -> None:
    """Raises DoorbellError forbidden, not_found."""
    _admit(by, city)
    with hub.atomic():
        gone, _ = Season.objects.filter(city=city, name=name).delete()
    if not gone:
        raise DoorbellError("not_found")


def seasons_in(city: str) -> list[Seasonal]:
    """Those of the city and those of every one."""
    rows = Season.objects.filter(city__in=["", city])
    return [Seasonal(row.name, frozenset(row.words), tuple(row.months)) for row in rows]


def _admit(by: User | None, city: str) -> None:
    if by and not (by.is_everywhere or by.is_in_charge_of(city)):
        raise DoorbellError("forbidden")
    if city and catalog.city(city) is None:
        raise DoorbellError("not_found")
