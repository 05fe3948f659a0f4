"""The threads of a hub process: what may block never runs on its loop.

Two pools, so that a slow `may_read` or rpc of the application never delays the reading of the log.
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
        self._app = ThreadPoolExecutor(app_threads, thread_name_prefix="hub-app")

    async def log(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the hub's own query; its connection is kept until it fails."""
        return await asyncio.get_running_loop().run_in_executor(self._log, lambda: _kept(work, *args, **kwargs))

    async def app(self, work: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the application's code, with connections as in a request of Django."""
        return await asyncio.get_running_loop().run_in_executor(self._app, lambda: _fresh(work, *args, **kwargs))

    def close(self) -> None:
        self._log.shutdown(wait=False, cancel_futures=True)
        self._app.shutdown(wait=False, cancel_futures=True)


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
