"""What a process knows of revocations: it follows their topic like any other, and so misses none.

Guarantees that a session of a revoked user ends, or is asked for again, as soon as the event arrives: at once over
Redis, within the period of the comparison of heads without it.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hub import conf, log
from hub.revoke import REVOCATIONS
from hub.tokens import TokenClaims
from hub.workers import Workers


class Revocations:
    """Listens to the topic of revocations."""

    def __init__(
        self,
        *,
        unsubscribed: Callable[[str, str], None],
        disconnected: Callable[[str], None],
        lost: Callable[[], None],
    ) -> None:
        self._unsubscribed = unsubscribed
        self._disconnected = disconnected
        self._lost = lost
        # User → Unix time until which tokens issued to him are void. Bounded by the life of a token.
        self._void: dict[str, float] = {}

    async def load(self, workers: Workers) -> None:
        """Reads what was revoked while tokens of that time may still be alive."""
        moment = datetime.now(UTC) - _longest_life()
        for user, time in await workers.log(log.since, REVOCATIONS, "disconnect", moment):
            self._note(user, time.timestamp())

    def voids(self, claims: TokenClaims) -> bool:
        return claims.issued_at <= self._void.get(claims.identity.user_id, -1.0)

    def event(self, envelope: bytes) -> None:
        event = json.loads(envelope)
        user = event["subject"]
        if event["type"] == "disconnect":
            self._note(user, datetime.fromisoformat(event["time"]).timestamp())
            self._disconnected(user)
        else:
            self._unsubscribed(user, event["data"]["topic"])

    def lost_place(self) -> None:
        self._lost()

    def _note(self, user: str, time: float) -> None:
        self._void[user] = max(time, self._void.get(user, 0.0))
        if len(self._void) % 1000 == 0:
            oldest = (datetime.now(UTC) - _longest_life()).timestamp()
            self._void = {user: time for user, time in self._void.items() if time > oldest}


def _longest_life() -> timedelta:
    return timedelta(seconds=conf.current().token_lifetime_s * 1.25 + 60)
