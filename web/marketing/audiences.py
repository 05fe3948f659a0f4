"""Whom something is for: an audience as data, and the one query that it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Self

from django.db.models import Q, QuerySet
from pydantic import Field, model_validator

from web.accounts import selectors as accounts
from web.accounts.models import User
from web.marketing.models import Coupon
from web.marketing.selectors import of_known_customers
from web.notifications import selectors as notifications
from web.orders.buyers import buyers
from web.orders.terms import Terms
from web.times import midnight

CAMPAIGN = "campaign"
"""The kind of the messages that somebody may refuse altogether."""

Days = Annotated[int, Field(ge=1, le=3_650)]
Fen = Annotated[int, Field(ge=0, le=10**12)]
Number = Annotated[int, Field(ge=0, le=1_000_000)]


class Audience(Terms):
    """All of it has to hold of somebody; what is left out does not matter.

    city: he has ordered there, or has an address there. within_days: of the orders of so many days alone are spent_…
    and orders_… (both ends belong to it). ordered_within_days: his last order is no older; silent_for_days: he has
    ordered, and not for so long. never_ordered: a new customer (`selectors.is_new`). registered_…: days of
    Asia/Shanghai, both belong to it; registered_within_days: no longer ago. coupon_unused: he has one that has not
    lapsed, or has none. Money is fen.
    """

    city: Annotated[str, Field(max_length=20)] = ""
    within_days: Days | None = None
    spent_from_fen: Fen | None = None
    spent_to_fen: Fen | None = None
    orders_from: Number | None = None
    orders_to: Number | None = None
    ordered_within_days: Days | None = None
    silent_for_days: Days | None = None
    never_ordered: bool = False
    registered_from: date | None = None
    registered_until: date | None = None
    registered_within_days: Days | None = None
    coupon_unused: bool | None = None

    @model_validator(mode="after")
    def _can_be_somebody(self) -> Self:
        ranges = (
            (self.spent_from_fen, self.spent_to_fen),
            (self.orders_from, self.orders_to),
            (self.registered_from, self.registered_until),
        )
        if any(first is not None and last is not None and first > last for first, last in ranges):  # type: ignore[operator]
            raise ValueError("a range ends before it begins")
        asks_of_orders = (self.spent_from_fen, self.orders_from, self.ordered_within_days, self.silent_for_days)
        if self.never_ordered and any(asks_of_orders):
            raise ValueError("who never ordered has no orders")
        return self


@dataclass(frozen=True)
class Size:
    """How many people an audience has, and how many of them accept messages of campaigns; nobody's name."""

    people: int
    accepting: int


def people(audience: Audience, *, at: datetime) -> QuerySet[User]:
    """Everybody of it as things stand, among those who had registered by then; days are counted back from then."""
    users = accounts.customers().filter(created_at__lte=at)
    for condition in (*_by_orders(audience, at), *_by_registration(audience, at)):
        users = users.filter(condition)
    if audience.coupon_unused is not None:
        good = Coupon.objects.filter(state=Coupon.UNUSED, until_at__gt=at).order_by().values("user")
        users = users.filter(pk__in=good) if audience.coupon_unused else users.exclude(pk__in=good)
    if audience.city:
        there = Q(pk__in=buyers(city=audience.city)) | Q(pk__in=accounts.with_address_in(audience.city))
        users = users.filter(there)
    return users


def accepting(users: QuerySet[User]) -> QuerySet[User]:
    """Those of them who accept messages of campaigns."""
    return users.exclude(pk__in=notifications.refusing(CAMPAIGN))


def size_of(audience: Audience, *, at: datetime) -> Size:
    """How many they are now."""
    users = people(audience, at=at)
    return Size(users.count(), accepting(users).count())


def _by_orders(audience: Audience, at: datetime) -> list[Q]:
    since = None if audience.within_days is None else at - timedelta(days=audience.within_days)
    found = []
    if audience.spent_from_fen:
        found.append(Q(pk__in=buyers(placed_from=since, spent_from_fen=audience.spent_from_fen)))
    if audience.spent_to_fen is not None:
        found.append(~Q(pk__in=buyers(placed_from=since, spent_from_fen=audience.spent_to_fen + 1)))
    if audience.orders_from:
        found.append(Q(pk__in=buyers(placed_from=since, orders_from=audience.orders_from)))
    if audience.orders_to is not None:
        found.append(~Q(pk__in=buyers(placed_from=since, orders_from=audience.orders_to + 1)))
    if audience.ordered_within_days is not None:
        found.append(Q(pk__in=buyers(placed_from=at - timedelta(days=audience.ordered_within_days))))
    if audience.silent_for_days is not None:
        found.append(Q(pk__in=buyers()))
        found.append(~Q(pk__in=buyers(placed_from=at - timedelta(days=audience.silent_for_days))))
    if audience.never_ordered:
        found += [~Q(pk__in=rows.order_by().values("customer")) for rows in of_known_customers()]
    return found


def _by_registration(audience: Audience, at: datetime) -> list[Q]:
    found = []
    if audience.registered_from is not None:
        found.append(Q(created_at__gte=midnight(audience.registered_from)))
    if audience.registered_until is not None:
        found.append(Q(created_at__lt=midnight(audience.registered_until + timedelta(days=1))))
    if audience.registered_within_days is not None:
        found.append(Q(created_at__gte=at - timedelta(days=audience.registered_within_days)))
    return found
