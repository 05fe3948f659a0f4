"""The newest values of latest-value topics: sent over the bus, and kept in Redis for who comes back, wherever he does.

Guarantees nothing: a value lives for HUB_LATEST_TTL_S and while Redis does; of a topic the newest KEYS_MAX are known.
"""

from functools import cache
from typing import Any, cast

from hub import conf, hints

KEYS_MAX = 500
# One command for all of it: positions come by the thousand. The order of keys is by the clock of Redis.
_SEND = """
local now = redis.call('TIME')
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
redis.call('ZADD', KEYS[1], now[1] * 1000000 + now[2], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[4] - 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', ARGV[5], ARGV[6])
"""


def send(topic: str, key: str, envelope: bytes) -> None:
    """Keeps the value and tells every process. Never raises."""
    told, ttl = [hints.of_latest(topic, key, envelope)], conf.current().latest_ttl_s
    if not ttl:
        hints.send(told)
        return
    keys = [_index(topic), _value(topic, key)]
    args = [key, envelope, ttl, KEYS_MAX, hints.group_channel(), hints.message(told)]
    hints.while_there(lambda: _script()(keys=keys, args=args))


@cache
def _script() -> Any:
    return hints.client().register_script(_SEND)


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
