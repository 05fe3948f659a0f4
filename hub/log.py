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
from typing import Any, NamedTuple, TypedDict

from django.db import connection

from hub import conf, topics

# The hub's own topic, in which access is taken away. Retention must never prune what revocations.py reads of it (as
# old as a token may become, and its SKEW_S): a token that such an event voids would be let in again.
REVOCATIONS = topics.RESERVED[0]


class Position(TypedDict):
    """Where a reader stands in a topic: the offset is that of the last event it has."""

    epoch: str
    offset: int


class NewEvent(NamedTuple):
    """An event that has no offset yet. `data` is JSON text.

    One without a type is bare: its subscribers get the data without an envelope, and beside it `subject`, which is
    JSON text that says who published it, or empty.
    """

    topic: str
    id: uuid.UUID
    type: str
    subject: str
    time: datetime
    data: str


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as subscribers get it: `envelope` is the UTF-8 JSON that envelope() makes."""

    topic: str
    epoch: str
    offset: int
    envelope: bytes


class Reading(NamedTuple):
    """What one query saw of one topic: where its log stood, and some of its events."""

    position: Position
    events: list[LoggedEvent]


class Page(NamedTuple):
    """Up to `limit` events of a topic, beside `since` or from an end of what is kept: in order from the oldest, or with
    `reverse` backwards from the newest."""

    topic: str
    since: int | None
    reverse: bool
    limit: int


# One statement, so that all heads are locked in the order of their names: two sorted calls in one transaction could
# deadlock with two others. The INSERT … ORDER BY takes the row locks in that order, new names included.
_APPEND = """
WITH given AS (
    SELECT * FROM ROWS FROM (json_to_recordset(%s::json) AS (topic text, id uuid, type text, subject text,
        time timestamptz, data text)) WITH ORDINALITY AS given(topic, id, type, subject, time, data, place)
), raised AS (
    INSERT INTO hub_topic AS t (name, epoch, head)
    SELECT topic, coalesce((SELECT epoch FROM hub_topic WHERE name = %s), %s), count(*)
    FROM given GROUP BY topic ORDER BY topic
    ON CONFLICT (name) DO UPDATE SET head = t.head + excluded.head
    RETURNING name, epoch, head
), written AS (
    INSERT INTO hub_event (topic, "offset", id, type, subject, time, data)
    SELECT topic, head + 1 - row_number() OVER (PARTITION BY topic ORDER BY place DESC),
           id, type, subject, time, data::json
    FROM given JOIN raised ON name = topic
    RETURNING topic, "offset", id
)
SELECT id, epoch, "offset" FROM written JOIN raised ON name = topic
"""

# A row beside the topics: its epoch is that of every topic nobody has published to yet. So asking for a topic that
# does not exist writes nothing.
_SEED = topics.RESERVED[1]
_MAKE_SEED = "INSERT INTO hub_topic (name, epoch, head) VALUES (%s, %s, 0) ON CONFLICT DO NOTHING"

# The events of a topic until so many bytes are exceeded, and always one.
_READ = """
SELECT w.topic, t.epoch, t.head, e."offset", e.id, e.type, e.subject, e.time, e.data
FROM unnest(%s::text[], %s::bigint[]) AS w(topic, after)
JOIN hub_topic t ON t.name = w.topic
LEFT JOIN LATERAL (
    SELECT * FROM (
        SELECT n."offset", n.id, n.type, n.subject, n.time, n.data::text AS data,
               sum(octet_length(n.data::text)) OVER (ORDER BY n."offset" {order}) - octet_length(n.data::text) AS before
        FROM (
            SELECT * FROM hub_event e WHERE e.topic = w.topic AND e."offset" > w.after AND e."offset" < %s
              AND e."offset" > t.head - %s
            ORDER BY e."offset" {order} LIMIT %s
        ) n
    ) counted WHERE before < %s
) e ON true
ORDER BY w.topic, e."offset"
"""

_OFFSET_MAX = 2**63 - 1

_RENEW = """
INSERT INTO hub_topic AS t (name, epoch, head) VALUES (%s, %s, 0)
ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch WHERE t.epoch = %s AND t.head < %s
"""
# Locked in the order in which publishers lock.
_RENEW_ALL = """
WITH locked AS (SELECT name FROM hub_topic ORDER BY name FOR UPDATE)
UPDATE hub_topic t SET epoch = %s FROM locked WHERE t.name = locked.name
"""

# A page of topics in the order of their names, with the oldest event of each.
_OLDEST = """
SELECT t.name, t.head, e."offset", e.time
FROM (SELECT name, head FROM hub_topic WHERE name > %s ORDER BY name LIMIT %s) t
LEFT JOIN LATERAL (SELECT "offset", time FROM hub_event WHERE topic = t.name ORDER BY "offset" LIMIT 1) e ON true
ORDER BY t.name
"""
# Of each topic's oldest so many events those before which nothing stays: what is left has no hole. It locks events that
# nobody else is pruning, and nothing that a publish or a reader locks.
_DROP = """
WITH due AS (
    SELECT w.topic, max(o."offset") AS "offset"
    FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[]) AS w(topic, upto, before)
    CROSS JOIN LATERAL (
        SELECT "offset", bool_and("offset" <= w.upto OR time < w.before) OVER (ORDER BY "offset") AS due
        FROM (SELECT "offset", time FROM hub_event WHERE topic = w.topic ORDER BY "offset" LIMIT %s) n
    ) o
    WHERE o.due GROUP BY w.topic
), locked AS (
    SELECT e.topic, e."offset" FROM hub_event e JOIN due d ON e.topic = d.topic AND e."offset" <= d."offset"
    FOR UPDATE OF e SKIP LOCKED
), dropped AS (
    DELETE FROM hub_event e USING locked l WHERE e.topic = l.topic AND e."offset" = l."offset" RETURNING e.topic
)
SELECT topic, count(*) FROM dropped GROUP BY topic
"""


def append(events: Sequence[NewEvent]) -> list[LoggedEvent]:
    """Gives the events their offsets and stores them, in one statement. Only publishing.py calls it, once per
    transaction; the heads stay locked until that transaction ends."""
    # As one text: a dozen arrays' worth of quoting is a third of what the statement costs us.
    given = encode([{**event._asdict(), "id": str(event.id), "time": event.time.isoformat()} for event in events])
    places = {id: (epoch, offset) for id, epoch, offset in _rows(_APPEND, given, _SEED, _new_epoch())}
    return [LoggedEvent(event.topic, *places[event.id], envelope(event)) for event in events]


def heads(names: Iterable[str]) -> dict[str, Position]:
    """Where each ordered topic stands now: `{topic: {"epoch", "offset"}}`.

    A snapshot reads this *before* its state and returns it; the page subscribes from there, and what happened in
    between comes twice rather than never.
    """
    wanted = sorted(set(names))
    for name in wanted:
        topics.require(name, topics.ORDERED)
    return positions(wanted)


def positions(names: Sequence[str]) -> dict[str, Position]:
    """heads() without asking the registry: also for topics of the hub's own."""
    while True:
        rows = _rows("SELECT name, epoch, head FROM hub_topic WHERE name = ANY(%s)", [*names, _SEED])
        found = {name: Position(epoch=epoch, offset=head) for name, epoch, head in rows}
        if _SEED in found:
            return {name: found.get(name, found[_SEED]) for name in names}
        _rows(_MAKE_SEED, _SEED, _new_epoch())


