"""Reading people and their addresses. Whoever asks, asks through `visible_to`."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Exists, Q, QuerySet

from web.accounts.encryption import phone_hash
from web.accounts.models import EVERY_CITY, AccessTrace, Address, Customer, RefreshToken, Staff, StaffAction, User
from workflows.transitions import Role


def visible_to(actor: User) -> QuerySet[User]:
    """Everybody sees himself; staff also see the workers and the staff of their city.

    Customers are in nobody's list: what staff need of one is on the order, where reading it leaves a trace.
    """
    if actor.role != Role.STAFF:
        return User.objects.filter(pk=actor.pk)
    colleagues = User.objects.exclude(role=Role.CUSTOMER)
    if actor.is_everywhere:
        return colleagues
    return colleagues.filter(Q(city=actor.city) & ~Q(city="") | Q(pk=actor.pk))


def staff_visible_to(actor: User) -> QuerySet[User]:
    """Staff see their colleagues: those of their city, and themselves."""
    return (
        Staff.objects.filter(pk__in=visible_to(actor).filter(role=Role.STAFF))
        if actor.is_staff
        else Staff.objects.none()
    )


def customers_visible_to(actor: User) -> QuerySet[User]:
    """Staff of every city see who has signed in as a customer: he belongs to no city. Nothing of it names him."""
    return Customer.objects.filter(role=Role.CUSTOMER) if actor.is_everywhere else Customer.objects.none()


def access_traces_visible_to(actor: User) -> QuerySet[AccessTrace]:
    """What his colleagues have read: for staff."""
    return AccessTrace.objects.select_related("staff").filter(staff__in=staff_visible_to(actor))


def staff_named(username: str) -> User | None:
    """The member of staff who signs in so, or None."""
    return User.objects.filter(role=Role.STAFF, username=username).first()


def names_of_staff(ids: Collection[int]) -> dict[int, str]:
    """What members of staff are called, by id: their user names."""
    return {staff.pk: staff.username or "" for staff in User.objects.filter(pk__in=ids, role=Role.STAFF)}


def addresses_visible_to(actor: User) -> QuerySet[Address]:
    """One's own only: workers and staff read the address of an order on the order, where reading leaves a trace."""
    return Address.objects.filter(user=actor).order_by("-id")


def user_in_login(*, user_id: int, family: UUID) -> User | None:
    """The user, unless his account is closed or this login of his has ended (a sign-out, a theft)."""
    return User.objects.filter(~Exists(_ended(family)), pk=user_id, is_active=True).first()


def has_ended(family: UUID) -> bool:
    """Whether that login was ended: no token of it is good any more, whenever it was issued."""
    return _ended(family).exists()


def _ended(family: UUID) -> QuerySet[RefreshToken]:
    return RefreshToken.objects.filter(family=family, revoked_at__isnull=False)


def user_by_phone(phone: str) -> User | None:
    """Whose number it is. phone: E.164."""
    return User.objects.filter(phone_hash=phone_hash(phone)).first()


def staff_actions_visible_to(actor: User) -> QuerySet[StaffAction]:
    """What staff did to the running system, the newest first: all of it for who is in charge everywhere, their own for
    the others.
    """
    actions = StaffAction.objects.select_related("actor")
    if actor.is_everywhere:
        return actions
    return actions.filter(actor=actor) if actor.is_staff else actions.none()


def is_staff_of(*, user_id: int | str, city: str) -> bool:
    """Whether that is an active member of staff in charge of `city`, now: for topics that outlive a page."""
    if not str(user_id).isdecimal():
        return False
    staff = User.objects.filter(pk=int(user_id), role=Role.STAFF, is_active=True)
    return staff.filter(city__in=[city, EVERY_CITY]).exists()


def customers() -> QuerySet[User]:
    """Everybody who books, for sets of them that nobody reads one by one: whoever shows somebody asks `visible_to`."""
    return User.objects.filter(role=Role.CUSTOMER, is_active=True)


def with_address_in(city: str) -> QuerySet[Address, Any]:
    """The ids of people who have an address in that city."""
    return Address.objects.filter(city=city).order_by().values("user")
