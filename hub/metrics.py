"""What a hub process counts of itself, in prometheus_client's registry: hub/views.py serves it.

Guarantees that a delivery costs nothing more: a round of the fan-out counts once per topic, and gauges are looked up
when somebody asks. Each process counts for itself alone, and publish → write trusts the publisher's clock.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from hub.node import Node

DELIVERIES = Counter("hub_deliveries", "Events given to subscribers, one for each of them.")
DROPS = Counter("hub_drops", "Messages that waited for a socket and were not written to it, by cause.", ["cause"])
GAPS_FOUND = Counter("hub_gaps_found", "Times that a topic was found to be behind the log, or to need it.")
GAPS_HEALED = Counter("hub_gaps_healed", "Times that it then had everything again.")
PLACES_LOST = Counter("hub_places_lost", "Times that the log did not have what a topic missed: its readers begin anew.")
RECOVERIES = Counter("hub_recoveries", "Clients that came back with a position, by result.", ["result"])
DISCONNECTS = Counter("hub_disconnects", "Connections that ended, by the code of their close.", ["code"])
WRITE_LATENCY = Histogram(
    "hub_publish_to_write_seconds",
    "From publish() to the write to the last socket, of the oldest event of a round.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
REPLACED = DROPS.labels("replaced")
_TIME, _TIME_LENGTH = b'","time":"', len("2026-01-01T00:00:00.000000Z")


def written(envelope: bytes) -> None:
    """An event was written just now, and so was all that came with it. What precedes its time is escaped text."""
    start = envelope.find(_TIME) + len(_TIME)
    with contextlib.suppress(ValueError, OverflowError):  # What a client published may say no time, or any.
        published = datetime.fromisoformat(envelope[start : start + _TIME_LENGTH].decode())
        WRITE_LATENCY.observe(max(0.0, time.time() - published.timestamp()))


# By the upper end of each bucket, in seconds: how many were no later than that.
Latencies = Mapping[float, float]


def latencies() -> Latencies:
    """How late the writes until now were."""
    (metric,) = WRITE_LATENCY.collect()
    return {float(each.labels["le"]): each.value for each in metric.samples if each.name.endswith("_bucket")}


def between(before: Latencies, after: Latencies) -> Latencies:
    return {end: count - before.get(end, 0) for end, count in after.items()}


def quantile_ms(late: Latencies, share: float) -> float | None:
    """So late at most was that share of the writes, in ms, as far as the buckets tell; None where there were none."""
    ends = sorted(late)
    wanted = share * late[ends[-1]]
    if not wanted:
        return None
    begin, below = 0.0, 0.0
    for end in ends:
        if late[end] >= wanted:
            # Beyond the last bucket nobody knows how late: its beginning is the least it can be.
            part = 0.0 if end == math.inf else (end - begin) * (wanted - below) / (late[end] - below)
            return round((begin + part) * 1000, 1)
        begin, below = end, late[end]
    return None


def gaps() -> dict[str, int]:
    """What was counted of topics that fell behind the log, since the process began."""
    counted = {"gaps_found": GAPS_FOUND, "gaps_healed": GAPS_HEALED, "places_lost": PLACES_LOST}
    return {name: int(next(iter(counter.collect())).samples[0].value) for name, counter in counted.items()}


CONNECTIONS = Gauge("hub_connections", "Sockets that are open.")
SUBSCRIPTIONS = Gauge("hub_subscriptions", "Subscriptions of them all.")
TOPICS = Gauge("hub_topics", "Topics that the process follows.")
QUEUE_BYTES = Gauge("hub_queue_bytes", "Bytes that wait for sockets whose transport is full.")
QUEUE_SOCKETS = Gauge("hub_queue_sockets", "Sockets whose transport is full.")
LOG_HEAD_LAG = Gauge("hub_log_head_lag", "Events that the log had and the process did not, when last compared.")
LOG_SILENCE = Gauge("hub_log_silence_seconds", "Time since the process could last compare itself with the log.")


def watch(node: Node) -> None:
    """The gauges tell of that node from now on."""
    CONNECTIONS.set_function(lambda: len(node.sessions))
    SUBSCRIPTIONS.set_function(lambda: sum(len(topic.subscribers) for topic in node.topics))
    TOPICS.set_function(lambda: len(node.topics))
    QUEUE_BYTES.set_function(lambda: sum(session.outbox.waiting_bytes for session in node.sessions))
    QUEUE_SOCKETS.set_function(lambda: sum(session.outbox.full_since is not None for session in node.sessions))
    LOG_HEAD_LAG.set_function(lambda: node.reader.lag)
    LOG_SILENCE.set_function(lambda: node.reader.silence_s)