def newest(names: Sequence[str], *, limit: int, bytes_max: int) -> dict[str, Reading]:
    """Per topic where it stands, and its last events without gaps: `limit` and about `bytes_max` at most."""
    readings = read(dict.fromkeys(names, 0), limit=limit, bytes_max=bytes_max, order="DESC")
    for position, events in readings.values():
        # What comes before a hole does not count.
        while events and events[0].offset != position["offset"] - len(events) + 1:
            del events[0]
    return readings


def page(page: Page, *, bytes_max: int) -> Reading:
    """That page, of about `bytes_max` at most; one event if there is one. What retention may take is not shown,
    whether or not it came to it already."""
    match = topics.find(page.topic)
    limits: dict[str, Any] = {"limit": page.limit, "bytes_max": bytes_max}
    limits["keep"] = (match and match.pattern.keep_events) or _OFFSET_MAX
    if not page.reverse:
        return read({page.topic: page.since or 0}, **limits)[page.topic]
    position, events = read({page.topic: 0}, order="DESC", before=page.since or _OFFSET_MAX, **limits)[page.topic]
    return Reading(position, events[::-1])


def read(
    after: Mapping[str, int],
    *,
    limit: int,
    bytes_max: int,
    order: str = "ASC",
    before: int = _OFFSET_MAX,
    keep: int = _OFFSET_MAX,
) -> dict[str, Reading]:
    """Per topic where it stands, and its events after the offset given, in order: `limit` and about `bytes_max` at
    most, and one if there is one; with `order` "DESC" the last of them, else the first. One query for all."""
    readings: dict[str, Reading] = {}
    rows = _rows(_READ.format(order=order), list(after.keys()), list(after.values()), before, keep, limit, bytes_max)
    for topic, epoch, head, offset, *columns in rows:
        reading = readings.setdefault(topic, Reading(Position(epoch=epoch, offset=head), []))
        if offset is not None:
            reading.events.append(LoggedEvent(topic, epoch, offset, envelope(NewEvent(topic, *columns))))
    if unborn := after.keys() - readings.keys():
        # By now they may be there, and their events were not seen: they stand where they stood.
        readings |= dict.fromkeys(unborn, Reading(positions([_SEED])[_SEED], []))
    return readings


