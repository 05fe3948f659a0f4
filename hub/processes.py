"""What an operator asks of the hub's processes: how each does, which topics are alive, where somebody is connected.

How each does stands in Redis already (top.py). The rest costs nothing while nobody asks: the question goes over the
bus, and each process puts its answer into a list in Redis (inquiries.py). Guarantees that who did not answer in time
is named, so that a part is never taken for the whole. Every call blocks, and raises redis.RedisError or OSError where
Redis is away.
"""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from heapq import nlargest
from typing import Any, cast

from hub import conf, hints, top

ANSWERS_WITHIN_S = 2.0
LOOK_EVERY_S = 0.01
TOPICS_MAX = 500


@dataclass(frozen=True, kw_only=True)
class Process:
    """How one process says that it does, some seconds ago. Sizes are bytes, `…_s` seconds.

    version: HUB_VERSION. gaps_open: topics that are behind right now; gaps_found, gaps_healed, places_lost: since it
    began. behind: events that the log had and it did not. silent_s: since it could last compare itself with the log.
    p99_ms: from publish to write in the last minute; None where nothing was written. told_at: Unix time.
    """

    node: str
    process: str
    told_at: float = 0.0
    version: str = ""
    up_s: int = 0
    draining: bool = False
    connections: int = 0
    subscriptions: int = 0
    topics: int = 0
    queue_bytes: int = 0
    queue_sockets: int = 0
    gaps_open: int = 0
    gaps_found: int = 0
    gaps_healed: int = 0
    places_lost: int = 0
    behind: int = 0
    silent_s: float = 0.0
    p50_ms: float | None = None
    p99_ms: float | None = None


@dataclass(frozen=True, kw_only=True)
class LiveTopic:
    """A topic that some process follows. offset: where the foremost of them stands; None of a latest-value topic."""

    topic: str
    kind: str
    subscribers: int
    offset: int | None
    processes: int


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A socket of somebody's. login: as his token names it (`hub.revoke.disconnect` takes it)."""

    process: str
    client: str
    agent: str
    login: str
    open_s: int
    waiting_bytes: int
    topics: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Told:
    """What the processes answered. silent: those that did not; with any the answer is a part."""

    answers: dict[str, Any]
    silent: list[str]


def snapshots() -> list[Process]:
    """Every process that has told of itself within some seconds."""
    known = {one.name for one in fields(Process)}
    # A process of another release says more or less than we know.
    told = [{name: value for name, value in one.items() if name in known} for one in top.read()]
    return [Process(**({"node": one.get("process", "")} | one)) for one in told]


def live_topics(*, containing: str = "", limit: int = TOPICS_MAX) -> tuple[list[LiveTopic], list[str]]:
    """(topics with that text in their names, those with most subscribers first; processes that did not answer)."""
    told = _ask({"what": "topics", "containing": containing})
    found: dict[str, LiveTopic] = {}
    for name, kind, subscribers, offset in (line for lines in told.answers.values() for line in lines):
        known = found.get(name)
        found[name] = LiveTopic(
            topic=name,
            kind=kind,
            subscribers=subscribers + (known.subscribers if known else 0),
            offset=_foremost(offset, known.offset if known else None),
            processes=1 + (known.processes if known else 0),
        )
    most = nlargest(limit, found.values(), key=lambda one: one.subscribers)
    return most, told.silent


def connections_of(user_id: int | str) -> tuple[list[Connection], list[str]]:
    """(every socket that this user has open anywhere; processes that did not answer)."""
    told = _ask({"what": "connections", "user": str(user_id)})
    found = [Connection(process=process, **line) for process, lines in told.answers.items() for line in lines]
    return found, told.silent


def _foremost(*offsets: int | None) -> int | None:
    return max((each for each in offsets if each is not None), default=None)


def _ask(question: Mapping[str, str]) -> _Told:
    """By process what it answers: of those that have told of themselves, within ANSWERS_WITHIN_S."""
    client, key = hints.client(), f"{conf.current().redis_prefix}:answers:{uuid.uuid4().hex}"
    waited_for = {one.node: one.process for one in snapshots()}
    # A topic that nobody has: processes of an older release let it pass.
    client.publish(hints.group_channel(), hints.message([{"topic": "", "answer_to": key, **question}]))
    answers: dict[str, Any] = {}
    end = time.monotonic() + ANSWERS_WITHIN_S
    while waited_for and time.monotonic() < end:
        said = cast(bytes | None, client.lpop(key))
        if said is None:
            time.sleep(LOOK_EVERY_S)
            continue
        node, process, lines = json.loads(said)
        waited_for.pop(node, None)
        answers[process] = lines
    return _Told(answers, sorted(waited_for.values()))
