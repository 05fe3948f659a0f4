"""The log: the one place where the hub's SQL is. Synchronous; uses Django's connection of the calling thread.

Guarantees that offsets of a topic are 1, 2, 3 … in commit order, without holes. Does not guarantee that old events
are still there: retention drops them, and readers must check that what they got is contiguous.
"""

import json
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypedDict

from django.db import connection

from hub import conf, topics

# The hub's own topic, in which access is taken away. Retention must never prune what revocations.py reads of it (as
# old as a token may become, and its SKEW_S): a token that such an event voids would be let in again.
REVOCATIONS = "$revocations"


class Position(TypedDict):
    """Where a reader stands in a topic: the offset is that of the last event it has."""

    epoch: str
    offset: int


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that has no offset yet. `data` is JSON text."""

    topic: str
    id: uuid.UUID
    type: str
    subject: str
    time: datetime
    data: str


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as subscribers get it: `envelope` is the UTF-8 JSON of its CloudEvents envelope."""

    topic: str
    epoch: str
    offset: int
    envelope: bytes


OpenedTopic = tuple[Position, Sequence[LoggedEvent]]

# One statement, so that all heads are locked in the order of their names: two sorted calls in one transaction could
# deadlock with two others. The INSERT … ORDER BY takes the row locks in that order, new names included.
_APPEND = """
WITH given AS (
    SELECT * FROM unnest(%s::text[], %s::int[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::text[])
        AS given(topic, place, id, type, subject, time, data)
), counted AS (
    SELECT topic, max(place) AS events FROM given GROUP BY topic
), raised AS (
    INSERT INTO hub_topic AS t (name, epoch, head)
    SELECT topic, %s, events FROM counted ORDER BY topic
    ON CONFLICT (name) DO UPDATE SET head = t.head + excluded.head
    RETURNING name, epoch, head
), written AS (
    INSERT INTO hub_event (topic, "offset", day, id, type, subject, time, data)
    SELECT g.topic, r.head - c.events + g.place, (now() AT TIME ZONE 'utc')::date,
           g.id, g.type, g.subject, g.time, g.data::jsonb
    FROM given g JOIN counted c USING (topic) JOIN raised r ON r.name = g.topic
)
SELECT name, epoch, head FROM raised
"""

_MAKE = """
INSERT INTO hub_topic (name, epoch, head)
SELECT name, %s, 0 FROM unnest(%s::text[]) AS name ORDER BY name ON CONFLICT DO NOTHING
"""

_READ = """
SELECT w.topic, t.epoch, e."offset", e.id, e.type, e.subject, e.time, e.data::text
FROM unnest(%s::text[], %s::bigint[]) AS w(topic, after)
JOIN hub_topic t ON t.name = w.topic
CROSS JOIN LATERAL (
    SELECT * FROM hub_event e WHERE e.topic = w.topic AND e."offset" > w.after ORDER BY e."offset" LIMIT %s
) e
ORDER BY w.topic, e."offset"
"""


def append(events: Sequence[NewEvent]) -> list[LoggedEvent]:
    """Gives the events their offsets and stores them, in one statement. Only publishing.py calls it, once per
    transaction; the heads stay locked until that transaction ends."""
    places: dict[str, int] = {}
    numbered = []
    for event in events:
        places[event.topic] = places.get(event.topic, 0) + 1
        numbered.append((event, places[event.topic]))
    columns: list[list[Any]] = [
        [event.topic for event in events],
        [place for _, place in numbered],
        [event.id for event in events],
        [event.type for event in events],
        [event.subject for event in events],
        [event.time for event in events],
        [event.data for event in events],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, [*columns, _new_epoch()])
        # Per topic: the epoch, and the offset before the first of its new events.
        before = {name: (epoch, head - places[name]) for name, epoch, head in cursor.fetchall()}
    return [
        LoggedEvent(event.topic, before[event.topic][0], before[event.topic][1] + place, envelope(event))
        for event, place in numbered
    ]


def heads(names: Iterable[str]) -> dict[str, Position]:
    """Where each ordered topic stands now: `{topic: {"epoch", "offset"}}`.

    A snapshot reads this *before* its state and returns it; the page subscribes from there, and what happened in
    between comes twice rather than never. A topic nobody asked for yet is made, so that its epoch lasts.
    """
    wanted = sorted(set(names))
    for name in wanted:
        topics.require(name, topics.ORDERED)
    return positions(wanted)


def positions(names: Sequence[str]) -> dict[str, Position]:
    """heads() without asking the registry: also for topics of the hub's own."""
    found: dict[str, Position] = {}
    with connection.cursor() as cursor:
        while missing := sorted(set(names) - found.keys()):
            cursor.execute("SELECT name, epoch, head FROM hub_topic WHERE name = ANY(%s)", [missing])
            found |= {name: Position(epoch=epoch, offset=head) for name, epoch, head in cursor.fetchall()}
            if unborn := [name for name in missing if name not in found]:
                cursor.execute(_MAKE, [_new_epoch(), unborn])
    return found


def open_topics(names: Sequence[str], *, newest: int) -> dict[str, OpenedTopic]:
    """Per topic its position and up to `newest` of its last events, without gaps up to that position."""
    heads = positions(names)
    found: dict[str, list[LoggedEvent]] = {name: [] for name in names}
    for event in read({name: max(0, head["offset"] - newest) for name, head in heads.items()}, limit=newest):
        events = found[event.topic]
        if events and event.offset != events[-1].offset + 1:
            events.clear()
        events.append(event)
    return {
        name: (head, found[name] if found[name] and found[name][-1].offset >= head["offset"] else [])
        for name, head in heads.items()
    }


def read(after: Mapping[str, int], *, limit: int) -> list[LoggedEvent]:
    """Per topic, up to `limit` events with an offset greater than the one given, in order: one query for all."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [list(after.keys()), list(after.values()), limit])
        return [
            LoggedEvent(topic, epoch, offset, envelope(NewEvent(topic, *columns)))
            for topic, epoch, offset, *columns in cursor.fetchall()
        ]


def since(topic: str, kind: str, moment: datetime) -> list[tuple[str, Position, datetime, dict[str, Any]]]:
    """Subject, position, time and data of that topic's events of one type after a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT e.subject, t.epoch, e."offset", e.time, e.data::text'
            " FROM hub_event e JOIN hub_topic t ON t.name = e.topic"
            " WHERE e.topic = %s AND e.type = %s AND e.time > %s",
            [topic, kind, moment],
        )
        return [
            (subject, Position(epoch=epoch, offset=offset), time, json.loads(data))
            for subject, epoch, offset, time, data in cursor.fetchall()
        ]


def encode(value: object) -> str:
    """Compact JSON without NaN, on one line: a newline separates messages on the wire."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def envelope(event: NewEvent) -> bytes:
    """The CloudEvents envelope as UTF-8 JSON; the event's data is pasted in, not parsed."""
    time = event.time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return (
        f'{{"id":"{event.id}","source":{_encoded_source()},"type":{encode(event.type)},'
        f'"subject":{encode(event.subject)},"time":"{time}","data":{event.data}}}'
    ).encode()


@cache
def _encoded_source() -> str:
    return encode(conf.current().source)


def _new_epoch() -> str:
    return secrets.token_hex(4)
