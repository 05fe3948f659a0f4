"""The threads of a hub process: what may block never runs on its loop.

Pools of their own. Guarantees that a slow rpc of the application delays no `may_read`, neither of them the reading of
the log, and a slow Redis none of the three; not that anything ends: a thread that hangs is one less.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

P = ParamSpec("P")
R = TypeVar("R")

LOG_THREADS = 2


class Workers:
    def __init__(self, *, app_threads: int) -> None:
        self._log = ThreadPoolExecutor(LOG_THREADS, thread_name_prefix="hub-log")
        self._redis = ThreadPoolExecutor(1, thread_name_prefix="hub-redis")
        self._registry = ThreadPoolExecutor(app_threads, thread_name_prefix="hub-registry")
        self._rpc = ThreadPoolExecutor(app_threads, thread_name_prefix="hub-rpc")
        # Calls of methods that run or wait.
        self.rpcs = 0

    async def log(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the hub's own query; its connection is kept until it fails."""
        return await asyncio.get_running_loop().run_in_executor(self._log, lambda: _kept(work, *args, **kwargs))

    async def redis(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs what asks Redis and no database."""
        return await asyncio.get_running_loop().run_in_executor(self._redis, lambda: work(*args, **kwargs))

    async def registry(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the application's `may_read`, with connections as in a request of Django."""
        return await asyncio.get_running_loop().run_in_executor(self._registry, lambda: _fresh(work, *args, **kwargs))

    async def rpc(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a method of the application, likewise."""
        self.rpcs += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._rpc, lambda: _fresh(work, *args, **kwargs))
        finally:
            self.rpcs -= 1


def _kept(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return work(*args, **kwargs)
    except DatabaseError:
        connections.close_all()
        raise


def _fresh(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    close_old_connections()
    try:
        return work(*args, **kwargs)
    finally:
        close_old_connections()
