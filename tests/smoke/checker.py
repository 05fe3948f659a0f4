"""Was every push delivered, once, in order? What a subscriber was given, against the log as SQL reads it.

Nothing here comes from the hub: whoever checks it must not share its mistakes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import psycopg


@dataclass(frozen=True)
class Delivery:
    """One publication as it came out of a socket. at: seconds since the epoch."""

    offset: int
    id: str
    type: str
    at: float = 0.0


@dataclass(eq=False)
class Following:
    """One subscription as its client saw it: the position of its snapshot, and all it was given after that.

    epochs: as every reply to a subscribe named it. breaks: what ended the stream (a recovery refused, an error).
    """

    who: str
    topic: str
    epoch: str
    start: int
    deliveries: list[Delivery] = field(default_factory=list)
    epochs: list[str] = field(default_factory=list)
    breaks: list[str] = field(default_factory=list)

    @property
    def position(self) -> int:
        """The offset to recover from: that of the last delivery."""
        return self.deliveries[-1].offset if self.deliveries else self.start


@dataclass(frozen=True)
class TopicLog:
    """A topic as PostgreSQL has it: ids of its events by offset. head: up to where everything must have been given."""

    epoch: str
    head: int
    ids: Mapping[int, str]


@dataclass
class Findings:
    """What is wrong with one stream. Everything but a repetition counts as a gap: the client's state would be wrong."""

    gaps: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)


def read_log(database_url: str) -> dict[str, TopicLog]:
    """The hub's two tables, whole."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        heads = connection.execute("SELECT name, epoch, head FROM hub_topic").fetchall()
        events = connection.execute('SELECT topic, "offset", id FROM hub_event').fetchall()
    ids: dict[str, dict[int, str]] = {name: {} for name, _, _ in heads}
    for topic, offset, event_id in events:
        ids.setdefault(topic, {})[offset] = str(event_id)
    return {name: TopicLog(epoch, head, ids[name]) for name, epoch, head in heads}


def check(followings: Iterable[Following], logs: Mapping[str, TopicLog]) -> Findings:
    """The findings of all streams together, each with its subscriber and topic."""
    total = Findings()
    for following in followings:
        log = logs.get(following.topic) or TopicLog(following.epoch, 0, {})
        found = compare(following, log)
        total.gaps += [f"{following.who} on {following.topic}: {what}" for what in found.gaps]
        total.duplicates += [f"{following.who} on {following.topic}: {what}" for what in found.duplicates]
    return total


def compare(following: Following, log: TopicLog) -> Findings:
    """One stream against its topic's log."""
    found = Findings(gaps=_broken_streams(following, log))
    newest, seen = following.start, set(range(1, following.start + 1))
    known_ids = {log.ids[offset] for offset in seen if offset in log.ids}
    for delivery in following.deliveries:
        offset = delivery.offset
        if offset in seen or delivery.id in known_ids:
            found.duplicates.append(f"{offset} {delivery.type} came again")
        elif log.ids.get(offset) != delivery.id:
            found.gaps.append(f"{offset} {delivery.type} has id {delivery.id}, the log {log.ids.get(offset)}")
        elif offset < newest:
            found.gaps.append(f"{offset} {delivery.type} came after {newest}")
        seen.add(offset)
        known_ids.add(delivery.id)
        newest = max(newest, offset)
    missing = [offset for offset in range(following.start + 1, log.head + 1) if offset not in seen]
    found.gaps += [f"{offset} never came" for offset in missing]
    found.gaps += [
        f"{offset} is missing in the log itself" for offset in range(1, log.head + 1) if offset not in log.ids
    ]
    return found


def up_to(heads: Mapping[str, TopicLog], log: Mapping[str, TopicLog]) -> dict[str, TopicLog]:
    """`log` where only what was there when `heads` was read must have come: an order may still be moving."""
    return {topic: replace(log[topic], head=then.head) for topic, then in heads.items() if topic in log}


def lagging(followings: Iterable[Following], logs: Mapping[str, TopicLog]) -> Sequence[Following]:
    """Those that have not been given the newest event yet."""
    return [each for each in followings if each.topic in logs and each.position < logs[each.topic].head]


def _broken_streams(following: Following, log: TopicLog) -> list[str]:
    """Epochs other than the snapshot's void every position; a refused recovery is a hole of unknown size."""
    epochs = {following.epoch, *following.epochs}
    return [f"epoch {epoch}, the log has {log.epoch}" for epoch in sorted(epochs - {log.epoch})] + following.breaks
