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
        # User → Unix time until which tokens issued to him are void.
        self._void: dict[str, float] = {}

    async def load(self) -> None:
        """Reads what was revoked while tokens of that time may still be alive."""
        moment = datetime.now(UTC) - self._memory
        for user, time in await self._node.workers.log(log.since, REVOCATIONS, "disconnect", moment):
            self._note(user, time)

    def voids(self, claims: TokenClaims) -> bool:
        return claims.issued_at <= self._void.get(claims.identity.user_id, -1.0)

    def event(self, envelope: bytes) -> None:
        event = json.loads(envelope)
        user = event["subject"]
        if event["type"] == "disconnect":
            self._note(user, datetime.fromisoformat(event["time"]))
        for session in self._node.sessions_of(user):
            if event["type"] == "disconnect":
                session.close(Close.FORCED)
            else:
                self._node.spawn(session.ask_again(event["data"]["topic"]))

    def lost_place(self) -> None:
        """Somebody pruned or replaced the revocations under us: everybody connects, and is asked, anew."""
        for session in list(self._node.sessions):
            session.close(Close.SERVER_ERROR)

    def _note(self, user: str, time: datetime) -> None:
        self._void[user] = max(time.timestamp(), self._void.get(user, 0.0))
        if len(self._void) % 1000 == 0:
            oldest = (datetime.now(UTC) - self._memory).timestamp()
            self._void = {user: time for user, time in self._void.items() if time > oldest}
