"""Which of the rows of terms count: per kind the newest of the most specific scope."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from web.orders.models import Policy
from web.orders.policies import KINDS, Policies


def policies_in(city: str, *, service_ids: Iterable[int]) -> dict[int, Policies]:
    """As `policies_for`, of many services: one query, and one object for all that have no terms of their own."""
    of_all, own = list[Policy](), defaultdict[int, list[Policy]](list)
    wanted = list(service_ids)
    for row in Policy.objects.filter(Q(city=city) | Q(city=""), Q(service_id__in=wanted) | Q(service=None)):
        (own[row.service_id] if row.service_id else of_all).append(row)
    common = in_force(of_all)
    return {one: in_force([*of_all, *own[one]]) if one in own else common for one in wanted}


def in_force(rows: Iterable[Policy]) -> Policies:
    """What these rows come to, all of the same city and service or of more."""
    terms: dict[str, Any] = {}
    for row in sorted(rows, key=lambda row: (row.service_id is not None, row.city != "", row.pk)):
        if row.kind in KINDS:
            terms[row.kind] = row.data | ({"version": row.pk} if row.kind == "pricing" else {})
    return Policies.model_validate(terms)
