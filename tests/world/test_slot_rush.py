"""Somebody of the crowd asks a busy server again, but neither at once nor for ever."""

import asyncio
import time
from http import HTTPStatus
from typing import Any, cast

import pytest

from tests.world import slot_rush
from tests.world.people import Customer, Refused


class Busy:
    """Answers 503 so many times."""

    def __init__(self, times: float) -> None:
        self.times = times
        self.keys = list[str]()

    async def post(self, path: str, body: Any, *, key: str) -> None:
        self.keys.append(key)
        if len(self.keys) <= self.times:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, {"code": "unavailable"})


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long he waited each time: no time passes but this."""
    pauses = list[float]()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))
    return pauses


async def test_a_busy_server_is_asked_again_after_a_pause_with_the_same_key(slept: list[float]) -> None:
    server = Busy(2)
    assert await slot_rush._book(cast("Customer", server), {}) == "booked"
    assert slept == [0.5, 0.5]
    assert len(set(server.keys)) == 1


async def test_a_server_that_stays_busy_is_given_up(slept: list[float]) -> None:
    with pytest.raises(Refused):
        await slot_rush._book(cast("Customer", Busy(2_000)), {})
    assert sum(slept) == 300
