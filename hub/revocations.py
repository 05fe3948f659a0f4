"""What a process knows of revocations: it follows their topic like any other, and so misses none.

Guarantees that a session of a revoked user ends, or is asked for again, as soon as the event arrives: at once over
Redis, within the period of the comparison of heads without it; and that a token from before lets nobody back in.
Whether a token is older than a revocation is told by their places in the log; clocks are compared only where the token
does not say its place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from hub import log
from hub.conf import HubSettings
from hub.errors import attempt
from hub.log import REVOCATIONS, Position
from hub.protocol import Close
from hub.tokens import TokenClaims

if TYPE_CHECKING:
    from hub.node import Node

# Clocks of issuers, publishers and ours may differ by so much.
SKEW_S = 600
PRUNE_EVERY = 1000


def memory_s(settings: HubSettings) -> float | None:
    """How long a revocation must be known: no token lives longer. None, for ever, where tokens need no end."""
    return settings.token_lifetime_s * 1.25 + SKEW_S if settings.token_audience is not None else None


# A user, and one of his logins or one of his topics; "" and "" is all of him.
Whose = tuple[str, str, str]


class _Void(NamedTuple):
    """The last revocation of somebody's: tokens of his from before it are void."""

    position: Position
    time: float

    def voids(self, claims: TokenClaims) -> bool:
        if claims.revocations is None or claims.revocations["epoch"] != self.position["epoch"]:
            return claims.issued_at <= self.time
        return claims.revocations["offset"] < self.position["offset"]


class Revocations:
    """Listens to the topic of revocations."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._memory_s = memory_s(node.settings)
        self._void: dict[Whose, _Void] = {}

    async def follow(self) -> None:
        """Reads what was revoked while tokens of that time may still be alive, and hears what will be."""
        # Followed from before the reading, so that nothing falls between.
        (await self._node.ordered(REVOCATIONS)).listener = self
        for user, position, time, data in await self._node.workers.log(log.since, REVOCATIONS, self._oldest()):
            self._note(_whose(user, data), position, time)

    def _oldest(self) -> datetime:
        if self._memory_s is None:
            return datetime.min.replace(tzinfo=UTC)
        return datetime.now(UTC) - timedelta(seconds=self._memory_s)

    def voids(self, claims: TokenClaims) -> bool:
        user = claims.identity.user_id
        whose = ((user, "", ""), (user, claims.login, ""), (user, "", claims.channel))
        return any(void.voids(claims) for void in map(self._void.get, whose) if void is not None)

    def event(self, envelope: bytes, position: Position) -> None:
        event = json.loads(envelope)
        whose = user, _, topic = _whose(event["subject"], event["data"])
        self._note(whose, position, datetime.fromisoformat(event["time"]))
        for session in self._node.sessions_of(user):
            # Not who has signed in again since: his token knows of it already, when we hear of it late.
            if session.claims is not None and self.voids(session.claims):
                attempt(session.close, Close.FORCED)
            else:
                for name in [topic] if topic else session.by_token:
                    self._node.spawn(session.ask_again(name))

    def lost_place(self) -> None:
        """Somebody pruned or replaced the revocations under us: they are read anew, and everybody connects anew with a
        new token and without a position: of the log that they knew there may be nothing left."""
        self._node.begin_again()
        for session in list(self._node.sessions):
            attempt(session.close, Close.STATE_INVALIDATED)

    def _note(self, whose: Whose, position: Position, time: datetime) -> None:
        known = self._void.get(whose)
        if known and known.position["epoch"] == position["epoch"] and known.position["offset"] > position["offset"]:
            return
        self._void[whose] = _Void(position, time.timestamp())
        if len(self._void) % PRUNE_EVERY == 0 and self._memory_s is not None:
            oldest = self._oldest().timestamp()
            self._void = {whose: void for whose, void in self._void.items() if void.time > oldest}


def _whose(user: str, data: Mapping[str, Any]) -> Whose:
    return user, data.get("login", ""), data.get("topic", "")
