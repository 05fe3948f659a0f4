"""Many who ask in the same moment are answered by few questions, whatever they are put to.

Guarantees that whoever asks gets what was asked after he came, that one question is under way at a time, and that what
goes wrong with it reaches all who wait for it. Does not try again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Batcher(Generic[K, V]):
    def __init__(
        self, ask: Callable[[list[K]], Awaitable[Mapping[K, V]]], *, at_once: int = 100, delay_s: float = 0.0
    ) -> None:
        """`ask` answers every key of a question, which has `at_once` at most, `delay_s` after the first was wanted."""
        self._ask, self._at_once, self._delay_s = ask, at_once, delay_s
        self._waiting: dict[K, asyncio.Future[V]] = {}
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many keys no question has been asked for yet."""
        return len(self._waiting)

    def __call__(self, key: K) -> asyncio.Future[V]:
        self.want(key)
        return asyncio.shield(self._waiting[key])

    def want(self, key: K) -> None:
        """Asks, and waits for no answer."""
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None:
            self._task = asyncio.ensure_future(self._rounds())

    async def _rounds(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._delay_s)
            asked = {key: self._waiting.pop(key) for key in list(islice(self._waiting, self._at_once))}
            try:
                answers = await self._ask(list(asked))
                for key, future in asked.items():
                    future.set_result(answers[key])
            except Exception as error:  # Whatever it was, those who asked must hear of it.
                for future in asked.values():
                    if not future.done():
                        future.set_exception(error)
        self._task = None
