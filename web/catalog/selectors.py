"""Reading what is sold. All of it is public."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from web.catalog.models import Category, City, Service, ServiceVersion, Shelving
from web.errors import DoorbellError


def cities() -> QuerySet[City]:
    """Every city that is served."""
    return City.objects.order_by("code")


def city(code: str) -> City | None:
    """The city of that code, or None where we do not serve."""
    return City.objects.filter(code=code).first()


def categories() -> QuerySet[Category]:
    """The trades and their parts, in the operator's order."""
    return Category.objects.select_related("parent")


def services(
    *, city: str = "", category: str = "", skills: Collection[str] | None = None, words: str = ""
) -> QuerySet[Service]:
    """What is on the shelf now, in the operator's order, as published.

    city: a code; anywhere if empty. category: a slug, with all that is below it. skills: only services that need one of
    these. words: each must occur in name or introduction.
    """
    found = _on_shelf(city).select_related("category", "published")
    if category:
        found = found.filter(category_id__in=_below(category))
    if skills is not None:
        found = found.filter(published__content__skill__in=list(skills))
    for word in words.split():
        found = found.filter(
            Q(published__content__name__icontains=word) | Q(published__content__introduction__icontains=word)
        )
    return found


def service(service_id: int, *, city: str = "") -> ServiceVersion:
    """What is sold of a service that is on the shelf now (in that city), its category fetched.

    Raises DoorbellError not_found; not_served_here for one that is sold in other cities only.
    """
    row = _on_shelf("").select_related("published__service__category").filter(pk=service_id).first()
    if row is None or row.published is None:
        raise DoorbellError("not_found")
    if city and not _on_shelf(city).filter(pk=service_id).exists():
        raise DoorbellError("not_served_here")
    return row.published


def _on_shelf(city: str, at: datetime | None = None) -> QuerySet[Service]:
    """Published and on the shelf at that time (now), in a city or in any."""
    now = at or timezone.now()
    shelved = Shelving.objects.filter(Q(until_at=None) | Q(until_at__gt=now), service=OuterRef("pk"), from_at__lte=now)
    if city:
        shelved = shelved.filter(Q(city=city) | Q(city=None))
    return Service.objects.filter(Exists(shelved), published__isnull=False)


def _below(slug: str) -> set[int]:
    """The category and all below it: a catalogue has some dozens of them."""
    rows = list(Category.objects.values_list("pk", "slug", "parent_id"))
    found: set[int] = set()
    more = {pk for pk, one, _ in rows if one == slug}
    while more:
        found |= more
        more = {pk for pk, _, parent_id in rows if parent_id in found} - found
    return found
