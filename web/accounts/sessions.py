"""Signing in, staying signed in, signing out.

A login is a *family* of refresh tokens: each is used once and replaced. The use of one that was replaced long ago means
that two people hold it, so the whole family ends; for 60 s it may also mean that the answer was lost: another is given.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib.auth import authenticate
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

import hub
from web.accounts import sms
from web.accounts.encryption import phone_hash
from web.accounts.models import LoginCode, RefreshToken, User
from web.errors import DoorbellError
from workflows.transitions import Role

CODE_LIFETIME = timedelta(minutes=5)
CODE_TRIES = 5
REFRESH_LIFETIME = timedelta(days=30)
GRACE = timedelta(seconds=60)


@dataclass(frozen=True)
class Login:
    """A person who is signed in. refresh: the clear token, which is stored nowhere."""

    user: User
    family: UUID
    refresh: str


def send_login_code(*, phone: str) -> str | None:
    """Send a new code to `phone` (E.164); older ones are void. The code itself where the backend may show it."""
    code = f"{secrets.randbelow(10**6):06}"
    digest = phone_hash(phone)
    with hub.atomic():
        LoginCode.objects.update_or_create(
            phone_hash=digest,
            defaults={
                "code_hash": _code_hash(digest, code),
                "expires_at": timezone.now() + CODE_LIFETIME,
                "tries_left": CODE_TRIES,
            },
        )
    return sms.backend().send_code(phone=phone, code=code)


def login_by_code(*, phone: str, code: str) -> Login:
    """Sign in with the code; the first login makes a customer.

    Raises DoorbellError `wrong_code`, `code_expired` (also: never asked for, used up), `forbidden` (account closed).
    """
    digest = phone_hash(phone)
    with hub.atomic():
        # The problem is data until the commit: raising here would give the try back.
        problem = _try_code(digest, code)
        user = None if problem else _user_of_phone(phone, digest)
        login = _begin(user) if user and user.is_active else None
    if problem:
        raise problem
    if login is None:
        raise DoorbellError("forbidden")
    return login


def login_staff(*, username: str, password: str) -> Login:
    """Sign a member of staff in. Raises DoorbellError `wrong_password`, whatever of the two is wrong."""
    user = authenticate(username=username, password=password)
    if not isinstance(user, User) or user.role != Role.STAFF:
        raise DoorbellError("wrong_password")
    with hub.atomic():
        return _begin(user)


def refresh_login(*, token: str) -> Login:
    """A new refresh token for a used one. Raises DoorbellError `token_expired`, `token_revoked`."""
    with hub.atomic():
        outcome = _rotate(token, timezone.now())
    if isinstance(outcome, DoorbellError):
        raise outcome
    return outcome


def end_login(*, family: UUID) -> None:
    """Sign out: no token of the family is worth anything any more (access tokens end by themselves)."""
    with hub.atomic():
        RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=timezone.now())


def _try_code(digest: str, code: str) -> DoorbellError | None:
    live = LoginCode.objects.filter(phone_hash=digest, expires_at__gt=timezone.now(), tries_left__gt=0)
    # Counted before it is compared, in one statement: guesses sent at once each cost a try.
    if not live.update(tries_left=F("tries_left") - 1):
        return DoorbellError("code_expired")
    # Deleting is using: of two logins with the right code, one finds it.
    used, _ = LoginCode.objects.filter(phone_hash=digest, code_hash=_code_hash(digest, code)).delete()
    if used:
        return None
    left = LoginCode.objects.filter(phone_hash=digest).values_list("tries_left", flat=True).first()
    return DoorbellError("wrong_code", details={"tries_left": left or 0})


def _user_of_phone(phone: str, digest: str) -> User:
    user, _ = User.objects.get_or_create(
        phone_hash=digest, defaults={"role": Role.CUSTOMER, "phone": phone, "password": "!"}
    )
    return user


def _begin(user: User) -> Login:
    return _issue(user, uuid4(), parent=None)


def _issue(user: User, family: UUID, *, parent: RefreshToken | None) -> Login:
    token = secrets.token_urlsafe(32)
    expires_at = timezone.now() + REFRESH_LIFETIME
    RefreshToken.objects.create(
        user=user, family=family, parent=parent, token_hash=_token_hash(token), expires_at=expires_at
    )
    return Login(user=user, family=family, refresh=token)


def _rotate(token: str, now: datetime) -> Login | DoorbellError:
    rows = RefreshToken.objects.select_related("user").select_for_update(of=("self",))
    row = rows.filter(token_hash=_token_hash(token)).first()
    if row is None or row.revoked_at or not row.user.is_active:
        return DoorbellError("token_revoked")
    if row.expires_at <= now:
        return DoorbellError("token_expired")
    if row.rotated_at and not _answer_was_lost(row, now):
        _end_stolen(row, now)
        return DoorbellError("token_revoked")
    RefreshToken.objects.filter(pk=row.pk, rotated_at=None).update(rotated_at=now)
    return _issue(row.user, row.family, parent=row)


def _answer_was_lost(row: RefreshToken, now: datetime) -> bool:
    """Within the grace, and no successor was ever used: a used one proves that the answer arrived."""
    fresh = row.rotated_at is not None and now - row.rotated_at <= GRACE
    return fresh and not row.children.exclude(rotated_at=None).exists()


def _end_stolen(row: RefreshToken, now: datetime) -> None:
    RefreshToken.objects.filter(family=row.family, revoked_at=None).update(revoked_at=now)
    # One of the two holders is a thief, and a socket lives longer than an access token.
    hub.revoke.disconnect(row.user_id)


def _code_hash(digest: str, code: str) -> str:
    return salted_hmac("web.accounts.login_code", f"{digest}:{code}", algorithm="sha256").hexdigest()


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
