"""What a city's home page is put together from, read once for many visitors: what can be booked there, how popular it
is, which page is published. Nothing of it is anybody's own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.db import connection
from django.utils import timezone

from web.catalog import selectors
from web.catalog.home.parts import Part, Recommended
from web.catalog.home.popularity import Popularity
from web.catalog.home.scoring import Candidate, Seasonal, Standing, Weights
from web.catalog.home.seasons import seasons_in
from web.catalog.home.selectors import parts_in
from web.catalog.home.times import FirstTimes
from web.catalog.schemas import ServiceCard
from web.times import SHANGHAI
from web.workforce import selectors as workforce

if TYPE_CHECKING:
    from web.catalog.models import Category
    from web.scheduling.routing import Place

log = logging.getLogger("home")

T = TypeVar("T")

GOOD_FOR_S = 10.0
"""What is published, put on a shelf or booked is on the page so many seconds later at most."""

POPULARITY_GOOD_FOR_S = 300.0


class Row(NamedTuple):
    """A service on the shelf, as far as a page is made of it."""

    pk: int
    slug: str
    category_id: int
    hot: bool
    position: int
    skill: str
    name: str
    tags: list[str]
    duration_s: int


class Shelf:
    """A city at a moment: its published page, and what can be booked there."""

    def __init__(
        self, city: str, *, at: datetime, popularity: Popularity, times: Callable[[str], FirstTimes] = FirstTimes
    ) -> None:
        """times: of a city those that are good now, whoever asks; by default one's own."""
        self.city, self.at, self.popularity = city, at, popularity
        self._times = times
        self._cards: dict[int, ServiceCard] = {}
        self._once: dict[Hashable, Any] = {}

    @cached_property
    def published(self) -> tuple[int, list[Part]]:
        """(the version's number, its parts) of what people see."""
        return parts_in(self.city)

    @cached_property
    def rows(self) -> dict[int, Row]:
        """By id: what is on the shelf, and somebody can do it; in the operator's order."""
        found = selectors.services(city=self.city, skills=workforce.skills_in(self.city), at=self.at)
        content = ("published__skill", *(f"published__content__{name}" for name in ("name", "tags", "duration_s")))
        columns = ("pk", "slug", "category_id", "hot", "position", *content)
        return {row[0]: Row(*row) for row in found.values_list(*columns)}

    @cached_property
    def by_slug(self) -> dict[str, int]:
        """The ids of what is on the shelf."""
        return {row.slug: row.pk for row in self.rows.values()}

    @cached_property
    def categories(self) -> dict[int, Category]:
        """All of them, by id, in the operator's order."""
        return {pk: up[0] for pk, up in self._upwards.items()}

    @cached_property
    def _upwards(self) -> dict[int, list[Category]]:
        return selectors.categories_upwards()

    @cached_property
    def stocked(self) -> set[int]:
        """The categories that have something on the shelf, in themselves or below."""
        found = set[int]()
        for category_id in {row.category_id for row in self.rows.values()}:
            found |= {one.pk for one in self._upwards[category_id]}
        return found

    @cached_property
    def candidates(self) -> list[Candidate]:
        """All that can be recommended."""
        return [self._candidate(row) for row in self.rows.values()]

    @cached_property
    def seasons(self) -> list[Seasonal]:
        """The operator's rows for this city."""
        return seasons_in(self.city)

    def heats(self, weights: Weights) -> dict[int, float]:
        """By service: how popular it is."""
        return self.once(("heats", weights), lambda: {pk: self.popularity.heat_of(pk, weights) for pk in self.rows})

    def standing(self, weights: Weights, *, month: int) -> Standing:
        """How all that can be recommended stands, whoever asks."""
        return self.once(
            ("standing", weights, month),
            lambda: Standing(
                self.candidates, seasons=self.seasons, month=month, weights=weights, heats=self.heats(weights)
            ),
        )

    def once(self, key: Hashable, ask: Callable[[], T]) -> T:
        """What is the same for all, however many ask."""
        if key not in self._once:
            self._once[key] = ask()
        found: T = self._once[key]
        return found

    def in_category(self, slug: str) -> list[Row]:
        """What it has, with all that is below it, in the operator's order."""
        below = {pk for pk in self.categories if slug in {one.slug for one in self._upwards[pk]}}
        return [row for row in self.rows.values() if row.category_id in below]

    def cards(self, service_ids: Collection[int]) -> dict[int, ServiceCard]:
        """Of those on the shelf, by id; read once."""
        missing = [pk for pk in service_ids if pk not in self._cards]
        if missing:
            rows = selectors.services(city=self.city, among=missing, at=self.at)
            self._cards |= {row.pk: ServiceCard.of(row) for row in rows}
        return {pk: self._cards[pk] for pk in service_ids if pk in self._cards}

    def earliest(
        self, service_ids: Iterable[int], *, place: Place, without: Collection[int] = ()
    ) -> dict[int, datetime | None]:
        """Of those on the shelf; see `FirstTimes.of`."""
        wanted = {pk: (self.rows[pk].skill, self.rows[pk].duration_s) for pk in service_ids if pk in self.rows}
        return self._times(self.city).of(wanted, place=place, without=without)

    def _candidate(self, row: Row) -> Candidate:
        up = self._upwards[row.category_id]
        return Candidate(
            service_id=row.pk,
            category=up[0].slug,
            category_name=up[0].name,
            name=row.name,
            words=frozenset([*row.tags, *(one.name for one in up)]),
            position=row.position,
            days=self.popularity.days.get(row.pk, ()),
        )


