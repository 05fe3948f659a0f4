"""Who answers searches, and what each city has on its shelf: made anew, beside the old, when the catalogue changes.

A search never waits for it, but before the very first is there. While people search, every second a thread looks
whether the catalogue's stamp is another one, and starts a `Searcher` if so. What went on or off a shelf is seen a
second later, or when the index that is being built is there; a new name or word then, too.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import DatabaseError, connection
from django.db.models import Value
from django.utils import timezone

from web.catalog import indexing, selectors
from web.catalog.search import Hit
from web.catalog.searcher import Gone, Searcher
from web.errors import DoorbellError
from web.workforce import selectors as workforce

log = logging.getLogger("finder")

T = TypeVar("T")
Stamp = tuple[int, int]
Shelves = dict[str, frozenset[int]]

LOOK_EVERY_S = 1.0
IDLE_LOOK_EVERY_S = 20.0
"""While nobody searches: a catalogue that is being written need not be indexed at every stroke."""

AFTER_A_FAILURE = 5
"""Looks are so much rarer: what cannot be built would otherwise be tried without end."""

PATIENCE_S = 20.0
"""So long a search waits for the first index, or for one in the place of a process that ended."""


class Engine(Protocol):
    """Who answers: `indexing.Indexed`, in this process or in another."""

    def is_there(self) -> bool: ...
    def put_shelf(self, *, city: str, services: frozenset[int]) -> None: ...
    def put_orders(self, orders: dict[int, int]) -> None: ...
    def search(self, query: str, *, city: str, limit: int, explain: bool) -> list[Hit]: ...
    def suggest(self, prefix: str, *, city: str, limit: int) -> list[str]: ...
    def known(self, queries: list[str]) -> list[str]: ...
    def close(self) -> None: ...


class _Found:
    """An engine, the stamp it was built at, and what it has been told: the shelves, and the orders until which hour."""

    def __init__(self, engine: Engine, stamp: Stamp) -> None:
        self.engine, self.stamp, self.shelves = engine, stamp, Shelves()
        self.hour: datetime | None = None
        self._putting = threading.Lock()

    def put(self, shelves: Shelves) -> None:
        """Those that are other ones. Raises Gone."""
        for city, services in shelves.items():
            # The engine has what we know that it has, however many put at once.
            with self._putting:
                if self.shelves.get(city) != services:
                    self.engine.put_shelf(city=city, services=services)
                    self.shelves[city] = services

    def count_orders(self) -> None:
        """Those until the last full hour, if it has not been told. Raises Gone."""
        # The hour is everybody's, and no server's own: two of them break ties alike, whenever they were started.
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        if hour == self.hour:
            return
        try:
            counted = indexing.ordered_until(hour)
        except DatabaseError:
            # They break ties: no catalogue waits for them, nor are they asked for again before the next hour.
            log.exception("orders could not be counted")
            counted = {}
        if counted or self.hour is None:
            self.engine.put_orders(counted)
        self.hour = hour


class Finder:
    """aside: looks go on in a thread, and searches in a process, of their own; else whoever searches does it all."""

    def __init__(self, *, look_every_s: float = LOOK_EVERY_S, aside: bool = True) -> None:
        self._look_every_s, self._aside = look_every_s, aside
        self._looking, self._look_at = threading.Lock(), 0.0
        self._found: _Found | None = None
        self._placing, self._there = threading.Lock(), threading.Event()

    def search(self, query: str, *, city: str = "", limit: int = 20, explain: bool = False) -> list[Hit]:
        """The best of what is on the city's shelf; see `Index.search`. Raises DoorbellError, here and below."""
        return self._ask(lambda one: one.search(query, city=city, limit=limit, explain=explain), city=city, none=[])

    def suggest(self, prefix: str, *, city: str = "", limit: int = 10) -> list[str]:
        """See `Index.suggest`."""
        return self._ask(lambda one: one.suggest(prefix, city=city, limit=limit), city=city, none=[])

    def known(self, queries: Iterable[str]) -> list[str]:
        """Those that are words of the catalogue itself: names, categories, tags."""
        asked = list(queries)
        return self._ask(lambda one: one.known(asked), city="", none=[])

    def look(self) -> None:
        """Whether the catalogue has changed, if it is time to look again and nobody does. Nothing waits, if aside."""
        if time.monotonic() >= self._look_at and self._looking.acquire(blocking=False):
            self._begin_look()

    async def keep(self) -> None:
        """Look for ever, now and then: without any search the first index is made, and an old one replaced."""
        while True:
            self.look()
            await asyncio.sleep(IDLE_LOOK_EVERY_S)

    def close(self) -> None:
        """End the process, if there is one. A search after that starts another."""
        with self._looking, self._placing:
            found, self._found = self._found, None
            self._there.clear()
        if found:
            found.engine.close()

    def _ask(self, ask: Callable[[Engine], T], *, city: str, none: T) -> T:
        """none: the answer of a city that is not served."""
        for _ in range(2):
            found = self._now()
            try:
                return ask(found.engine) if self._has_shelf(found, city) else none
            except Gone:
                self._forget(found)
        raise DoorbellError("unavailable")

    def _now(self) -> _Found:
        if self._found is None and not self._aside:
            with self._looking:
                # What goes wrong is told to who asks.
                self._renew()
                self._look_at = time.monotonic() + self._look_every_s
        self.look()
        found = self._found
        if found is None and self._there.wait(PATIENCE_S):
            found = self._found
        if found is None:
            raise DoorbellError("unavailable")
        return found

    def _begin_look(self) -> None:
        if not self._aside:
            self._look()
            return
        try:
            threading.Thread(target=self._look, kwargs={"own_connection": True}, name="finder", daemon=True).start()
        except RuntimeError:
            self._looking.release()
            raise

    def _look(self, *, own_connection: bool = False) -> None:
        pause = float(AFTER_A_FAILURE)
        try:
            self._renew()
            pause = 1.0
        except Exception:
            # Whatever it is, the next look may see it mended; until then searches go on with what was read before.
            log.exception("the search index could not be renewed")
        finally:
            self._look_at = time.monotonic() + pause * self._look_every_s
            self._looking.release()
            if own_connection:
                connection.close()

    def _renew(self) -> None:
        found, stamp = self._found, selectors.stamp()
        if found is not None and not found.engine.is_there():
            self._forget(found)
            found = None
        if found is not None:
            found.put(_shelves_of(found))
            found.count_orders()
        if found is None or found.stamp != stamp:
            new = _Found(self._built(), stamp)
            new.put(_shelves_of(found))
            new.count_orders()
            # In the place of the old one at once, with its shelves: no search sees half of it.
            old = self._replace(new)
            if old is not None:
                old.engine.close()

    def _replace(self, new: _Found) -> _Found | None:
        with self._placing:
            old, self._found = self._found, new
            self._there.set()
        return old

    def _built(self) -> Engine:
        if not self._aside:
            return indexing.build()
        searcher = Searcher(database=connection.settings_dict["NAME"])
        searcher.wait()
        return searcher

    def _has_shelf(self, found: _Found, city: str) -> bool:
        if city not in found.shelves:
            if city and selectors.city(city) is None:
                # Nobody fills the memory with cities that are none.
                return False
            found.put({city: _on_shelf(city)})
        return True

    def _forget(self, gone: _Found) -> None:
        """The process ended, or another took its place already."""
        with self._placing:
            if self._found is not gone:
                return
            self._found, self._look_at = None, 0.0
            self._there.clear()
        log.warning("the search process ended")


def _shelves_of(found: _Found | None) -> Shelves:
    """As they are now."""
    # A copy: whoever searches in a city for the first time adds its shelf meanwhile.
    return {city: _on_shelf(city) for city in list(found.shelves if found else ("",))}


def _on_shelf(city: str) -> frozenset[int]:
    """What can be booked there: on the shelf, and somebody can do it."""
    found = selectors.services(city=city, skills=workforce.skills_in(city) if city else None)
    # As one value and not as rows: ten thousand of them, each second, would be felt by every other thread.
    pks: list[int] = found.order_by().aggregate(pks=ArrayAgg("pk", default=Value([])))["pks"]
    return frozenset(pks)


FINDER = Finder()
