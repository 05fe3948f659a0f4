"""The search index of this process, and what each city has on its shelf: built anew, beside the old, when that changes.

A search never waits for it, but the very first: every second at most a thread looks whether the catalogue's stamp is
another one. What went on or off a shelf is seen a second later, or when the index that is being built is there; a new
name or word then, too.
"""

import logging
import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from pydantic import ValidationError

from web.catalog import selectors
from web.catalog.content import Content
from web.catalog.models import Service
from web.catalog.search import Document, Hit, Index, Thesaurus
from web.orders import selectors as orders
from web.workforce import selectors as workforce

log = logging.getLogger("finder")

Stamp = tuple[int, int]

LOOK_EVERY_S = 1.0
LATELY = timedelta(days=30)
"""Of services that fit equally well that one comes first which was ordered more in these days."""


@dataclass
class _Built:
    """An index, the stamp it was built at, the catalogue's own words, and by city ("" for any) what can be booked."""

    stamp: Stamp
    index: Index
    words: frozenset[str]
    shelves: dict[str, frozenset[int]] = field(default_factory=dict)


class Finder:
    """aside: later looks go on in a thread of their own; else whoever searches waits for them."""

    def __init__(self, *, look_every_s: float = LOOK_EVERY_S, aside: bool = True) -> None:
        self._look_every_s, self._aside = look_every_s, aside
        self._looking, self._looked_at = threading.Lock(), 0.0
        self._built: _Built | None = None

    def search(self, query: str, *, city: str = "", limit: int = 20, explain: bool = False) -> list[Hit]:
        """The best of what is on the city's shelf; see `Index.search`."""
        built = self._now()
        return built.index.search(query, among=self._shelf(built, city), limit=limit, explain=explain)

    def suggest(self, prefix: str, *, city: str = "", limit: int = 10) -> list[str]:
        """See `Index.suggest`."""
        built = self._now()
        return built.index.suggest(prefix, among=self._shelf(built, city), limit=limit)

    def known(self, queries: Iterable[str]) -> list[str]:
        """Those that are words of the catalogue itself: names, categories, tags."""
        words = self._now().words
        return [query for query in queries if query.casefold() in words]

    def _now(self) -> _Built:
        if self._built is None:
            with self._looking:
                # Somebody else may have built it while this one waited.
                self._built = self._built or _build(selectors.stamp())
                self._looked_at = time.monotonic()
        elif time.monotonic() - self._looked_at >= self._look_every_s and self._looking.acquire(blocking=False):
            self._begin_look()
        return self._built

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
        try:
            self._renew()
        except Exception:
            # Whatever it is, the next look may see it mended; until then searches go on with what was read before.
            log.exception("the search index could not be renewed")
        finally:
            self._looked_at = time.monotonic()
            self._looking.release()
            if own_connection:
                connection.close()

    def _renew(self) -> None:
        built, stamp = self._built, selectors.stamp()
        # A copy: whoever searches in a city for the first time adds its shelf meanwhile.
        shelves = {city: _on_shelf(city) for city in list(built.shelves if built else ())}
        if built is None or built.stamp != stamp:
            if built:
                built.shelves = dict(shelves)
            built = _build(stamp)
        built.shelves = shelves
        # In the place of the old one at once, with its shelves: no search sees half of it.
        self._built = built

    def _shelf(self, built: _Built, city: str) -> Collection[int]:
        if city not in built.shelves:
            found = _on_shelf(city)
            if city and selectors.city(city) is None:
                # Nobody fills the memory with cities that are none.
                return found
            built.shelves[city] = found
        return built.shelves[city]


def _on_shelf(city: str) -> frozenset[int]:
    """What can be booked there: on the shelf, and somebody can do it."""
    found = selectors.services(city=city, skills=workforce.skills_in(city) if city else None)
    return frozenset(found.order_by().values_list("pk", flat=True))


def _build(stamp: Stamp) -> _Built:
    trees = selectors.category_paths()
    ordered = orders.ordered_since(timezone.now() - LATELY)
    published = Service.objects.exclude(published=None).select_related("published").order_by("pk")
    documents = list[Document]()
    for service in published:
        try:
            assert service.published is not None  # noqa: S101 - asked for
            sold = service.published.sold
        except ValidationError:
            # Of another release, perhaps: one service is not found, and all others are.
            log.exception("service:%s cannot be read", service.pk)
            continue
        documents.append(document_of(sold, service.pk, trees[service.category_id], ordered.get(service.pk, 0)))
    return _Built(stamp, Index(documents, Thesaurus.of(selectors.thesaurus())), _words_of(documents))


def _words_of(documents: Iterable[Document]) -> frozenset[str]:
    """What the catalogue itself calls things."""
    texts = ((one.name, *one.categories, *one.tags) for one in documents)
    return frozenset(text.casefold() for several in texts for text in several)


def document_of(sold: Content, service_id: int, categories: tuple[str, ...], ordered: int = 0) -> Document:
    """A service as it is searched for. categories: their names from the root. ordered: how often, lately."""
    choices = (choice.name for option in sold.options for choice in option.choices)
    return Document(
        service_id=service_id,
        name=sold.name,
        categories=categories,
        introduction=sold.introduction,
        options=(*(option.name for option in sold.options), *choices),
        add_ons=tuple(item.name for item in sold.add_ons),
        tags=sold.tags,
        orders=ordered,
    )


FINDER = Finder()
