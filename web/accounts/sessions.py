"""Signing in, staying signed in, signing out.

A login is a *family* of refresh tokens: each is used once and replaced. The use of one that was replaced long ago means
that two people hold it, so the family ends; for 60 s it may also mean that the answer was lost: it is given again.
A family never forks: the successor is computed from the token that it replaces, so that a thief and his victim hold the
same chain, and meet on it as soon as they refresh more than a minute apart.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

import hub
from web.accounts import selectors, sms
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
    """The refresh token that follows `token`. Raises DoorbellError `token_expired`, `token_revoked`."""
    with hub.atomic():
        outcome = _rotate(token, timezone.now())
    if isinstance(outcome, DoorbellError):
        raise outcome
    return outcome


def end_login(*, user: User, family: UUID) -> None:
    """Sign out: no token of the family is worth anything any more, and its sockets close."""
    with hub.atomic():
        _end(user, family, timezone.now())


def end_session(*, user: User, session_key: str) -> None:
    """Sign out of a session of the board's page: its sockets close. The session itself is Django's to remove."""
    hub.revoke.disconnect(user.pk, login=session_login(session_key))


def session_login(session_key: str) -> str:
    """How the hub knows the login of a session: its token, which scripts may read, must not carry the key itself."""
    return salted_hmac("web.accounts.session", session_key, algorithm="sha256").hexdigest()[:32]


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
    return _issue(user, uuid4(), secrets.token_urlsafe(32), parent=None)


def _issue(user: User, family: UUID, token: str, *, parent: RefreshToken | None) -> Login:
    expires_at = timezone.now() + REFRESH_LIFETIME
    RefreshToken.objects.create(
        user=user, family=family, parent=parent, token_hash=_token_hash(token), expires_at=expires_at
    )
    return Login(user=user, family=family, refresh=token)


def _rotate(token: str, now: datetime) -> Login | DoorbellError:
    rows = RefreshToken.objects.select_related("user").select_for_update(of=("self",))
    row = rows.filter(token_hash=_token_hash(token)).first()
    # The family and not the row: a sign-out does not see the successor that another request is about to commit.
    if row is None or not row.user.is_active or selectors.has_ended(row.family):
        return DoorbellError("token_revoked")
    if row.expires_at <= now:
        return DoorbellError("token_expired")
    if row.rotated_at is None:
        RefreshToken.objects.filter(pk=row.pk).update(rotated_at=now)
        return _issue(row.user, row.family, next(_successors(token)), parent=row)
    successor = _lost_answer(token, row, row.rotated_at, now)
    if successor is None:
        _end(row.user, row.family, now)
        return DoorbellError("token_revoked")
    return Login(user=row.user, family=row.family, refresh=successor)


def _successors(token: str) -> Iterator[str]:
    """The token that follows `token`, by the newest key; after it what older keys have made of it."""
    for key in settings.JWT_KEYS:
        digest = hmac.digest(key.encode(), f"web.accounts.refresh_token:{token}".encode(), "sha256")
        yield base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _lost_answer(token: str, row: RefreshToken, rotated_at: datetime, now: datetime) -> str | None:
    """The successor that was given already, within the grace; None if it was used: that proves that it arrived."""
    unused = set(row.children.filter(rotated_at=None).values_list("token_hash", flat=True))
    given = next((successor for successor in _successors(token) if _token_hash(successor) in unused), None)
    return given if now - rotated_at <= GRACE else None


def _end(user: User, family: UUID, now: datetime) -> None:
    RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=now)
    # A socket lives longer than an access token.
    hub.revoke.disconnect(user.pk, login=family.hex)


def _code_hash(digest: str, code: str) -> str:
    return salted_hmac("web.accounts.login_code", f"{digest}:{code}", algorithm="sha256").hexdigest()


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
