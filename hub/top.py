"""What each process says of itself for `manage.py hub top`: a snapshot in Redis, written anew every few seconds.

Guarantees nothing that is older than that; a process that died is forgotten within seconds. It names users by their
id, and topics, and nothing else of anybody.
"""

from __future__ import annotations

import heapq
import json
import os
import socket
import time
from collections import Counter, deque
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from hub import conf, hints, metrics

if TYPE_CHECKING:
    from hub.node import Node

EVERY_S = 3.0
FORGOTTEN_S = 10
LINES = 10
_most = partial(heapq.nlargest, LINES)
Snapshot = dict[str, Any]


class Observer:
    """Looks at a node now and then."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._since = self._looked_at = time.monotonic()
        self._counts: dict[str, int] = {}
        # How many writes were how late, as of each look within the last minute.
        self._latencies = deque([metrics.latencies()], maxlen=round(60 / EVERY_S) + 1)

    def look(self) -> Snapshot:
        """A snapshot, with rates since the last one. Costs a millisecond per thousand sockets."""
        node, now, seen = self._node, time.monotonic(), self._counts
        period, self._looked_at = max(now - self._looked_at, 0.001), now
        topics, self._counts = node.topics, {topic.name: topic.count for topic in node.topics}
        rates = [(topic, (topic.count - seen.get(topic.name, topic.count)) / period) for topic in topics]
        waiting = [(session, session.outbox.waiting_bytes) for session in node.sessions]
        self._latencies.append(metrics.latencies())
        late = metrics.between(self._latencies[0], self._latencies[-1])
        return {
            "process": process_name(),
            "version": node.settings.version,
            "up_s": round(now - self._since),
            "draining": node.draining,
            "connections": len(node.sessions),
            "subscriptions": sum(len(topic.subscribers) for topic in topics),
            "topics": len(topics),
            "queue_bytes": sum(size for _, size in waiting),
            "queue_sockets": sum(session.outbox.full_since is not None for session in node.sessions),
            "gaps_open": sum(getattr(topic, "is_behind", False) for topic in topics),
            **metrics.gaps(),
            "behind": node.reader.lag,
            "silent_s": round(node.reader.silence_s, 1),
            "p50_ms": metrics.quantile_ms(late, 0.5),
            "p99_ms": metrics.quantile_ms(late, 0.99),
            "node": node.name,
            "told_at": round(time.time(), 1),
            "clients": dict(Counter(session.agent for session in node.sessions).most_common(LINES)),
            "hottest": [
                {"topic": topic.name, "events_per_s": round(rate, 1), "subscribers": len(topic.subscribers)}
                for topic, rate in _most(rates, key=itemgetter(1))
                if rate
            ],
            "slowest": [
                {"user": session.user, "client": session.agent, "waiting_bytes": size}
                for session, size in _most(waiting, key=itemgetter(1))
                if size
            ],
            "disconnects": list(node.disconnects),
        }


def process_name() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"


def write(process: str, snapshot: Snapshot) -> None:
    hints.client().set(f"{_prefix()}{process}", json.dumps(snapshot), ex=FORGOTTEN_S)


def read() -> list[Snapshot]:
    """The snapshots of all processes that live; raises where Redis does not answer."""
    client = hints.client()
    keys = list(client.scan_iter(match=f"{_prefix()}*", count=1000))
    found = cast(list[bytes | None], client.mget(keys)) if keys else []
    return sorted((json.loads(one) for one in found if one is not None), key=lambda one: str(one["process"]))


def together(snapshots: list[Snapshot]) -> Snapshot:
    """All processes as one: `{clients, hottest, slowest, disconnects}`."""

    def lines(part: str) -> list[dict[str, Any]]:
        return [line for snapshot in snapshots for line in snapshot[part]]

    hottest: dict[str, dict[str, Any]] = {}
    for line in lines("hottest"):
        known = hottest.setdefault(line["topic"], line | {"subscribers": 0})
        # Each process hears each event, and has subscribers of its own.
        known["events_per_s"] = max(known["events_per_s"], line["events_per_s"])
        known["subscribers"] += line["subscribers"]
    return {
        "clients": dict(sum((Counter(snapshot["clients"]) for snapshot in snapshots), Counter()).most_common()),
        "hottest": _most(hottest.values(), key=itemgetter("events_per_s")),
        "slowest": _most(lines("slowest"), key=itemgetter("waiting_bytes")),
        "disconnects": _most(lines("disconnects"), key=itemgetter("at")),
    }


def _prefix() -> str:
    return f"{conf.current().redis_prefix}:top:"
