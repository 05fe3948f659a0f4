"""Tokens: HS256 JWTs that say who opens a socket, or that he may subscribe to a topic. The claims are Centrifugo's.

Guarantees that a token is accepted only with a signature by one of HUB_KEYS, unexpired, for our audience. It does
not know whether it was revoked since: hub/revocations.py does.
"""

import math
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from django.core.exceptions import ImproperlyConfigured

from hub import conf, log
from hub.errors import ExpiredToken, InvalidToken


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is at the other end of a socket; `user_id` is "" for anonymous."""

    user_id: str
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubscribeOptions:
    """What a token says of a subscription. info: JSON, shown to others beside the client's; data: JSON for the client;
    hears: whether it is told of joins and leaves though it did not ask."""

    info: Any = None
    data: Any = None
    hears: bool = False


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """login: the one login of that user which asked for the token; "" where the application names none."""

    identity: Identity
    # What its issuer knew of revocations; None where somebody else issued it.
    revocations: log.Position | None = None
    issued_at: float = 0.0  # Unix seconds by the issuer's clock; 0 where the token does not say.
    # When what it allows ends, in Unix seconds; None: never. The token itself may end earlier or later.
    expires_at: float | None = None
    login: str = ""
    # Of a connection token: the topics that the connection is subscribed to from its beginning.
    subs: Mapping[str, SubscribeOptions] = field(default_factory=dict)
    # Of a subscription token: its topic, the one client that may use it ("": any of that user), and what it says.
    channel: str = ""
    client: str = ""
    options: SubscribeOptions = SubscribeOptions()


def issue(
    user_id: int | str,
    *,
    info: Mapping[str, Any] | None = None,
    login: str = "",
    subs: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """A connection token for that user, valid for HUB_TOKEN_LIFETIME_S and up to a quarter more.

    `info` is public to whoever may see presence, or what the user publishes: no personal data. It reaches `may_read` as
    `identity.info`. `login` names one of the user's logins, so that `hub.revoke.disconnect` can end it and leave the
    others. `subs`, by topic, has the connection subscribed without asking, where the registry agrees:
    `{"order:7": {}}`, or with `info` (public) and `data` (for the client) of that subscription.
    Reads the log: a revocation that commits later voids the token, whatever the clocks say.
    """
    return _signed(user_id, info=info and dict(info), sid=login, subs=subs and dict(subs))


def issue_subscription(user_id: int | str, topic: str, *, info: Any = None, login: str = "") -> str:
    """A token with which that user may subscribe to that topic, whatever `may_read` says, valid as long as issue()'s.

    `info` (JSON) is public to whoever may see the topic's presence. `hub.revoke.unsubscribe` and
    `hub.revoke.disconnect` void it, and end what it began.
    """
    return _signed(user_id, info=info, sid=login, channel=topic)


def _signed(user_id: int | str, **more: Any) -> str:
    settings = conf.current()
    if not settings.keys:
        raise ImproperlyConfigured("HUB_KEYS is empty: no token can be signed")
    now = time.time()
    lifetime = settings.token_lifetime_s * random.uniform(1.0, 1.25)  # noqa: S311
    position = log.positions([log.REVOCATIONS])[log.REVOCATIONS]
    claims: dict[str, Any] = {"sub": str(user_id), "iat": now, "exp": int(now + lifetime), "rev": position}
    claims |= {name: value for name, value in more.items() if value not in (None, "")}
    if settings.token_audience is not None:
        claims["aud"] = settings.token_audience
    return jwt.encode(claims, settings.keys[0], algorithm="HS256")


def verify(token: str) -> TokenClaims:
    """The token's claims; InvalidToken or ExpiredToken otherwise. Which of the two kinds it is, the caller judges."""
    settings = conf.current()
    required = [] if settings.token_audience is None else ["sub", "exp", "aud"]
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
            return _claims(claims)
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError:
            raise ExpiredToken("The token has expired") from None
        except (jwt.InvalidTokenError, TypeError, ValueError, AttributeError) as error:
            raise InvalidToken(type(error).__name__) from None
    raise InvalidToken("The token is not signed by a known key")


def _claims(claims: Mapping[str, Any]) -> TokenClaims:
    """TypeError, ValueError or AttributeError where a claim is of another shape than Centrifugo's."""
    info, issued_at = claims.get("info"), claims.get("iat")
    expires_at = claims.get("expire_at", claims.get("exp"))
    if not math.isfinite(expires_at or 0) or isinstance(claims.get("channels"), str):
        raise ValueError("No moment, or no list")
    subs = {name: {} for name in claims.get("channels") or ()} | (claims.get("subs") or {})
    return TokenClaims(
        Identity(user_id=str(claims.get("sub", "")), info=info if isinstance(info, dict) else {}),
        revocations=_position(claims.get("rev")),
        issued_at=float(issued_at) if isinstance(issued_at, int | float) else 0.0,
        expires_at=None if expires_at in (None, 0) else float(expires_at),
        login=str(claims.get("sid", "")),
        subs={str(name): _options(options) for name, options in subs.items()},
        channel=str(claims.get("channel", "")),
        client=str(claims.get("client", "")),
        options=_options(claims),
    )


def _options(given: Mapping[str, Any]) -> SubscribeOptions:
    # Centrifugo lets a token override more; here it is the registry that says what a topic has.
    hears = given.get("override", {}).get("force_push_join_leave", {}).get("value", False)
    return SubscribeOptions(given.get("info"), given.get("data"), bool(hears))


def _position(value: Any) -> log.Position | None:
    if isinstance(value, dict) and isinstance(value.get("epoch"), str) and isinstance(value.get("offset"), int):
        return log.Position(epoch=value["epoch"], offset=value["offset"])
    return None
