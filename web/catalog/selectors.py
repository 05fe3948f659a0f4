"""Reading what is sold. All of it is public."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from django.core.cache import cache
from django.db.models import CharField, Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from web.catalog.models import (
    CatalogueChange,
    Category,
    City,
    Need,
    PriceItem,
    Search,
    Service,
    ServiceVersion,
    Shelving,
    Skill,
    Synonym,
)
from web.errors import DoorbellError

if TYPE_CHECKING:
    from web.accounts.models import User

W = TypeVar("W", Synonym, Need)

RECENT = 1_000
"""No transaction is open while so many others change the catalogue; older changes nobody counts."""

HOT_WITHIN = timedelta(days=7)
HOT_FROM = 3
"""A word is hot that so many people have looked for: what one types may name him."""

HOT_AMONG = 20_000
"""So many of a city's last searches tell: in a busy one, those of less than HOT_WITHIN."""

HOT_GOOD_FOR_S = 60
HOT_KEPT_S = 3600
"""So long nobody may ask, and the old words are still there for those who come while one reads anew."""


def cities() -> QuerySet[City]:
    """Every city that is served."""
    return City.objects.order_by("code")


def city(code: str) -> City | None:
    """The city of that code, or None where we do not serve."""
    return City.objects.filter(code=code).first()


def city_names() -> dict[str, str]:
    """What people call each city, by its code."""
    return dict(City.objects.values_list("code", "name"))


def city_name(column: str = "city") -> Subquery:
    """The same of the city whose code a row's column holds, to annotate rows with: None where it holds none."""
    return Subquery(City.objects.filter(code=OuterRef(column)).values("name"))


def skills() -> QuerySet[Skill]:
    """All of them, as people look for one."""
    return Skill.objects.order_by("name")


def services_asking() -> Coalesce:
    """How many services ask for the skill of a row, to annotate skills with."""
    asking = Service.objects.filter(skill=OuterRef("code")).order_by().values("skill")
    return Coalesce(Subquery(asking.annotate(number=Count("pk")).values("number")), 0)


def skill_names() -> dict[str, str]:
    """What people call each, by its code."""
    return dict(Skill.objects.values_list("code", "name"))


def skill_name(column: str = "skill") -> Coalesce:
    """The same of the skill whose code a row's column holds, to annotate rows with; the code where nobody named it."""
    name = Subquery(Skill.objects.filter(code=OuterRef(column)).values("name"))
    return Coalesce(name, F(column), output_field=CharField())


def categories() -> QuerySet[Category]:
    """The trades and their parts, in the operator's order."""
    return Category.objects.select_related("parent")


def services(
    *,
    city: str = "",
    category: str = "",
    skills: Collection[str] | None = None,
    among: Collection[int] | None = None,
    hot: bool = False,
    at: datetime | None = None,
) -> QuerySet[Service]:
    """What is on the shelf now (or at another moment), in the operator's order, as published.

    city: a code; anywhere if empty. category: a slug, with all that is below it. skills: only services that need one of
    these. among: only these, by id. hot: only what is 热门.
    """
    is_hot = Exists(_shelved(city, at).filter(hot=True))
    found = _on_shelf(city, at).annotate(hot=is_hot).select_related("category", "published")
    if category:
        found = found.filter(category_id__in=_below(category))
    if skills is not None:
        found = found.filter(published__skill__in=list(skills))
    if hot:
        found = found.filter(is_hot)
    if among is not None:
        found = found.filter(pk__in=list(among))
    return found


def service(service_id: int, *, city: str = "") -> ServiceVersion:
    """What is sold of a service that is on the shelf now (in that city), its category fetched.

    Raises DoorbellError not_found; not_served_here for one that is sold in other cities only.
    """
    on_shelf = _on_shelf("").filter(pk=service_id)
    row = on_shelf.select_related("published", "category").first()
    if row is None or row.published is None:
        raise DoorbellError("not_found")
    if city and not _on_shelf(city).filter(pk=service_id).exists():
        raise DoorbellError("not_served_here")
    row.published.service = row
    return row.published


def versions_by_service(wanted: Collection[str | int]) -> dict[str | int, ServiceVersion]:
    """By slug or id: what is sold of these services, or was last: whether on a shelf or not. One query."""
    slugs = [one for one in wanted if isinstance(one, str)]
    ids = [one for one in wanted if isinstance(one, int)]
    found = ServiceVersion.objects.filter(Q(service__slug__in=slugs) | Q(service__in=ids))
    newest = found.select_related("service").order_by("service_id", "-number").distinct("service_id")
    names = {name: row for row in newest for name in (row.service.slug, row.service_id)}
    return {one: names[one] for one in wanted if one in names}


def versions(ids: Collection[int]) -> dict[int, ServiceVersion]:
    """By id: what was sold under them, sold still or not."""
    return ServiceVersion.objects.in_bulk(ids)


def categories_upwards() -> dict[int, list[Category]]:
    """By category, in the operator's order: itself, and all above it, the root last. One query."""
    rows = {row.pk: row for row in categories()}

    def up_from(row: Category) -> list[Category]:
        return [row, *(up_from(rows[row.parent_id]) if row.parent_id else ())]

    return {pk: up_from(row) for pk, row in rows.items()}


def category_paths() -> dict[int, tuple[str, ...]]:
    """By category: the names from the root down to it."""
    return {pk: tuple(one.name for one in reversed(up)) for pk, up in categories_upwards().items()}


