"""What people look for, and what of the answers they look at: for the page of 零结果."""

from collections import Counter
from datetime import datetime
from typing import TypedDict

from django.db.models import Count, Q

from web.catalog.models import Search, SearchClick

AMONG = 200_000
"""So many of the last searches tell: a page of all of a busy month would not come before its statement is ended."""


class Asked(TypedDict):
    """A query: how often it was asked and how often in vain, how many services were clicked, and which one most."""

    query: str
    times: int
    in_vain: int
    clicks: int
    clicked_most: str


def counted_since(*, since: datetime, until: datetime, city: str = "") -> datetime:
    """From when on there are AMONG searches; `since` where all of them are no more. city: all if empty."""
    searches = Search.objects.filter(at__gte=since, at__lt=until)
    if city:
        searches = searches.filter(city=city)
    last = list(searches.order_by("-at").values_list("at", flat=True)[AMONG - 1 : AMONG + 1])
    return last[0] if len(last) > 1 else since


def searched_most(*, since: datetime, until: datetime, city: str = "", limit: int = 100) -> list[Asked]:
    """What was looked for most between these moments, and what of the answers was looked at. city: all if empty.

    clicked_most: a service's name; "" where none was clicked.
    """
    searches = Search.objects.filter(at__gte=since, at__lt=until)
    if city:
        searches = searches.filter(city=city)
    counted = searches.values("query").annotate(times=Count("pk"), in_vain=Count("pk", filter=Q(found=0)))
    asked = list(counted.order_by("-times", "query")[:limit])
    clicks = SearchClick.objects.filter(search__in=searches.filter(query__in=[one["query"] for one in asked]))
    clicked: dict[str, Counter[str]] = {one["query"]: Counter() for one in asked}
    for query, name, times in clicks.values_list("search__query", "service__name").annotate(times=Count("pk")):
        clicked[query][name] += times
    most = {query: min(names, key=lambda name: (-names[name], name), default="") for query, names in clicked.items()}
    return [
        Asked(
            query=one["query"],
            times=one["times"],
            in_vain=one["in_vain"],
            clicks=clicked[one["query"]].total(),
            clicked_most=most[one["query"]],
        )
        for one in asked
    ]
