"""Hub processes that die, and that are asked to go: clients go on at the other one without a gap."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import websockets

import hub
from tests.hub import checker
from tests.hub.client import opened
from tests.hub.database import url as database_url
from tests.hub.stack import DaphneServer
from tests.hub.writing import in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database")

EVENTS = 120


class Traveller:
    """Reads a topic to its end, at whichever process will have it."""

    def __init__(self, topic: str, urls: list[str]) -> None:
        self.topic, self.urls = topic, urls
        self.received: list[dict[str, Any]] = []
        self.disconnects: list[int] = []
        self.there = asyncio.Event()

    async def travel(self) -> None:
        epoch, turn = "", 0
        while len(self.received) < EVENTS:
            url = self.urls[turn % len(self.urls)]
            turn += 1
            try:
                async with opened(url, await issued(7)) as client:
                    result = await client.do(
                        "subscribe", channel=self.topic, recover=True, offset=len(self.received), epoch=epoch
                    )
                    assert result["recovered"] is True
                    epoch = result["epoch"]
                    self.there.set()
                    self.received += result.get("publications", [])
                    while len(self.received) < EVENTS:
                        push = await client.push(seconds=3.0)
                        if "disconnect" in push:
                            self.disconnects.append(push["disconnect"]["code"])
                            break
                        self.received.append(push["pub"])
            except (OSError, websockets.WebSocketException, TimeoutError, asyncio.CancelledError):
                continue


@pytest.mark.parametrize("end", ["kill", "end"])
async def test_clients_of_a_process_that_ends_resume_at_the_other(
    serve: Callable[..., DaphneServer], number: int, end: str
) -> None:
    topic = f"open:{number}"
    first, second = serve(HUB_DRAIN_S=0.5), serve()
    travellers = [Traveller(topic, [first.url, second.url]) for _ in range(10)]
    travels = [asyncio.ensure_future(traveller.travel()) for traveller in travellers]
    # Whoever came only now would be sent away at the door, without a word.
    await asyncio.gather(*(traveller.there.wait() for traveller in travellers))
    for value in range(EVENTS):
        await published(topic, value)
        if value == EVENTS // 2:
            ending = asyncio.ensure_future(asyncio.to_thread(getattr(first, end)))
            # Nobody must have read to the end before it ends.
            await asyncio.sleep(1.0)
    await asyncio.gather(*travels)
    await ending

    for traveller in travellers:
        assert checker.compare(database_url(), topic, traveller.received).clean
    if end == "end":
        assert [traveller.disconnects for traveller in travellers] == [[3001]] * 10


async def test_events_published_while_no_process_ran_are_waiting(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic = f"open:{number}"
    position = (await in_thread(hub.heads, [topic]))[topic]
    await published(topic, *range(5))
    async with opened(serve().url, await issued(7)) as client:
        result = await client.do("subscribe", channel=topic, recover=True, **position)
    assert checker.compare(database_url(), topic, result["publications"]).clean
