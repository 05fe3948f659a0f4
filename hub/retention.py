"""Retention of the log: what a topic's registration does not want kept is deleted, oldest first, in small batches.

Guarantees that no publish and no reader waits for it, that what is left of a topic are its newest events without a
hole, and that `$revocations` keeps what a living token may be older than. Not that an event goes as soon as it may:
it goes when prune() comes to it, which an application calls now and then.
"""

from datetime import UTC, datetime, timedelta

from hub import conf, log, topics
from hub.revocations import memory_s

TOPICS_PER_QUERY = 500
# Topics, and events of each, per deletion: a transaction of its own, of some milliseconds.
TOPICS_AT_ONCE = 50
EVENTS_AT_ONCE = 100
_NEVER = datetime.min.replace(tzinfo=UTC)


def prune(*, limit: int = 50_000) -> int:
    """Deletes what need not be kept and answers how many events that were; from `limit` on it stops early.

    Blocks; to be called outside a transaction, so that each batch is its own. Several may run at once.
    """
    pruned, name, now = 0, "", datetime.now(UTC)
    while page := log.oldest(after=name, limit=TOPICS_PER_QUERY):
        due = {}
        for name, head, offset, time in page:
            upto, before = _bounds(name, head, now)
            if offset is not None and time is not None and (offset <= upto or time < before):
                due[name] = (upto, before)
        while due:
            if pruned >= limit:
                return pruned
            some = dict(list(due.items())[:TOPICS_AT_ONCE])
            dropped = log.drop(some, limit=EVENTS_AT_ONCE)
            pruned += sum(dropped.values())
            for done in [name for name in some if dropped.get(name, 0) < EVENTS_AT_ONCE]:
                del due[done]
    return pruned


def _bounds(name: str, head: int, now: datetime) -> tuple[int, datetime]:
    """Up to which offset, and from before which moment, a topic's events may go."""
    if name == log.REVOCATIONS:
        keep_s, keep_events = memory_s(conf.current()), None
    elif (match := topics.find(name)) is not None:
        keep_s, keep_events = match.pattern.keep_s, match.pattern.keep_events
    else:
        # Registered no more, or not in this process: nobody says that it may go.
        keep_s = keep_events = None
    upto = 0 if keep_events is None else head - keep_events
    return upto, _NEVER if keep_s is None else now - timedelta(seconds=keep_s)
