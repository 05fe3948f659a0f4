"""The write side: one transaction, its change and its events together.

    with hub.atomic():
        order.save()
        hub.publish(f"order:{order.id}", type="order.accepted", data={...})

Guarantees that an event exists exactly if its transaction committed, and that its offset follows every event of that
topic which committed before. Not that it is heard of at once: the hint that goes out after the commit may be lost.
"""

import re
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from hub import conf, hints, latest, log, topics
from hub.errors import BadEvent, NotInAtomic, TooLarge

# U+0000 as JSON writes it: behind an even number of backslashes, each two of which are one of the text.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class _Collected:
    """An event that waits for the end of its transaction.

    Kept among the connection's on-commit callbacks, as one that does nothing: when a savepoint is rolled back, Django
    takes out of them exactly what was put in since, which is what must happen to the event.
    """

    event: log.NewEvent

    def __call__(self) -> None: ...


class _Thread(threading.local):
    inside = False


_thread = _Thread()


@contextmanager
def atomic() -> Iterator[None]:
    """The transaction of a service: like Django's `transaction.atomic`, with its events written last, in one statement.

    Nested use joins the outer one as a savepoint, as a bare `transaction.atomic` inside does. It must be the
    outermost: inside a bare `transaction.atomic` it raises RuntimeError, because the heads it locks would stay locked
    while the transaction goes on (a test case's own transaction is let through).
    """
    if _thread.inside:
        with transaction.atomic():
            yield
        return
    logged: list[log.LoggedEvent] = []
    with transaction.atomic(durable=True):
        begun = len(transaction.get_connection().run_on_commit)
        # First in the list, so that a slow callback of the application does not delay the push.
        transaction.on_commit(lambda: hints.send([hints.of_event(event) for event in logged]))
        _thread.inside = True
        try:
            yield
        finally:
            _thread.inside = False
        # From here on nothing can be added: a second statement's locks could deadlock with another's.
        callbacks = [entry[1] for entry in transaction.get_connection().run_on_commit[begun:]]
        if events := [callback.event for callback in callbacks if isinstance(callback, _Collected)]:
            logged += log.append(events)


def publish(topic: str, *, type: str, data: Mapping[str, Any], subject: str = "") -> None:
    """Adds an event to an ordered topic when the surrounding `hub.atomic()` commits.

    `data` is a plain JSON object and is encoded now: later changes of it do not count. Raises NotInAtomic,
    UnknownTopic, BadEvent.
    """
    if not type:
        raise BadEvent(f"An event for {topic!r} has no type")
    topics.require(topic, topics.ORDERED)
    _add(_event(topic, type, subject, data))


def publish_bare(topic: str, *, data: Any, key: str = "", info: Mapping[str, Any] | None = None) -> None:
    """Publishes `data`, any JSON, without an envelope, as clients do by the protocol: subscribers get it as it is.

    To a topic of either kind: an ordered one needs the surrounding `hub.atomic()`, of a latest-value one it is the
    newest value of `key`. `info` is the publication's `info` in the protocol: who published it. Raises as publish().
    """
    event = _event(topic, "", log.encode(info) if info else "", data)
    found = topics.find(topic)
    if found is not None and found.kind is topics.LATEST:
        latest.send(topic, key, log.envelope(event))
        return
    topics.require(topic, topics.ORDERED)
    _add(event)


def _add(event: log.NewEvent) -> None:
    if not _thread.inside:
        raise NotInAtomic(f"An event for {event.topic!r} was published outside hub.atomic()")
    transaction.on_commit(_Collected(event))


def publish_internal(topic: str, *, kind: str, data: Mapping[str, Any], subject: str = "") -> None:
    """publish() for topics of the hub's own, which no registry knows; needs no hub.atomic() around it."""
    with atomic():
        _add(_event(topic, kind, subject, data))


def publish_latest(topic: str, *, key: str, data: Mapping[str, Any]) -> None:
    """Sends the newest value of `key` in a latest-value topic; best effort, any time, kept for HUB_LATEST_TTL_S.

    Subscribers get an envelope with type "latest" and the key as subject. Raises UnknownTopic, BadEvent.
    """
    topics.require(topic, topics.LATEST)
    latest.send(topic, key, log.envelope(_event(topic, "latest", key, data)))


def _event(topic: str, kind: str, subject: str, data: Any) -> log.NewEvent:
    try:
        encoded = log.encode(dict(data) if kind else data)
        size = len(encoded.encode())
        named = f"{kind}{subject}"
        named.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadEvent(f"Event {kind!r} for {topic!r} is not plain JSON: {type(error).__name__}") from None
    if "\0" in named or _NUL.search(encoded):
        raise BadEvent(f"Event {kind!r} for {topic!r} contains U+0000, which PostgreSQL cannot store")
    limit = conf.current().event_bytes_max
    if size > limit:
        raise TooLarge(f"Event {kind!r} for {topic!r} has {size} bytes, {limit} are allowed")
    return log.NewEvent(topic, uuid.uuid4(), kind, subject, datetime.now(UTC), encoded)
