"""Orders priced once more, as they were chosen, for the same time and the same way, where the prices are others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from web.catalog import selectors as catalog
from web.errors import DoorbellError
from web.orders.models import Order, OrderEvent
from web.orders.pricing import Chosen, Line, Occasion, Pricing, price
from web.orders.surcharges import NO_DAYS
from web.workforce.plan import day_of
from web.workforce.plans import off_days

if TYPE_CHECKING:
    from web.catalog.content import Content
    from web.catalog.models import ServiceVersion
    from web.orders.replaying import Bought


@dataclass(frozen=True)
class Prices:
    """What is other: the terms of a price, or what is said of the service. None: as it was for each order."""

    terms: Pricing | None = None
    sold: Content | None = None


class Again:
    """Prices orders once more, a page of them at a time. What many have in common is read once."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._versions: dict[int, ServiceVersion] = {}
        self._terms: dict[str, Pricing] = {}
        self._starts: Mapping[int, datetime] = {}
        self._off_days: Set[date] = NO_DAYS

    def read(self, page: Sequence[Bought]) -> None:
        """What these need; the page before is forgotten."""
        rows = [one.order for one in page]
        self._versions |= catalog.versions({row.service_version_id for row in rows} - self._versions.keys())
        self._starts = _starts(rows)
        days = [day_of(start) for start in self._starts.values()]
        # Nights belong to the day before.
        self._off_days = off_days(min(days) - timedelta(days=1), max(days)) if days else NO_DAYS

    def lines(self, one: Bought) -> Sequence[Line] | None:
        """What its lines would have been, nothing taken off. None where nobody can say: the choice is not to be had any
        more, nobody kept how far the way was, or even its own prices do not come to what it cost.
        """
        row, other = one.order, self._prices
        sold = self._versions[row.service_version_id].sold
        try:
            terms = self._terms_of(row)
        except ValidationError:
            return None
        asked = other.terms or terms
        if asked.visit_fee.counts_way and row.way_m is None:
            return None
        if row.picked_worker_id is not None and row.picked_way_m is None:
            return None
        try:
            was = self._priced(row, sold, terms)
            would_be = self._priced(row, other.sold or sold, asked)
        except DoorbellError:
            return None
        return would_be if _sums(was) == _sums(one.lines) else None

    def _priced(self, row: Order, sold: Content, terms: Pricing) -> Sequence[Line]:
        occasion = Occasion(self._starts[row.pk], self._off_days, row.way_m, row.picked_way_m)
        version = self._versions[row.service_version_id].number
        return price(sold, Chosen.read(row.chosen), version=version, terms=terms, occasion=occasion).lines

    def _terms_of(self, row: Order) -> Pricing:
        said = json.dumps(getattr(row, "pricing", None) or {}, sort_keys=True)
        if said not in self._terms:
            self._terms[said] = Pricing.model_validate_json(said)
        return self._terms[said]


def _starts(rows: Iterable[Order]) -> dict[int, datetime]:
    """When each visit was to begin when it was priced: one that was moved since keeps its price."""
    starts = {row.pk: row.starts_at for row in rows}
    placed = OrderEvent.objects.filter(order_id__in=starts, type="placed", changes__isnull=False)
    for order_id, said in placed.values_list("order_id", "changes__starts_at"):
        starts[order_id] = datetime.fromisoformat(str(said))
    return starts


def _sums(lines: Iterable[Line]) -> list[tuple[str, int]]:
    return sorted((line.rule, line.amount_fen) for line in lines)
