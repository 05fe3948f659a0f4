"""The search index over the catalogue as the database has it, with what each city has on its shelf."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import ValidationError

from web.catalog import selectors
from web.catalog.content import Content
from web.catalog.models import Service
from web.catalog.search import Document, Hit, Thesaurus
from web.catalog.search.index import Among, Index
from web.orders import selectors as orders

log = logging.getLogger("finder")

LATELY = timedelta(days=30)
"""Of services that fit equally well that one comes first which was ordered more in these days."""


class Indexed:
    """An index, the catalogue's own words, and by city ("" for any) what can be booked."""

    def __init__(self, index: Index, words: frozenset[str]) -> None:
        self._index, self._words = index, words
        self._shelves: dict[str, Among] = {}

    def is_there(self) -> bool:
        """Whether it still answers."""
        return True

    def put_shelf(self, *, city: str, services: frozenset[int]) -> None:
        """From now on these are found there, and no others."""
        self._shelves[city] = self._index.among(services)

    def put_orders(self, orders: dict[int, int]) -> None:
        """See `Index.put_orders`."""
        self._index.put_orders(orders)

    def search(self, query: str, *, city: str, limit: int, explain: bool) -> list[Hit]:
        """The best of the city's shelf, which must have been put; see `Index.search`."""
        return self._index.search(query, among=self._shelves[city], limit=limit, explain=explain)

    def suggest(self, prefix: str, *, city: str, limit: int) -> list[str]:
        """Likewise; see `Index.suggest`."""
        return self._index.suggest(prefix, among=self._shelves[city], limit=limit)

    def known(self, queries: list[str]) -> list[str]:
        """Those that are words of the catalogue itself: names, categories, tags."""
        return [query for query in queries if query.casefold() in self._words]

    def close(self) -> None:
        """Nothing is held but memory."""


def build() -> Indexed:
    """Of all that is published, without any shelf or orders yet."""
    trees = selectors.category_paths()
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
        documents.append(document_of(sold, service.pk, trees[service.category_id]))
    return Indexed(Index(documents, Thesaurus.of(selectors.thesaurus())), _words_of(documents))


def ordered_until(hour: datetime) -> dict[int, int]:
    """By service: how often it was ordered in the LATELY before that hour: the same, whichever server counts."""
    return orders.ordered_between(hour - LATELY, hour)


def _words_of(documents: Iterable[Document]) -> frozenset[str]:
    """What the catalogue itself calls things."""
    texts = ((one.name, *one.categories, *one.tags) for one in documents)
    return frozenset(text.casefold() for several in texts for text in several)


def document_of(sold: Content, service_id: int, categories: tuple[str, ...]) -> Document:
    """A service as it is searched for. categories: their names from the root."""
    choices = (choice.name for option in sold.options for choice in option.choices)
    return Document(
        service_id=service_id,
        name=sold.name,
        categories=categories,
        introduction=sold.introduction,
        options=(*(option.name for option in sold.options), *choices),
        add_ons=tuple(item.name for item in sold.add_ons),
        tags=sold.tags,
    )