def renew(name: str, *, epoch: str, last: int) -> None:
    """Gives a topic that went back a new epoch, unless it has one or is back at `last`: a position from before would
    otherwise be believed as soon as the topic has grown past it."""
    _rows(_RENEW, name, _new_epoch(), epoch, last)


def new_epoch() -> None:
    """After a restore: every position that anybody holds is void, and everybody starts from a snapshot."""
    _rows(_RENEW_ALL, _new_epoch())


def oldest(*, after: str, limit: int) -> list[tuple[str, int, int | None, datetime | None]]:
    """Name, head, and offset and time of the oldest event (None where there is none), of the topics after that name."""
    return _rows(_OLDEST, after, limit)


def drop(due: Mapping[str, tuple[int, datetime]], *, limit: int) -> dict[str, int]:
    """Deletes of each topic the oldest events, up to that offset or older than that moment: `limit` of each at most.
    Answers how many of each. Only retention.py calls it."""
    uptos, befores = zip(*due.values(), strict=True)
    return dict(_rows(_DROP, list(due), list(uptos), list(befores), limit))


def since(topic: str, moment: datetime) -> list[tuple[str, Position, datetime, dict[str, Any]]]:
    """Subject, position, time and data of that topic's events after a moment."""
    found = _rows(
        'SELECT e.subject, t.epoch, e."offset", e.time, e.data::text FROM hub_event e'
        " JOIN hub_topic t ON t.name = e.topic WHERE e.topic = %s AND e.time > %s",
        *(topic, moment),
    )
    return [
        (subject, Position(epoch=epoch, offset=offset), time, json.loads(data))
        for subject, epoch, offset, time, data in found
    ]


def _rows(sql: str, *parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def encode(value: object) -> str:
    """Compact JSON without NaN, on one line: a newline separates messages on the wire."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def envelope(event: NewEvent) -> bytes:
    """What follows `"data":` in a publication, as UTF-8 JSON: the CloudEvents envelope, or of a bare event its data and
    `info`. The event's data is pasted in, not parsed."""
    if not event.type:
        return (f'{event.data},"info":{event.subject}' if event.subject else event.data).encode()
    time = event.time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return (
        f'{{"id":"{event.id}","source":{encode(conf.current().source)},"type":{encode(event.type)},'
        f'"subject":{encode(event.subject)},"time":"{time}","data":{event.data}}}'
    ).encode()


def _new_epoch() -> str:
    return secrets.token_hex(4)
