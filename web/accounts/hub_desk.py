"""What staff may ask of the hub and do to people's sockets. All but a look at how the processes do leaves a
`StaffAction`, for topics carry what concerns one person.

Only for who is in charge of every city: the hub knows no cities. Raises DoorbellError forbidden for everybody else,
invalid_request without a reason, not_found for a topic or a user that does not exist, unavailable while Redis is away.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import redis

import hub
from hub.errors import UnknownTopic
from hub.history import LoggedPage
from hub.processes import Connection, LiveTopic, Process
from web.accounts.models import StaffAction, User
from web.accounts.services import record_staff_action
from web.errors import DoorbellError


def processes(*, actor: User) -> list[Process]:
    """How each process of the hub says that it does."""
    _check_in_charge(actor)
    with _redis_there():
        return hub.processes.snapshots()


def live_topics(*, actor: User, containing: str = "", limit: int = 100) -> tuple[list[LiveTopic], list[str]]:
    """(topics that somebody follows now, those with most subscribers first; processes that did not answer)."""
    _check_in_charge(actor)
    with _redis_there():
        return hub.processes.live_topics(containing=containing, limit=limit)


def read_topic(
    *,
    actor: User,
    topic: str,
    reason: str,
    since: int | None = None,
    newest_first: bool = True,
    limit: int = 50,
) -> LoggedPage:
    """A page of the topic's log, see `hub.history.read_page`. Recorded."""
    _check_in_charge(actor)
    if hub.topics.find(topic) is None:
        raise DoorbellError("not_found")
    # Before the reading: whoever has seen it stands in the record, whatever happens then.
    record_staff_action(actor=actor, action=StaffAction.HUB_READ, target=f"topic:{topic}", reason=reason)
    try:
        return hub.history.read_page(topic, since=since, newest_first=newest_first, limit=limit)
    except UnknownTopic:
        raise DoorbellError("not_found") from None


def connections_of(*, actor: User, user_id: int, reason: str) -> tuple[list[Connection], list[str]]:
    """(every socket that this user has open; processes that did not answer). Recorded."""
    _check_in_charge(actor)
    _check_exists(user_id)
    record_staff_action(actor=actor, action=StaffAction.HUB_LOOKED_UP, target=f"user:{user_id}", reason=reason)
    with _redis_there():
        return hub.processes.connections_of(user_id)


def disconnect(*, actor: User, user_id: int, reason: str, login: str = "") -> None:
    """Close the user's sockets, or those of one login, and void the tokens they came with. Recorded with it.

    His page has to sign in to the socket anew, with a token that the API gives him as long as his login is good.
    """
    _check_in_charge(actor)
    _check_exists(user_id)
    target = f"user:{user_id}" + (f":{login}" if login else "")
    with hub.atomic():
        record_staff_action(actor=actor, action=StaffAction.HUB_DISCONNECTED, target=target, reason=reason)
        hub.revoke.disconnect(user_id, login=login)


def _check_in_charge(actor: User) -> None:
    if not actor.is_everywhere or not actor.is_active:
        raise DoorbellError("forbidden")


def _check_exists(user_id: int) -> None:
    if not User.objects.filter(pk=user_id).exists():
        raise DoorbellError("not_found")


@contextmanager
def _redis_there() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError):
        raise DoorbellError("unavailable") from None
