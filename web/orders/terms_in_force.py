"""Which of the rows of terms count: per kind the newest of the most specific scope."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from web.orders.models import Order, Policy
from web.orders.policies import KINDS, Policies
from web.orders.terms import stored


def policies_in(city: str, *, service_ids: Iterable[int]) -> dict[int, Policies]:
    """As `policies_for`, of many services: one query, and one object for all that have no terms of their own."""
    of_all, own = list[Policy](), defaultdict[int, list[Policy]](list)
    wanted = list(service_ids)
    for row in Policy.objects.filter(Q(city=city) | Q(city=""), Q(service_id__in=wanted) | Q(service=None)):
        (own[row.service_id] if row.service_id else of_all).append(row)
    common = in_force(of_all)
    return {one: in_force([*of_all, *own[one]]) if one in own else common for one in wanted}


def newest_of(*, kind: str, city: str, service_id: int | None) -> Policy | None:
    """The last row of exactly that scope."""
    return Policy.objects.filter(kind=kind, city=city, service=service_id).order_by("-pk").first()


def in_force(rows: Iterable[Policy]) -> Policies:
    """What these rows come to, all of the same city and service or of more."""
    terms: dict[str, Any] = {}
    for row in sorted(rows, key=lambda row: (Scope(row.city, row.service_id).narrowness, row.pk)):
        if row.kind in KINDS:
            terms[row.kind] = row.data | ({"version": row.pk} if row.kind == "pricing" else {})
    return stored(Policies, terms)


@dataclass(frozen=True)
class Scope:
    """Where terms hold: in a city ("" everywhere), of a service (None: of all)."""

    city: str = ""
    service_id: int | None = None

    @property
    def narrowness(self) -> tuple[bool, bool]:
        """Of two that fit an order the narrower counts: a service before a city."""
        return self.service_id is not None, self.city != ""

    def fits(self, order: Order) -> bool:
        """Whether the order is one of these."""
        return self.city in ("", order.city) and self.service_id in (None, order.service_id)

    def of(self, orders: QuerySet[Order]) -> QuerySet[Order]:
        """Those that it fits."""
        orders = orders.filter(city=self.city) if self.city else orders
        return orders if self.service_id is None else orders.filter(service_id=self.service_id)


class Bearing:
    """Whether terms of a kind, had they been the newest in their scope, would have been in force for an order."""

    def __init__(self, kind: str, scope: Scope) -> None:
        self._scope = scope
        rows = [(Scope(row.city, row.service_id), row.created_at) for row in Policy.objects.filter(kind=kind)]
        self._narrower = [(one, since) for one, since in rows if one.narrowness > scope.narrowness]

    def on(self, order: Order) -> bool:
        """None of narrower scope were, when it was placed."""
        narrower = any(one.fits(order) and since <= order.placed_at for one, since in self._narrower)
        return self._scope.fits(order) and not narrower
