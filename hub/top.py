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
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from hub import conf, hints

if TYPE_CHECKING:
    from hub.node import Node

EVERY_S = 3.0
FORGOTTEN_S = 10
LINES = 10
Snapshot = dict[str, Any]


class Observer:
    """Looks at a node now and then."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._since = self._looked_at = time.monotonic()
        self._counts: dict[str, int] = {}

    def look(self) -> Snapshot:
        """A snapshot, with rates since the last one. Costs a millisecond per thousand sockets."""
        node, now = self._node, time.monotonic()
        sessions, counts = list(node.sessions), {topic.name: topic.count for topic in node.topics}
        rates = {name: count - self._counts.get(name, count) for name, count in counts.items()}
        period, self._looked_at, self._counts = now - self._looked_at, now, counts
        topics = heapq.nlargest(LINES, node.topics, key=lambda topic: rates[topic.name])
        slowest = heapq.nlargest(LINES, sessions, key=lambda session: session.outbox.waiting_bytes)
        return {
            "process": f"{socket.gethostname()}/{os.getpid()}",
            "up_s": round(now - self._since),
            "draining": node.draining,
            "connections": len(sessions),
            "subscriptions": sum(len(topic.subscribers) for topic in node.topics),
            "topics": len(counts),
            "clients": dict(Counter(session.agent for session in sessions).most_common(LINES)),
            "hottest": [
                {
                    "topic": topic.name,
                    "events_per_s": round(rates[topic.name] / max(period, 0.001), 1),
                    "subscribers": len(topic.subscribers),
                }
                for topic in topics
                if rates[topic.name]
            ],
            "slowest": [
                {"user": session.user, "client": session.agent, "waiting_bytes": session.outbox.waiting_bytes}
                for session in slowest
                if session.outbox.waiting_bytes
            ],
            "disconnects": list(node.disconnects),
        }


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
    clients: Counter[str] = Counter()
    hottest: dict[str, dict[str, Any]] = {}
    for snapshot in snapshots:
        clients.update(snapshot["clients"])
        for line in snapshot["hottest"]:
            known = hottest.setdefault(line["topic"], {"topic": line["topic"], "events_per_s": 0, "subscribers": 0})
            # Each process hears each event, and has subscribers of its own.
            known["events_per_s"] = max(known["events_per_s"], line["events_per_s"])
            known["subscribers"] += line["subscribers"]
    return {
        "clients": dict(clients.most_common()),
        "hottest": heapq.nlargest(LINES, hottest.values(), key=lambda line: line["events_per_s"]),
        "slowest": _most(snapshots, "slowest", "waiting_bytes"),
        "disconnects": _most(snapshots, "disconnects", "at"),
    }


def _most(snapshots: list[Snapshot], part: str, key: str) -> list[dict[str, Any]]:
    lines = [line for snapshot in snapshots for line in snapshot[part]]
    return heapq.nlargest(LINES, lines, key=lambda line: line[key])


def _prefix() -> str:
    return f"{conf.current().redis_prefix}:top:"
