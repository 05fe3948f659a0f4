"""What people look for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import hub
from web.accounts.phones import without_mobiles
from web.catalog import selectors
from web.catalog.models import Search, SearchClick, Service
from web.errors import DoorbellError
from workflows.transitions import Role

if TYPE_CHECKING:
    from web.accounts.models import User

PRUNED_AT_ONCE = 1_000
SHOWN = 50
"""No page of an answer has more."""

LONG_NUMBER = re.compile(r"\d{6,}")


def record_search(*, user: User | None, city: str, query: str, found: int, shown: Sequence[int] = ()) -> Search:
    """What was looked for; query: at most 100 characters, of which neither mobile numbers, however they are written,
    nor any as long as a phone's are kept. By name only customers are: nobody else has a history that he could leave.
    shown: the services that he sees, the best first; SHOWN of them may be clicked. Where nothing could be found, for
    there is no word or no such city, nothing is kept: the operator could do nothing about it.
    """
    known = selectors.city(city) if city else None
    search = Search(
        user=user if user and user.role == Role.CUSTOMER else None,
        city=known.code if known else "",
        query=LONG_NUMBER.sub("*", without_mobiles(query)),
        found=found,
        shown=list(shown[:SHOWN]),
    )
    if not found and (not _says_something(search.query) or (city and known is None)):
        return search
    with hub.atomic():
        search.save()
    return search


def _says_something(query: str) -> bool:
    return any(character.isalnum() for character in query)


def record_click(*, token: UUID, service_id: int, position: int) -> None:
    """He looked at one of those that he was shown; once is enough. Raises DoorbellError not_found for any other."""
    search = Search.objects.filter(token=token, found__gte=position, shown__contains=[service_id]).first()
    if search is None or not Service.objects.filter(pk=service_id).exists():
        raise DoorbellError("not_found")
    with hub.atomic():
        SearchClick.objects.get_or_create(search=search, service_id=service_id, defaults={"position": position})


def forget_searches(*, user: User, query: str | None = None) -> None:
    """They are nobody's any more: all of his, or those for one query."""
    his = Search.objects.filter(user=user)
    with hub.atomic():
        (his if query is None else his.filter(query=query)).update(user=None)


def prune_searches(*, before: datetime) -> int:
    """Remove up to PRUNED_AT_ONCE searches of before then, with their clicks; how many rows went."""
    with hub.atomic():
        some = list(Search.objects.filter(at__lt=before).order_by("pk").values_list("pk", flat=True)[:PRUNED_AT_ONCE])
        return Search.objects.filter(pk__in=some).delete()[0]
