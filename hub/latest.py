"""The newest values of latest-value topics: sent over the bus, and kept in Redis for who comes back, wherever he does.

Guarantees nothing: a value lives for HUB_LATEST_TTL_S and while Redis does; of a topic the newest KEYS_MAX are known.
"""

import time
from typing import cast

from hub import conf, hints

KEYS_MAX = 500


def send(topic: str, key: str, envelope: bytes) -> None:
    """Keeps the value and tells every process. Never raises."""
    if conf.current().latest_ttl_s:
        hints.while_there(lambda: _keep(topic, key, envelope))
    hints.send([hints.of_latest(topic, key, envelope)])


def _keep(topic: str, key: str, envelope: bytes) -> None:
    ttl, index = conf.current().latest_ttl_s, _index(topic)
    pipeline = hints.client().pipeline(transaction=False)
    pipeline.set(_value(topic, key), envelope, ex=ttl)
    # By our clock: one that is wrong may cost a key its place in the order, never its value.
    pipeline.zadd(index, {key: time.time()})
    pipeline.zremrangebyrank(index, 0, -KEYS_MAX - 1)
    pipeline.expire(index, ttl)
    pipeline.execute()


def newest(topic: str) -> dict[str, bytes]:
    """The envelope of each key that is known, the newest last: as many as one recovery may bring, in bytes."""
    kept: dict[str, bytes] = {}
    room = conf.current().recovery_bytes
    for key, envelope in reversed(hints.while_there(lambda: _read(topic)) or []):
        room -= len(envelope)
        if room < 0:
            break
        kept[key] = envelope
    return dict(reversed(kept.items()))


def _read(topic: str) -> list[tuple[str, bytes]]:
    client = hints.client()
    keys = [key.decode() for key in cast(list[bytes], client.zrange(_index(topic), 0, -1))]
    values = cast(list[bytes | None], client.mget([_value(topic, key) for key in keys])) if keys else []
    return [(key, value) for key, value in zip(keys, values, strict=True) if value is not None]


def _index(topic: str) -> str:
    """A sorted set: key → Unix time of its newest value."""
    return f"{conf.current().redis_prefix}:latest:{topic}"


def _value(topic: str, key: str) -> str:
    # No topic has a newline in its name, so that none is taken for a key of another.
    return f"{_index(topic)}\n{key}"
