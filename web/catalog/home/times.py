"""When somebody is free first, for each service of a page or a list."""

from __future__ import annotations

import threading
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


Key = tuple[Cell, str, float, int]
"""Where, what for, how long, and the terms: one object of equal ones."""


class FirstTimes:
    """Of a city, worked out once for all who ask within a few seconds: neighbours have the same."""

    def __init__(self, city: str) -> None:
        self._city = city
        self._terms: dict[int, Policies] = {}
        self._alike: dict[str, Policies] = {}
        self._known: dict[Key, datetime | None] = {}
        self._working = threading.Lock()

    def of(
        self, wanted: Mapping[int, tuple[str, float]], *, place: Place, without: Collection[int] = ()
    ) -> dict[int, datetime | None]:
        """By service: the first time within EARLIEST_DAYS that somebody is free for it there. wanted: its skill, and
        how long it lasts.

        without: workers who are never matched with the one who asks.
        """
        # One works it out, and all who came meanwhile have it too.
        with self._working:
            self._read_terms([pk for pk in wanted if pk not in self._terms])
            asked = {pk: Wanted(skill, duration_s, self._terms[pk]) for pk, (skill, duration_s) in wanted.items()}
            if not without:
                return self._found(asked, place, self._known)
        # Who has blocked somebody has times of his own.
        return self._found(asked, place, {}, without)

    def _found(
        self,
        asked: Mapping[int, Wanted],
        place: Place,
        known: dict[Key, datetime | None],
        without: Collection[int] = (),
    ) -> dict[int, datetime | None]:
        keys = {pk: (cell_of(place), one.skill, one.duration_s, id(one.policies)) for pk, one in asked.items()}
        missing = {keys[pk]: one for pk, one in asked.items() if keys[pk] not in known}
        if missing:
            times = scheduling.earliest_starts(
                missing.values(), city=self._city, place=place, days=EARLIEST_DAYS, without=without
            )
            known.update(zip(missing, times, strict=True))
        return {pk: known[key] for pk, key in keys.items()}

    def _read_terms(self, missing: list[int]) -> None:
        if missing:
            rows = policies_in(self._city, service_ids=missing)
            # One object for equal ones, whoever asked for which services: it is a part of the key above.
            alike = {
                id(terms): self._alike.setdefault(terms.model_dump_json(), terms)
                for terms in {id(terms): terms for terms in rows.values()}.values()
            }
            self._terms |= {pk: alike[id(terms)] for pk, terms in rows.items()}
