"""What a person knows of his orders: the newest card of each, and a way to wait for news."""

import asyncio
from collections.abc import Callable
from typing import Any

Card = dict[str, Any]


class Orders:
    """Cards by order id, from snapshots and events alike; an older version never replaces a newer one."""

    def __init__(self) -> None:
        self._cards: dict[int, Card] = {}
        self._news = asyncio.Condition()
        self._waking: set[asyncio.Task[None]] = set()

    def get(self, order_id: int) -> Card | None:
        return self._cards.get(order_id)

    def all(self) -> list[Card]:
        return list(self._cards.values())

    def put(self, card: Card) -> None:
        """Somebody told us how an order looks."""
        known = self._cards.get(card["id"])
        if known is None or card["version"] >= known["version"]:
            self._cards[card["id"]] = card
            self._wake()

    def note(self, order_id: int, *, phase: str, version: int) -> None:
        """A command was answered: its event may come later than the answer."""
        known = self._cards.get(order_id)
        if known is not None and version > known["version"]:
            self.put(known | {"phase": phase, "version": version})

    def forget(self, order_id: int) -> None:
        """Over and done with."""
        self._cards.pop(order_id, None)

    async def news(self, timeout_s: float) -> None:
        """Wait until something changes, or so long."""
        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait()
        except TimeoutError:
            return

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on the cards holds."""
        async with self._news:
            await self._news.wait_for(condition)

    def _wake(self) -> None:
        task = asyncio.get_running_loop().create_task(self._notify())
        self._waking.add(task)
        task.add_done_callback(self._waking.discard)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()
