"""Writing people and their addresses. Signing in is in `sessions.py`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

import hub
from web.accounts import selectors
from web.accounts.duties import DUTIES
from web.accounts.encryption import keyed_hash, phone_hash
from web.accounts.models import AccessTrace, Address, LoginCode, RefreshToken, StaffAction, User
from web.accounts.schemas import AddressBody
from web.catalog import selectors as catalog
from web.errors import DoorbellError
from workflows.transitions import Role

ADDRESSES_MAX = 30
REASON_MAX = 200
PRUNED_AT_ONCE = 1000


def put_staff(*, username: str, password: str, display_name: str, city: str = "", duties: Collection[str] = ()) -> User:
    """A member of staff, made or brought up to date: the seed may run any number of times. city: or EVERY_CITY; "" is
    in charge of none. duties: codes of `duties.DUTIES`.
    """
    with hub.atomic():
        user, _ = User.objects.get_or_create(username=username, defaults={"role": Role.STAFF})
        if user.role != Role.STAFF:
            raise ValueError(f"{username} is no member of staff")
        user.display_name, user.city, user.duties = display_name, city, sorted(duties)
        # A new hash of the same password would end his sessions.
        if not user.check_password(password):
            user.set_password(password)
        user.save()
    return user


def write_staff(
    *,
    actor: User,
    row: User | None,
    username: str,
    display_name: str,
    city: str,
    duties: Collection[str],
    is_active: bool,
    password: str = "",
    reason: str = "",
) -> User:
    """A colleague's account, made (row None) or changed. password: a new one, which leaves a record with the reason; ""
    keeps what he has.

    Raises DoorbellError username_taken, password_missing, duty_not_yours for what the actor may not give, and
    not_yourself for taking away one's own.
    """
    if unknown := set(duties) - set(DUTIES):
        raise ValueError(f"no duty: {sorted(unknown)}")
    given = set(duties) - set(row.duties if row else ())
    if not actor.is_superuser and "manager" not in actor.duties and given - set(actor.duties):
        raise DoorbellError("duty_not_yours")
    if row is not None and row.pk == actor.pk and (not is_active or city != row.city or set(duties) != set(row.duties)):
        raise DoorbellError("not_yourself")
    with hub.atomic():
        # Two names that read alike are one to whoever looks for somebody, or keeps an eye on what he does.
        if row is None and User.objects.filter(username__iexact=username).exists():
            raise DoorbellError("username_taken")
        if row is None and not password:
            raise DoorbellError("password_missing")
        user = row or User(username=username, role=Role.STAFF)
        user.display_name, user.city, user.duties, user.is_active = display_name, city, sorted(duties), is_active
        if password:
            user.set_password(password)
        user.save()
        if row is not None and password:
            action = StaffAction.PASSWORD_SET
            record_staff_action(actor=actor, action=action, target=f"user:{user.pk}", reason=reason)
    if row is not None and (password or not is_active):
        # What he had open closes; his sessions end with the password, or with the account.
        hub.revoke.disconnect(user.pk)
    return user


def review_customer(*, customer: User, review: str) -> None:
    """What staff found of him; review: a key of `User.REVIEWS`. Who is refused orders nothing more."""
    if review not in User.REVIEWS:
        raise ValueError(f"no review: {review}")
    with hub.atomic():
        User.objects.filter(pk=customer.pk, role=Role.CUSTOMER).update(review=review)


def put_worker_account(*, phone: str, display_name: str, city: str) -> User:
    """The account of a worker, found by his phone (E.164). Raises ValueError when the phone is a customer's."""
    with hub.atomic():
        user, _ = User.objects.get_or_create(
            phone_hash=phone_hash(phone), defaults={"role": Role.WORKER, "phone": phone, "password": "!"}
        )
        if user.role != Role.WORKER:
            raise ValueError(f"user {user.pk} is no worker")
        User.objects.filter(pk=user.pk).update(display_name=display_name, city=city)
        user.display_name, user.city = display_name, city
    return user


@dataclass(frozen=True)
class Remembered:
    """Somebody whom other books speak of: by his phone (E.164), or by what they call him. city: a worker's."""

    role: Role
    phone: str
    alias: str
    name: str
    city: str

    @property
    def hash(self) -> str:
        """By which his account is found."""
        return phone_hash(self.phone) if self.phone else keyed_hash(f"remembered:{self.role.value}:{self.alias}")


