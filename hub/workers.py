"""The threads of a hub process: what may block never runs on its loop.

Pools of their own. Guarantees that a slow rpc of the application delays no `may_read`, neither of them the reading of
the log, and a slow Redis none of the three; not that anything ends: a thread that hangs is one less.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from django.db import Error as DatabaseError
from django.db import connections

P = ParamSpec("P")
R = TypeVar("R")

LOG_THREADS = 2


class Workers:
    def __init__(self, *, app_threads: int) -> None:
        self._log = _Pool(LOG_THREADS, "hub-log")
        self._redis = _Pool(1, "hub-redis")
        self._registry = _Pool(app_threads, "hub-registry")
        self._rpc = _Pool(app_threads, "hub-rpc")
        # Calls of methods that run or wait.
        self.rpcs = 0

    async def log(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the hub's own query; its connection is kept until it fails."""
        return await self._log.run(lambda: _kept(work, *args, **kwargs))

    async def redis(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs what asks Redis and no database."""
        return await self._redis.run(lambda: work(*args, **kwargs))

    async def registry(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the application's `may_read`; its connection is kept, and tried before it is used again."""
        return await self._registry.run(lambda: _tried(work, *args, **kwargs))

    async def rpc(self, turn: asyncio.Lock, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a method of the application, likewise, when those that took the turn before it are done."""
        self.rpcs += 1
        try:
            async with turn:
                return await self._rpc.run(lambda: _tried(work, *args, **kwargs))
        finally:
            self.rpcs -= 1


class _Pool:
    """Threads that end with the process. An executor's would cost more than most of our calls: it wakes the loop for
    each answer, here once for all that there are."""

    def __init__(self, threads: int, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._calls: SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]]] = SimpleQueue()
        # How a future is settled, and with what.
        self._answers: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._told = False
        self._idle = [Thread(target=self._work, name=name, daemon=True) for _ in range(threads)]

    async def run(self, work: Callable[[], R]) -> R:
        answer: asyncio.Future[R] = self._loop.create_future()
        self._calls.put((answer, work))
        if self._idle:
            self._idle.pop().start()
        return await answer

    def _work(self) -> None:
        with contextlib.suppress(RuntimeError):  # The loop has ended.
            while True:
                answer, work = self._calls.get()
                if answer.cancelled():
                    continue
                self._answers.append(_outcome(answer, work))
                # Asked when the answer is there: _tell() forgets first, and looks then.
                if not self._told:
                    self._told = True
                    self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._told = False
        while self._answers:
            settle, outcome = self._answers.popleft()
            with contextlib.suppress(asyncio.InvalidStateError):  # Nobody waits any more.
                settle(outcome)


def _outcome(answer: asyncio.Future[Any], work: Callable[[], Any]) -> tuple[Callable[[Any], None], Any]:
    try:
        return answer.set_result, work()
    except StopIteration as error:  # No future takes it.
        return answer.set_exception, RuntimeError(repr(error))
    except BaseException as error:
        return answer.set_exception, error


def _kept(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return work(*args, **kwargs)
    except DatabaseError:
        connections.close_all()
        raise


def _tried(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return work(*args, **kwargs)
    finally:
        for connection in connections.all(initialized_only=True):
            if not connection.settings_dict["OPTIONS"].get("pool"):
                # What a request may keep is not what a thread of ours may: it has its own until that fails.
                connection.close_at, connection.health_check_enabled = None, True  # type: ignore[attr-defined]
            connection.close_if_unusable_or_obsolete()
