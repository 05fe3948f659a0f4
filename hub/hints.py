"""The sending end of the bus: synchronous, best effort, never in anybody's way.

A hint says "this topic has this event now" and carries it if it is small. Guarantees that with Redis away a
caller waits 0.2 s once; then the breaker keeps everybody from trying for a while. Not that a hint arrives: losing,
repeating or reordering them costs at most a second, the log is what counts.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import msgpack
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub import conf
from hub.log import LoggedEvent

logger = logging.getLogger(__name__)

R = TypeVar("R")
Hint = Mapping[str, Any]

TIMEOUT_S = 0.2
BREAKER_S = 1.0
# Every process listens to this one group; its name on Redis is the one channels_redis' pub/sub layer gives it.
GROUP = "hints"


class _Breaker:
    """After a failure nobody tries for BREAKER_S."""

    open_until = 0.0


_breaker = _Breaker()


@cache
def client() -> "redis.Redis":
    """The process' synchronous Redis client; opens a connection only when used."""
    return redis.Redis.from_url(
        conf.current().redis_url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


def of_event(event: LoggedEvent) -> Hint:
    small = len(event.envelope) <= conf.current().hint_bytes_max
    return {
        "topic": event.topic,
        "epoch": event.epoch,
        "offset": event.offset,
        "envelope": event.envelope if small else None,
    }


def of_latest(topic: str, key: str, envelope: bytes) -> Hint:
    return {"topic": topic, "key": key, "envelope": envelope}


def of_members(topic: str, news: Sequence[tuple[str, str, bytes]]) -> Hint:
    """Who came and went: ("join" or "leave", client id, what is public of it)."""
    return {"topic": topic, "members": news}


def send(hints: Sequence[Hint]) -> None:
    """Publishes the hints of one transaction in one message. Never raises."""
    if hints:
        packed = message(hints)
        while_there(lambda: client().publish(group_channel(), packed))


def while_there(work: Callable[[], R]) -> R | None:
    """What `work` gets from Redis; None while Redis is away."""
    if time.monotonic() < _breaker.open_until:
        return None
    try:
        return work()
    except (redis.RedisError, OSError) as error:
        _breaker.open_until = time.monotonic() + BREAKER_S
        logger.warning("hub redis away: %s", type(error).__name__)
        return None


def beat(channel: str) -> None:
    """Publishes nothing, for one who listens to hear that Redis is there; raises where it is not."""
    client().publish(channel, message([]))


def message(hints: Sequence[Hint]) -> bytes:
    """As channels_redis' layer reads it."""
    return bytes(msgpack.packb({"type": "hub.hints", "hints": hints}))


def group_channel() -> str:
    return f"{conf.current().redis_prefix}__group__{GROUP}"
