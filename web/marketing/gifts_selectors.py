"""Reading gifts and exchanges."""

from datetime import datetime

from django.db.models import F, Q, QuerySet

from web.accounts.models import User
from web.accounts.scope import of_his_city_or_all
from web.marketing.models import Exchange, Gift
from workflows.transitions import Role


def gifts_of(city: str, *, at: datetime) -> QuerySet[Gift]:
    """What people of a city can exchange points for then, or could until the last one was gone; public."""
    gifts = Gift.objects.filter(Q(from_at=None) | Q(from_at__lte=at), on=True, city__in={"", city})
    return gifts.filter(Q(until_at=None) | Q(until_at__gt=at)).order_by("position", "pk")


def gifts_visible_to(actor: User) -> QuerySet[Gift]:
    """All of them, on or not, for staff: of their city and of all cities. Nobody else sees any this way."""
    return of_his_city_or_all(Gift.objects.order_by("position", "pk"), actor)


def exchanges_visible_to(actor: User) -> QuerySet[Exchange]:
    """A customer's own, and those of gifts that a member of staff is in charge of (of all cities: staff of all), newest
    first. They carry where a thing goes.
    """
    exchanges = Exchange.objects.select_related("gift").order_by("-pk")
    if actor.is_everywhere:
        return exchanges
    if actor.role == Role.STAFF:
        return exchanges.filter(city=actor.city).exclude(city="")
    return exchanges.filter(user=actor)


def left_of_stock() -> QuerySet[Gift]:
    """Gifts that are on and not gone."""
    return Gift.objects.filter(on=True, taken__lt=F("stock"))
