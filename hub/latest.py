"""The newest values of latest-value topics: sent over the bus, and kept in Redis for who comes back, wherever he does.

Guarantees nothing: a value lives for HUB_LATEST_TTL_S and while Redis does; of a topic the newest KEYS_MAX are known.
In a process with sockets the newest of each key in JOIN_S go as one message; elsewhere each is sent at once.
"""

import asyncio
import atexit
import threading
from collections.abc import Mapping
from functools import cache
from itertools import islice
from typing import Any, cast

from hub import conf, hints
from hub.workers import Workers

KEYS_MAX = 500
JOIN_S = 0.025
# So many values are one command: Redis does nothing else meanwhile.
TOGETHER_MAX = 200
# One command for all of it: positions come by the thousand. The order of keys is by the clock of Redis.
_SEND = """
local now = redis.call('TIME')
for i = 1, #KEYS, 2 do
    redis.call('SET', KEYS[i + 1], ARGV[i + 5], 'EX', ARGV[1])
    redis.call('ZADD', KEYS[i], now[1] * 1000000 + now[2] + i, ARGV[i + 4])
    redis.call('ZREMRANGEBYRANK', KEYS[i], 0, -ARGV[2] - 1)
    redis.call('EXPIRE', KEYS[i], ARGV[1])
end
redis.call('PUBLISH', ARGV[3], ARGV[4])
"""

# Topic and key → envelope.
Values = Mapping[tuple[str, str], bytes]


def send(topic: str, key: str, envelope: bytes) -> None:
    """Keeps the value and tells every process, soon. From any thread; never raises."""
    if _collector is None:
        _send({(topic, key): envelope})
    else:
        _collector.put((topic, key), envelope)


class Collector:
    """What this process publishes, until its loop has it sent."""

    def __init__(self, workers: Workers) -> None:
        self._workers, self._loop = workers, asyncio.get_running_loop()
        self._lock, self._wake = threading.Lock(), asyncio.Event()
        self._values: dict[tuple[str, str], bytes] = {}

    def put(self, place: tuple[str, str], envelope: bytes) -> None:
        with self._lock:
            is_first = not self._values
            # At the end, wherever its key was: the newest is the last.
            self._values.pop(place, None)
            self._values[place] = envelope
        try:
            if is_first or self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._wake.set)
        except RuntimeError:  # The loop has ended, and the process may not have.
            self.flush()

    async def run(self) -> None:
        """Forever: sends what comes, at once after a pause, and joined while more comes."""
        global _collector
        _collector = self
        atexit.register(self.flush)
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._workers.redis(self.flush)
            await asyncio.sleep(JOIN_S)

    def flush(self) -> None:
        with self._lock:
            values, self._values = self._values, {}
        waiting = iter(values.items())
        while together := dict(islice(waiting, TOGETHER_MAX)):
            _send(together)


_collector: Collector | None = None


def _send(values: Values) -> None:
    told, ttl = [hints.of_latest(*place, envelope) for place, envelope in values.items()], conf.current().latest_ttl_s
    if not ttl:
        hints.send(told)
        return
    keys = [name for topic, key in values for name in (_index(topic), _value(topic, key))]
    args = [ttl, KEYS_MAX, hints.group_channel(), hints.message(told)]
    args += [value for (_, key), envelope in values.items() for value in (key, envelope)]
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