def remember_people(*, people: Collection[Remembered]) -> dict[Remembered, User]:
    """Their accounts, of whatever role they turn out to be. Customers who have none get one, which is theirs when they
    sign in with that phone; whoever comes without a phone gets one that nobody can sign in to. A worker's phone that
    nobody has is left out: workers are registered.
    """
    by_hash = {one.hash: one for one in people if one.role is Role.CUSTOMER or not one.phone}
    with hub.atomic():
        # Of two at once the second waits, and finds what the first has made; in one order, or each waits for the other.
        accounts = [_account(one) for _, one in sorted(by_hash.items())]
        User.objects.bulk_create(accounts, ignore_conflicts=True)
        found = {user.phone_hash: user for user in User.objects.filter(phone_hash__in={one.hash for one in people})}
    return {one: found[one.hash] for one in people if one.hash in found}


def _account(one: Remembered) -> User:
    return User(
        role=one.role.value,
        phone=one.phone,
        phone_hash=one.hash,
        password="!",  # noqa: S106 - none
        display_name=one.name,
        city=one.city,
        is_active=bool(one.phone),
    )


def rename(*, user: User, display_name: str) -> User:
    """Change what a person is called."""
    with hub.atomic():
        User.objects.filter(pk=user.pk).update(display_name=display_name)
    user.display_name = display_name
    return user


def create_address(*, user: User, address: AddressBody) -> Address:
    """A new address of `user`. Raises DoorbellError `not_served_here` for a city we do not know."""
    _check_city(address.city)
    with hub.atomic():
        if Address.objects.filter(user=user).count() >= ADDRESSES_MAX:
            problem = {"field": "", "problem": "too_many", "message": f"at most {ADDRESSES_MAX} addresses"}
            raise DoorbellError("invalid_request", details={"fields": [problem]})
        return Address.objects.create(user=user, **address.model_dump())


def update_address(*, user: User, address_id: int, address: AddressBody) -> Address:
    """Replace one of one's own. Raises DoorbellError `not_found` for anybody else's."""
    _check_city(address.city)
    with hub.atomic():
        # The guard is in the WHERE: an address deleted meanwhile does not come back.
        if not selectors.addresses_visible_to(user).filter(pk=address_id).update(**address.model_dump()):
            raise DoorbellError("not_found")
        return Address.objects.get(pk=address_id)


def delete_address(*, user: User, address_id: int) -> None:
    """Remove one of one's own; orders keep their copy. Raises DoorbellError `not_found`."""
    with hub.atomic():
        deleted, _ = selectors.addresses_visible_to(user).filter(pk=address_id).delete()
        if not deleted:
            raise DoorbellError("not_found")


def record_staff_action(*, actor: User, action: str, target: str, reason: str) -> StaffAction:
    """Keep who did what to which part of the running system, and why: beside the doing, in its transaction.

    Raises DoorbellError forbidden for who is no staff, invalid_request without a reason.
    """
    if not actor.is_staff or not actor.is_active:
        raise DoorbellError("forbidden")
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        problem = {"field": "reason", "problem": "required", "message": f"1 to {REASON_MAX} characters"}
        raise DoorbellError("invalid_request", details={"fields": [problem]})
    with hub.atomic():
        return StaffAction.objects.create(actor=actor, action=action, target=target, reason=reason)


def record_found(*, staff: User, user: User) -> AccessTrace:
    """Keep who has found whom by a phone number, and never the number."""
    with hub.atomic():
        return AccessTrace.objects.create(staff=staff, user=user)


def _check_city(code: str) -> None:
    if catalog.city(code) is None:
        raise DoorbellError("not_served_here")


def prune_sessions(*, before: datetime) -> int:
    """Delete what ran out before then: refresh tokens and login codes, PRUNED_AT_ONCE of each at most; how many of the
    longer list.
    """
    with hub.atomic():
        tokens = _some(RefreshToken.objects.filter(expires_at__lt=before))
        # A token outlives the one that it replaced, and must not go with it.
        RefreshToken.objects.filter(parent__in=tokens).update(parent=None)
        RefreshToken.objects.filter(pk__in=tokens).delete()
        codes = _some(LoginCode.objects.filter(expires_at__lt=before))
        LoginCode.objects.filter(pk__in=codes).delete()
    return max(len(tokens), len(codes))


def _some(rows: QuerySet[RefreshToken] | QuerySet[LoginCode]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:PRUNED_AT_ONCE])
