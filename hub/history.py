"""A topic's log as an operator reads it: a page at a time, in either direction, whatever clients may ask for.

Guarantees the order of the log, and that nothing is shown that retention may take; not that a page begins right beside
the position asked for. Asks nobody whether he may: who calls it has decided that, and keeps a record of it.
"""

import json
from dataclasses import dataclass
from typing import Any

from hub import latest, log, topics
from hub.errors import UnknownTopic
from hub.log import Page

PAGE_MAX = 200
PAGE_BYTES_MAX = 1024 * 1024


@dataclass(frozen=True)
class LoggedPage:
    """epoch, head: where the topic stands; of a latest-value topic "" and 0. events: in the order of the log, the
    newest first where that was asked for: {offset, publication}, the publication as subscribers got it. Of a
    latest-value topic the newest value of each key, without an offset.
    """

    topic: str
    kind: str
    epoch: str
    head: int
    events: list[dict[str, Any]]


def read_page(topic: str, *, since: int | None = None, newest_first: bool = True, limit: int = 50) -> LoggedPage:
    """A page of that topic, of `limit` events and 1 MB at most. since: an offset; the page has what came after it, or,
    with the newest first, before it; None: from the end that comes first. Raises UnknownTopic.
    """
    match = topics.find(topic)
    if match is None:
        raise UnknownTopic(f"No pattern matches {topic!r}")
    if match.kind is topics.LATEST:
        values = [{"offset": None, "publication": _publication(value)} for value in latest.newest(topic).values()]
        return LoggedPage(topic, match.kind.value, "", 0, values[::-1] if newest_first else values)
    wanted = Page(topic, since, newest_first, max(1, min(limit, PAGE_MAX)))
    position, logged = log.page(wanted, bytes_max=PAGE_BYTES_MAX)
    events = [{"offset": event.offset, "publication": _publication(event.envelope)} for event in logged]
    return LoggedPage(topic, match.kind.value, position["epoch"], position["offset"], events)


def _publication(envelope: bytes) -> dict[str, Any]:
    """What stands behind `"data":` in a publication, and of a bare one who published it."""
    whole: dict[str, Any] = json.loads(b'{"data":%b}' % envelope)
    return whole
