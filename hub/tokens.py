"""Connection tokens: HS256 JWTs that say who opens a socket.

Guarantees that a token is accepted only with a signature by one of HUB_KEYS, unexpired, for our audience. It does
not know whether its user was revoked since: hub/revoke.py does.
"""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from django.core.exceptions import ImproperlyConfigured

from hub import conf, log
from hub.errors import ExpiredToken, InvalidToken


@dataclass(frozen=True)
class Identity:
    """Who is at the other end of a socket; `user_id` is "" for anonymous."""

    user_id: str
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TokenClaims:
    """login: the one login of that user which asked for the token; "" where the application names none."""

    identity: Identity
    # What its issuer knew of revocations; None where somebody else issued it.
    revocations: log.Position | None
    issued_at: float  # Unix seconds by the issuer's clock; 0 where the token does not say.
    expires_at: float | None  # Unix seconds; None: never.
    login: str = ""


def issue(user_id: int | str, *, info: Mapping[str, Any] | None = None, login: str = "") -> str:
    """A connection token for that user, valid for HUB_TOKEN_LIFETIME_S and up to a quarter more.

    `info` is public to whoever may see presence, or what the user publishes: no personal data. It reaches `may_read` as
    `identity.info`. `login` names one of the user's logins, so that `hub.revoke.disconnect` can end it and leave the
    others.
    Reads the log: a revocation that commits later voids the token, whatever the clocks say.
    """
    settings = conf.current()
    if not settings.keys:
        raise ImproperlyConfigured("HUB_KEYS is empty: no token can be signed")
    now = time.time()
    lifetime = settings.token_lifetime_s * random.uniform(1.0, 1.25)  # noqa: S311
    position = log.positions([log.REVOCATIONS])[log.REVOCATIONS]
    claims: dict[str, Any] = {"sub": str(user_id), "iat": now, "exp": int(now + lifetime), "rev": position}
    if settings.token_audience is not None:
        claims["aud"] = settings.token_audience
    if info:
        claims["info"] = dict(info)
    if login:
        claims["sid"] = login
    return jwt.encode(claims, settings.keys[0], algorithm="HS256")


def verify(token: str) -> TokenClaims:
    """The token's claims; InvalidToken or ExpiredToken otherwise."""
    settings = conf.current()
    required = ["sub"] if settings.token_audience is None else ["sub", "exp", "aud"]
    for key in settings.keys:
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=["HS256"],
                audience=settings.token_audience,
                # iat is not looked at: an issuer whose clock is ahead of ours must lock nobody out.
                options={
                    "require": required,
                    "verify_aud": settings.token_audience is not None,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError:
            raise ExpiredToken("The token has expired") from None
        except jwt.InvalidTokenError as error:
            raise InvalidToken(type(error).__name__) from None
        return _claims(claims)
    raise InvalidToken("The token is not signed by a known key")


def _claims(claims: Mapping[str, Any]) -> TokenClaims:
    info, issued_at, expires_at = claims.get("info"), claims.get("iat"), claims.get("exp")
    return TokenClaims(
        Identity(user_id=str(claims["sub"]), info=info if isinstance(info, dict) else {}),
        revocations=_position(claims.get("rev")),
        issued_at=float(issued_at) if isinstance(issued_at, int | float) else 0.0,
        expires_at=None if expires_at is None else float(expires_at),
        login=str(claims.get("sid", "")),
    )


def _position(value: Any) -> log.Position | None:
    if isinstance(value, dict) and isinstance(value.get("epoch"), str) and isinstance(value.get("offset"), int):
        return log.Position(epoch=value["epoch"], offset=value["offset"])
    return None
