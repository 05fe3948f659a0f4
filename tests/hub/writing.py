"""Publishing from tests: in a thread with its own connection, as an application would."""

import asyncio
from collections.abc import Callable
from typing import Any

from django.db import connections

import hub
from hub import hints as sending


def publish(topic: str, *values: int) -> None:
    """One transaction per value."""
    for value in values:
        with hub.atomic():
            hub.publish(topic, type="test.happened", data={"value": value})


async def in_thread(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Runs database work off the loop and leaves no connection behind."""

    def run() -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


async def published(topic: str, *values: int) -> None:
    await in_thread(publish, topic, *values)


class HeldHints:
    """Stands between the commit and the bus: collects hints, which the test may send, repeat, shuffle or drop."""

    def __init__(self) -> None:
        self.hints: list[Any] = []
        self.send = sending.send

    def __call__(self, hints: Any) -> None:
        self.hints.extend(hints)


async def issued(user_id: int | str) -> str:
    """A token of the hub's own; issuing one reads the log."""
    return str(await in_thread(hub.tokens.issue, user_id))
