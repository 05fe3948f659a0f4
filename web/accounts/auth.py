"""Who asks: a bearer token, or for staff the Django session of the board's page.

Synchronous on purpose: django-ninja calls these in the request's own thread from asynchronous endpoints too, and the
database is asked there anyway.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from web.accounts import selectors
from web.accounts.models import User
from web.accounts.tokens import read_access
from web.errors import DoorbellError
from workflows.transitions import Role

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SignedRequest(HttpRequest):
    """A request past the door. `auth` is the user; `family` his login, None for a session."""

    auth: User
    family: UUID | None


class Bearer(AuthBase):
    """`Authorization: Bearer <access token>`."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_bearerFormat = "JWT"

    def __init__(self, *roles: Role) -> None:
        super().__init__()
        self.roles = roles

    def __call__(self, request: HttpRequest) -> User | None:
        """The user; None without such a header. Raises DoorbellError for a token that is not good (any more)."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        access = read_access(token.strip())
        user = selectors.user_in_login(user_id=access.user_id, family=access.family)
        if user is None:
            raise DoorbellError("token_revoked")
        request.family = access.family  # type: ignore[attr-defined]
        return admitted(user, self.roles)


class StaffSession(AuthBase):
    """Django's session cookie, for staff only; anything that changes something also needs the CSRF token."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME
    csrf = True

    def __init__(self, *roles: Role) -> None:
        super().__init__()
        self.roles = roles

    def __call__(self, request: HttpRequest) -> User | None:
        """The member of staff; None where there is no such session."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        user = request.user
        if not isinstance(user, User) or user.role != Role.STAFF:
            return None
        if request.method not in SAFE_METHODS and check_csrf(request) is not None:
            raise DoorbellError("forbidden", details={"reason": "csrf"})
        request.family = None  # type: ignore[attr-defined]
        return admitted(user, self.roles)


def admitted(user: User, roles: Sequence[Role]) -> User:
    """The user, if one of `roles` is his or none is asked for. Raises DoorbellError `forbidden`."""
    if roles and user.role not in roles:
        raise DoorbellError("forbidden")
    return user


def require(*roles: Role) -> list[Callable[[HttpRequest], Any]]:
    """For `auth=` of an operation: only these roles pass, others get 403, nobody at all 401."""
    # The session is asked for other roles too: a dispatcher at a worker's endpoint is refused, not unknown.
    return [Bearer(*roles), StaffSession(*roles)]


SIGNED_IN = require()
"""Everybody who has logged in."""
