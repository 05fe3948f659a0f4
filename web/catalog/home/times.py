"""When somebody is free first, for each service of a page or a list."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from web.orders.terms_in_force import policies_in
from web.scheduling import selectors as scheduling
from web.scheduling.routing import Cell, Place, cell_of
from web.scheduling.selectors import Wanted

if TYPE_CHECKING:
    from web.orders.policies import Policies

EARLIEST_DAYS = 7


class FirstTimes:
    """Of a city, worked out once for all who ask within a few seconds: neighbours have the same."""

    def __init__(self, city: str) -> None:
        self._city = city
        self._terms: dict[int, Policies] = {}
        self._alike: dict[str, Policies] = {}
        self._known: dict[tuple[Cell, str, float, int], datetime | None] = {}

    def of(
        self, wanted: Mapping[int, tuple[str, float]], *, place: Place, without: Collection[int] = ()
    ) -> dict[int, datetime | None]:
        """By service: the first time within EARLIEST_DAYS that somebody is free for it there. wanted: its skill, and
        how long it lasts.

        without: workers who are never matched with the one who asks.
        """
        self._read_terms([pk for pk in wanted if pk not in self._terms])
        # Who has blocked somebody has times of his own.
        known = {} if without else self._known
        found = dict[int, datetime | None]()
        for pk, (skill, duration_s) in wanted.items():
            terms = self._terms[pk]
            key = (cell_of(place), skill, duration_s, id(terms))
            if key not in known:
                known[key] = scheduling.earliest_start(
                    city=self._city,
                    place=place,
                    wanted=Wanted(skill, duration_s, terms),
                    days=EARLIEST_DAYS,
                    without=without,
                )
            found[pk] = known[key]
        return found

    def _read_terms(self, missing: list[int]) -> None:
        if missing:
            for pk, terms in policies_in(self._city, service_ids=missing).items():
                # One object for equal ones, whoever asked for which services: it is a part of the key above.
                self._terms[pk] = self._alike.setdefault(terms.model_dump_json(), terms)