def thesaurus() -> dict[str, list[Any]]:
    """The operator's tables of words, as `search.Thesaurus.of` reads them."""
    return {
        "synonyms": list(Synonym.objects.values_list("words", flat=True)),
        "needs": list(Need.objects.values("phrase", "words")),
    }


def stamp() -> tuple[int, int]:
    """Another value whenever services, categories or words have changed: (the last change, how many of the RECENT ids
    up to it are there).

    Both, for a change with a smaller number may be committed after one with a greater.
    """
    last: int = CatalogueChange.objects.aggregate(last=Max("pk"))["last"] or 0
    return last, CatalogueChange.objects.filter(pk__gt=last - RECENT, pk__lte=last).count()


def slugs_up_from(category: Category) -> list[str]:
    """A category's own slug, and those of all above it."""
    found = [category.slug]
    while category.parent is not None:
        category = category.parent
        found.append(category.slug)
    return found


def history(user: User, *, limit: int = 10) -> list[str]:
    """What he looked for, the last first, each once."""
    last = Search.objects.filter(user=user).values("query").annotate(last=Max("pk")).order_by("-last")
    return list(last.values_list("query", flat=True)[:limit])


def hot_words(city: str, *, limit: int = 10) -> list[str]:
    """What was looked for, and found, by most people of a city lately; words of one person stay his own."""
    key = f"hot-words:{city}:{limit}"
    words: list[str] | None = cache.get(key)
    # Nobody fills the cache with cities that are none.
    if words is None and not City.objects.filter(code=city).exists():
        return []
    # One reads anew while the others have the old.
    if not cache.add(f"{key}:fresh", True, HOT_GOOD_FOR_S) and words is not None:
        return words
    words = _hottest(city, limit)
    cache.set(key, words, HOT_KEPT_S)
    return words


def _hottest(city: str, limit: int) -> list[str]:
    lately = Search.objects.filter(city=city, at__gte=timezone.now() - HOT_WITHIN).order_by("-at")[:HOT_AMONG]
    asked = Search.objects.filter(pk__in=lately.values("pk"), found__gt=0).exclude(user=None).values("query")
    several = asked.annotate(people=Count("user", distinct=True)).filter(people__gte=HOT_FROM)
    return list(several.order_by("-people", "query").values_list("query", flat=True)[:limit])


class Vain(TypedDict):
    """A query that found nothing: how often it was asked, and when last."""

    query: str
    times: int
    last: datetime


def searched_in_vain(*, since: datetime, until: datetime, city: str = "", limit: int = 100) -> list[Vain]:
    """零结果: what was looked for between these moments and not found, the most frequent first. city: all if empty."""
    in_vain = Search.objects.filter(found=0, at__gte=since, at__lt=until)
    if city:
        in_vain = in_vain.filter(city=city)
    asked = in_vain.values("query").annotate(times=Count("pk"), last=Max("at")).order_by("-times", "query")
    return [Vain(query=one["query"], times=one["times"], last=one["last"]) for one in asked[:limit]]


def written_for(actor: User) -> QuerySet[Service]:
    """What is being written, on the shelf or not: for staff."""
    rows = Service.objects.select_related("category", "published")
    return rows if actor.is_staff else rows.none()


def services_by_slug(slugs: Collection[str]) -> QuerySet[Service]:
    """Those that are there, sold or not."""
    return Service.objects.filter(slug__in=list(slugs)).order_by("pk")


def slugs_of_services(ids: Collection[int]) -> dict[int, str]:
    """By id, in that order."""
    return dict(Service.objects.filter(pk__in=list(ids)).order_by("pk").values_list("pk", "slug"))


def price_items_for(actor: User) -> QuerySet[PriceItem]:
    """The price lists as they are being written: for staff."""
    rows = PriceItem.objects.select_related("service__category", "service__published")
    return rows if actor.is_staff else rows.none()


def shelvings_visible_to(actor: User) -> QuerySet[Shelving]:
    """Staff see those of their city, and those of every city."""
    rows = Shelving.objects.select_related("service", "city")
    if not actor.is_staff or not actor.city:
        return rows.none()
    return rows if actor.is_everywhere else rows.filter(Q(city=actor.city) | Q(city=None))


def words_for(actor: User, kind: type[W]) -> QuerySet[W]:
    """The operator's words: for staff."""
    return kind._default_manager.all() if actor.is_staff else kind._default_manager.none()


def _on_shelf(city: str, at: datetime | None = None) -> QuerySet[Service]:
    """Published and on the shelf now (or then), in a city or in any."""
    return Service.objects.filter(Exists(_shelved(city, at)), published__isnull=False)


def _shelved(city: str, at: datetime | None) -> QuerySet[Shelving]:
    """Where the service of the query around it is on the shelf now, or then."""
    now = at or timezone.now()
    shelved = Shelving.objects.filter(Q(until_at=None) | Q(until_at__gt=now), service=OuterRef("pk"), from_at__lte=now)
    return shelved.filter(Q(city=city) | Q(city=None)) if city else shelved


def _below(slug: str) -> set[int]:
    """The category and all below it: a catalogue has some dozens of them."""
    rows = list(Category.objects.values_list("pk", "slug", "parent_id"))
    found: set[int] = set()
    more = {pk for pk, one, _ in rows if one == slug}
    while more:
        found |= more
        more = {pk for pk, _, parent_id in rows if parent_id in found} - found
    return found
