"""The writing end of presence: this process' users, kept in Redis with a time to live."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence

import redis

from hub import conf, hints
from hub.presence import processes_key, users_key
from hub.workers import Workers

logger = logging.getLogger(__name__)

# Comings and goings within this time are written together.
JOIN_S = 0.05


class Roster:
    def __init__(self, process: str, workers: Workers) -> None:
        self._process = process
        self._workers = workers
        self._ttl = conf.current().presence_ttl_s
        self._sockets: Counter[str] = Counter()
        self._changed: set[str] = set()
        self._wake = asyncio.Event()

    def came(self, user: str) -> None:
        self._sockets[user] += 1
        if user and self._sockets[user] == 1:
            self._change(user)

    def left(self, user: str) -> None:
        self._sockets[user] -= 1
        if not self._sockets[user]:
            del self._sockets[user]
            self._change(user)

    def _change(self, user: str) -> None:
        self._changed.add(user)
        self._wake.set()

    async def keep(self) -> None:
        """Forever: writes changes at once, and everything every third of its time to live."""
        refreshed = 0.0
        while True:
            whole = time.monotonic() - refreshed > self._ttl / 3
            if whole:
                refreshed = time.monotonic()
            changed, self._changed = self._changed, set()
            try:
                if whole:
                    await self._workers.log(self._write_all, [user for user in self._sockets if user])
                else:
                    there = [user for user in changed if user in self._sockets]
                    await self._workers.log(self._write, there, [user for user in changed if user not in self._sockets])
            except (redis.RedisError, OSError) as error:
                logger.warning("hub presence not written: %s", type(error).__name__)
                refreshed = time.monotonic() - self._ttl / 3 + 1
            await self._pause(refreshed)

    async def _pause(self, refreshed: float) -> None:
        self._wake.clear()
        if not self._changed:
            try:
                await asyncio.wait_for(self._wake.wait(), max(0.1, refreshed + self._ttl / 3 - time.monotonic()))
            except TimeoutError:
                return
        await asyncio.sleep(JOIN_S)

    def _write(self, came: Sequence[str], left: Sequence[str]) -> None:
        pipeline = hints.client().pipeline(transaction=False)
        if came:
            pipeline.sadd(users_key(self._process), *came)
        if left:
            pipeline.srem(users_key(self._process), *left)
        pipeline.expire(users_key(self._process), self._ttl)
        pipeline.execute()

    def _write_all(self, users: Sequence[str]) -> None:
        key, now = users_key(self._process), time.time()
        pipeline = hints.client().pipeline(transaction=True)
        pipeline.delete(key)
        if users:
            pipeline.sadd(key, *users)
            pipeline.expire(key, self._ttl)
        pipeline.zadd(processes_key(), {self._process: now})
        pipeline.zremrangebyscore(processes_key(), "-inf", now - 10 * self._ttl)
        pipeline.execute()

    def forget(self) -> None:
        """On a clean end: nobody is connected here any more."""
        pipeline = hints.client().pipeline(transaction=True)
        pipeline.delete(users_key(self._process))
        pipeline.zrem(processes_key(), self._process)
        pipeline.execute()
