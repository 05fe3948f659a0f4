"""The published `centrifuge-python`, unmodified."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from centrifuge import (
    Client,
    PublicationContext,
    StreamPosition,
    SubscribedContext,
    SubscriptionEventHandler,
    UnsubscribedContext,
)

import hub
from tests.hub import checker
from tests.hub.database import url as database_url
from tests.hub.stack import DaphneServer
from tests.hub.writing import in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database")

PATIENCE_S = 20.0


class Ears(SubscriptionEventHandler):  # type: ignore[misc]
    """Keeps what the SDK reports."""

    def __init__(self) -> None:
        self.subscribed: asyncio.Queue[SubscribedContext] = asyncio.Queue()
        self.publications: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.unsubscribed: asyncio.Queue[int] = asyncio.Queue()

    async def on_subscribed(self, ctx: SubscribedContext) -> None:
        self.subscribed.put_nowait(ctx)

    async def on_publication(self, ctx: PublicationContext) -> None:
        self.publications.put_nowait({"offset": ctx.pub.offset, "data": ctx.pub.data})

    async def on_unsubscribed(self, ctx: UnsubscribedContext) -> None:
        self.unsubscribed.put_nowait(ctx.code)


async def leave(client: Client) -> None:
    """disconnect() closes the socket in the background; wait for that."""
    await client.disconnect()
    await asyncio.gather(*client._background_tasks, return_exceptions=True)


async def soon(queue: "asyncio.Queue[Any]") -> Any:
    return await asyncio.wait_for(queue.get(), PATIENCE_S)


async def test_it_connects_subscribes_and_recovers_after_the_process_was_killed(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic, server, ears = f"open:{number}", serve(), Ears()
    client = Client(server.url, token=await issued(7), min_reconnect_delay=0.05, max_reconnect_delay=0.3)
    subscription = client.new_subscription(topic, events=ears)
    await client.connect()
    await subscription.subscribe()
    assert (await soon(ears.subscribed)).recovered is False
    await published(topic, *range(10))
    received = [await soon(ears.publications) for _ in range(10)]

    await asyncio.to_thread(server.kill)
    await published(topic, *range(10, 20))
    await asyncio.to_thread(server.start)
    again = await soon(ears.subscribed)
    received += [await soon(ears.publications) for _ in range(10)]
    await leave(client)
    assert (again.was_recovering, again.recovered) == (True, True)
    assert checker.compare(database_url(), topic, received).clean


async def test_rpc_and_a_foreign_topic(server: DaphneServer) -> None:
    ears = Ears()
    client = Client(server.url, token=await issued(7))
    await client.connect()
    assert (await client.rpc("echo", {"text": "门铃"})).data == {"user": "7", "data": {"text": "门铃"}}
    await client.new_subscription("own:8", events=ears).subscribe()
    assert await soon(ears.unsubscribed) == 103
    await leave(client)


async def test_a_position_that_cannot_be_recovered_makes_it_load_the_state_anew(
    server: DaphneServer, number: int
) -> None:
    topic, ears = f"open:{number}", Ears()
    await published(topic, 1, 2)
    positions = [StreamPosition(offset=1, epoch="of-a-restored-log")]

    async def get_state(channel: str) -> StreamPosition:
        return positions.pop() if positions else StreamPosition(**(await in_thread(hub.heads, [channel]))[channel])

    client = Client(server.url, token=await issued(7))
    await client.connect()
    await client.new_subscription(topic, events=ears, get_state=get_state).subscribe()
    assert (await soon(ears.subscribed)).recovered is True
    assert positions == []
    await published(topic, 3)
    assert (await soon(ears.publications))["offset"] == 3
    await leave(client)
