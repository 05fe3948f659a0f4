"""Reading what is sold. All of it is public."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from web.catalog.models import Category, City, PriceItem, Service
from web.errors import DoorbellError


def cities() -> QuerySet[City]:
    """Every city that is served."""
    return City.objects.order_by("code")


def city(code: str) -> City | None:
    """The city of that code, or None where we do not serve."""
    return City.objects.filter(code=code).first()


def categories() -> QuerySet[Category]:
    """The trades, in the operator's order."""
    return Category.objects.all()


def services(*, category: str = "", skills: Collection[str] | None = None, words: str = "") -> QuerySet[Service]:
    """What is on the shelf, in the operator's order.

    category: a slug. skills: only services that need one of these. words: each must occur in name or introduction.
    """
    found = Service.objects.filter(on_shelf=True).select_related("category")
    if category:
        found = found.filter(category__slug=category)
    if skills is not None:
        found = found.filter(skill__in=skills)
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(introduction__icontains=word))
    return found


def service(service_id: int) -> Service:
    """A service on the shelf, its steps fetched. Raises DoorbellError `not_found`."""
    found = Service.objects.select_related("category").prefetch_related("steps", "price_list")
    row = found.filter(pk=service_id, on_shelf=True).first()
    if row is None:
        raise DoorbellError("not_found")
    return row


def price_list(service_id: int) -> QuerySet[PriceItem]:
    """What may be added to a service at the door, on the shelf or not."""
    return PriceItem.objects.filter(service_id=service_id)
