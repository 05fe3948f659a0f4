"""The town of the browser's tests, acted in from beside Playwright's loop."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, ExitStack
from typing import Any, TypeVar

from tests.world.town import Town

T = TypeVar("T")


class World:
    """The town, acted in from a thread with a loop of its own: Playwright's occupies the tests' thread."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, act: Coroutine[Any, Any, T], *, within_s: float = 90) -> T:
        """Do it, and wait for it."""
        return asyncio.run_coroutine_threadsafe(act, self._loop).result(within_s)

    def enter(self, context: AbstractAsyncContextManager[T], leave: ExitStack) -> T:
        """Enter an asynchronous context; it is left with `leave`."""
        entered = self.run(context.__aenter__())
        leave.callback(lambda: self.run(context.__aexit__(None, None, None)))
        return entered

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
