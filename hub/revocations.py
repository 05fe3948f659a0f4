"""What a process knows of revocations: it follows their topic like any other, and so misses none.

Guarantees that a session of a revoked user ends, or is asked for again, as soon as the event arrives: at once over
Redis, within the period of the comparison of heads without it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hub import log
from hub.protocol import Close
from hub.revoke import REVOCATIONS
from hub.tokens import TokenClaims

if TYPE_CHECKING:
    from hub.node import Node


class Revocations:
    """Listens to the topic of revocations."""

    def __init__(self, node: Node) -> None:
        self._node = node
        # No token lives longer.
        self._memory = timedelta(seconds=node.settings.token_lifetime_s * 1.25 + 60)
        # (user, login; "" for all of his) → Unix time until which tokens issued to it are void.
        self._void: dict[tuple[str, str], float] = {}

    async def load(self) -> None:
        """Reads what was revoked while tokens of that time may still be alive."""
        moment = datetime.now(UTC) - self._memory
        for user, time, data in await self._node.workers.log(log.since, REVOCATIONS, "disconnect", moment):
            self._note((user, data.get("login", "")), time)

    def voids(self, claims: TokenClaims) -> bool:
        user = claims.identity.user_id
        return claims.issued_at <= max(self._void.get((user, login), -1.0) for login in ("", claims.login))

    def event(self, envelope: bytes) -> None:
        event = json.loads(envelope)
        user = event["subject"]
        if event["type"] == "disconnect":
            self._disconnect(user, event["data"].get("login", ""), datetime.fromisoformat(event["time"]))
            return
        for session in self._node.sessions_of(user):
            self._node.spawn(session.ask_again(event["data"]["topic"]))

    def _disconnect(self, user: str, login: str, time: datetime) -> None:
        self._note((user, login), time)
        for session in self._node.sessions_of(user):
            if login in ("", session.login):
                session.close(Close.FORCED)

    def lost_place(self) -> None:
        """Somebody pruned or replaced the revocations under us: everybody connects, and is asked, anew."""
        for session in list(self._node.sessions):
            session.close(Close.SERVER_ERROR)

    def _note(self, whose: tuple[str, str], time: datetime) -> None:
        self._void[whose] = max(time.timestamp(), self._void.get(whose, 0.0))
        if len(self._void) % 1000 == 0:
            oldest = (datetime.now(UTC) - self._memory).timestamp()
            self._void = {whose: time for whose, time in self._void.items() if time > oldest}