class Shelves:
    """The shelves of this process, each read anew after a while: by one visitor, while the others have the old one.

    aside: popularity, which takes longest, is counted anew in a thread of its own; else whoever comes waits for it.
    """

    def __init__(
        self,
        *,
        good_for_s: float = GOOD_FOR_S,
        popularity_good_for_s: float = POPULARITY_GOOD_FOR_S,
        aside: bool = True,
    ) -> None:
        self._good_for_s, self._popularity_good_for_s, self._aside = good_for_s, popularity_good_for_s, aside
        self._renewing, self._counting = threading.Lock(), threading.Lock()
        self._kept: dict[str, tuple[float, Shelf]] = {}
        self._times: dict[str, tuple[float, FirstTimes]] = {}
        self._popular: dict[str, tuple[float, Popularity]] = {}

    def of(self, city: str) -> Shelf:
        """As it is now, or was a few seconds ago. city: one that is served, or the memory would fill."""
        kept = self._kept.get(city)
        if kept and self._is_fresh(kept[0], self._good_for_s):
            return kept[1]
        if not self._renewing.acquire(blocking=kept is None):
            assert kept  # noqa: S101 - or it would have waited
            return kept[1]
        try:
            kept = self._kept.get(city)
            # Somebody else may have read it while this one waited.
            if kept is None or not self._is_fresh(kept[0], self._good_for_s):
                kept = self._kept[city] = (time.monotonic(), self._read(city))
            return kept[1]
        finally:
            self._renewing.release()

    def times_of(self, city: str) -> FirstTimes:
        """When somebody is free there: of a shelf, and of lists, which need none. city: as for `of`."""
        kept = self._times.get(city)
        if kept is None or not self._is_fresh(kept[0], self._good_for_s):
            kept = self._times[city] = (time.monotonic(), FirstTimes(city))
        return kept[1]

    def _read(self, city: str) -> Shelf:
        shelf = Shelf(city, at=timezone.now(), popularity=self._popularity(city), times=self.times_of)
        # What every page needs, before anybody else may have it.
        _, parts = shelf.published
        month = shelf.at.astimezone(SHANGHAI).month
        for weights in weights_in(parts):
            shelf.standing(weights, month=month)
        return shelf

    def _popularity(self, city: str) -> Popularity:
        kept = self._popular.get(city)
        if kept is None or not (self._aside or self._is_fresh(kept[0], self._popularity_good_for_s)):
            return self._count(city)
        if not self._is_fresh(kept[0], self._popularity_good_for_s) and self._counting.acquire(blocking=False):
            try:
                threading.Thread(target=self._count_aside, args=(city,), name="home", daemon=True).start()
            except RuntimeError:
                self._counting.release()
                raise
        return kept[1]

    def _count(self, city: str) -> Popularity:
        kept = self._popular.get(city)
        counted = Popularity(city, timezone.now(), before=kept[1] if kept and self._aside else None)
        for weights in {Weights(), *weights_in(parts_in(city)[1])}:
            for service_id in counted.days:
                counted.heat_of(service_id, weights)
        self._popular[city] = (time.monotonic(), counted)
        return counted

    def _count_aside(self, city: str) -> None:
        try:
            self._count(city)
        except Exception:
            # Whatever it is, the next count may see it mended; until then what was counted before is good enough.
            log.exception("popularity could not be counted")
        finally:
            self._counting.release()
            connection.close()

    @staticmethod
    def _is_fresh(read_at: float, good_for_s: float) -> bool:
        return time.monotonic() - read_at < good_for_s


def weights_in(parts: Iterable[Part]) -> set[Weights]:
    """Of all that is recommended there."""
    return {part.body.weights for part in parts if isinstance(part.body, Recommended)}


SHELVES = Shelves()


def shelf_at(city: str, at: datetime) -> Shelf:
    """A city as it will be, or was, at a moment: for a preview, kept by nobody."""
    return Shelf(city, at=at, popularity=Popularity(city, timezone.now()))
