"""Access tokens: short-lived JWTs for the API. Refresh tokens are rows (services.py), the hub's tokens are the hub's.

`settings.JWT_KEYS` is newest first: the first signs, all verify, so a new key in front logs nobody out.
"""

import time
from dataclasses import dataclass
from uuid import UUID

import jwt
from django.conf import settings

from web.errors import DoorbellError

AUDIENCE = "api"
ALGORITHM = "HS256"
LIFETIME_S = 15 * 60
LEEWAY_S = 5
"""Clocks of two servers differ."""


@dataclass(frozen=True)
class Access:
    """What an access token says. family: the login it belongs to, which logging out ends."""

    user_id: int
    family: UUID


def issue_access(*, user_id: int, family: UUID) -> str:
    """A token for LIFETIME_S seconds."""
    now = int(time.time())
    claims = {"sub": str(user_id), "sid": family.hex, "aud": AUDIENCE, "iat": now, "exp": now + LIFETIME_S}
    return jwt.encode(claims, settings.JWT_KEYS[0], algorithm=ALGORITHM)


def read_access(token: str) -> Access:
    """Raises DoorbellError `token_expired`, or `unauthenticated` for everything that we did not issue for the API."""
    for key in settings.JWT_KEYS:
        try:
            return _verified(token, key)
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError:
            raise DoorbellError("token_expired") from None
        except (jwt.InvalidTokenError, ValueError):
            break
    raise DoorbellError("unauthenticated")


def _verified(token: str, key: str) -> Access:
    claims = jwt.decode(
        token,
        key,
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        leeway=LEEWAY_S,
        options={"require": ["sub", "sid", "exp", "iat", "aud"]},
    )
    return Access(user_id=int(claims["sub"]), family=UUID(hex=claims["sid"]))
