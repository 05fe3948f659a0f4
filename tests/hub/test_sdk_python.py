"""The published `centrifuge-python`, unmodified."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from centrifuge import (
    Client,
    ClientEventHandler,
    ConnectedContext,
    DisconnectedContext,
    PublicationContext,
    ReplyError,
    ServerPublicationContext,
    ServerSubscribedContext,
    ServerUnsubscribedContext,
    StreamPosition,
    SubscribedContext,
    SubscriptionEventHandler,
    UnauthorizedError,
    UnsubscribedContext,
)
from django.conf import settings

import hub
from tests.hub import checker
from tests.hub.database import url as database_url
from tests.hub.notes.models import Reader
from tests.hub.stack import DaphneServer
from tests.hub.test_revoke import take_off
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


class ClientEars(ClientEventHandler):  # type: ignore[misc]
    """What it reports of the connection, and of what the server subscribed it to."""

    def __init__(self) -> None:
        self.connected: asyncio.Queue[Any] = asyncio.Queue()
        self.disconnected: asyncio.Queue[int] = asyncio.Queue()
        self.subscribed: asyncio.Queue[ServerSubscribedContext] = asyncio.Queue()
        self.publications: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.unsubscribed: asyncio.Queue[str] = asyncio.Queue()

    async def on_connected(self, ctx: ConnectedContext) -> None:
        self.connected.put_nowait(ctx.data)

    async def on_disconnected(self, ctx: DisconnectedContext) -> None:
        self.disconnected.put_nowait(ctx.code)

    async def on_subscribed(self, ctx: ServerSubscribedContext) -> None:
        self.subscribed.put_nowait(ctx)

    async def on_publication(self, ctx: ServerPublicationContext) -> None:
        self.publications.put_nowait({"offset": ctx.pub.offset, "data": ctx.pub.data})

    async def on_unsubscribed(self, ctx: ServerUnsubscribedContext) -> None:
        self.unsubscribed.put_nowait(ctx.channel)


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


# The rest of the protocol. Cache recovery, history, joins and leaves are beside their subjects' tests.


async def test_it_says_something_with_its_connect_and_is_answered(server: DaphneServer) -> None:
    ears = ClientEars()
    client = Client(server.url, token=await issued(7), events=ears, data={"app": "门铃"})
    await client.connect()
    assert await soon(ears.connected) == {"hello": "7", "heard": {"app": "门铃"}}
    await leave(client)
    assert await soon(ears.disconnected) == 0
    for code in (460, 4501):
        refused = Client(server.url, token=await issued(7), events=ears, data={"refuse": code})
        await refused.connect()
        assert await soon(ears.disconnected) == code
        # Its socket goes in the background: it must not be left to whoever comes next.
        await leave(refused)


async def test_server_side_subscriptions_recover_after_the_process_was_killed(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic, gone, server, ears = f"open:{number}", f"private:{number}", serve(), ClientEars()
    await in_thread(Reader.objects.create, user_id="7", private_id=number)
    token = await in_thread(lambda: hub.tokens.issue(7, subs={topic: {"data": 1}, gone: {"data": 1}}))
    client = Client(server.url, token=token, events=ears, min_reconnect_delay=0.05, max_reconnect_delay=0.3)
    await client.connect()
    begun = [await soon(ears.subscribed) for _ in range(2)]
    assert {(each.channel, each.data, each.recovered) for each in begun} == {(topic, 1, False), (gone, 1, False)}
    await published(topic, *range(5))
    received = [await soon(ears.publications) for _ in range(5)]

    await asyncio.to_thread(server.kill)
    await published(topic, *range(5, 10))
    await asyncio.to_thread(server.start)
    again = [await soon(ears.subscribed) for _ in range(2)]
    assert {(each.was_recovering, each.recovered) for each in again} == {(True, True)}
    received += [await soon(ears.publications) for _ in range(5)]
    assert checker.compare(database_url(), topic, received).clean

    await in_thread(take_off, "7", number)
    assert await soon(ears.unsubscribed) == gone
    await leave(client)


async def test_it_refreshes_its_tokens_and_stays(serve: Callable[..., DaphneServer], number: int) -> None:
    server, topic, ears, client_ears = serve(HUB_EXPIRED_GRACE_S=2), f"private:{number}", Ears(), ClientEars()

    def made(lives_s: float, **claims: Any) -> str:
        until = {"sub": "7", "aud": "hub", "exp": time.time() + lives_s}
        return jwt.encode(until | claims, settings.HUB_KEYS[0], "HS256")

    tokens = [made(60, channel=topic), made(8, channel=topic), made(-1, channel=topic)]

    async def get_connection_token() -> str:
        return made(60)

    async def get_token(channel: str) -> str:
        return tokens.pop()

    client = Client(server.url, token=made(8), get_token=get_connection_token, events=client_ears)
    await client.connect()
    # The first of its tokens has run out: error 109, and it asks for the next.
    await client.new_subscription(topic, events=ears, get_token=get_token, min_resubscribe_delay=0.05).subscribe()
    await soon(ears.subscribed)
    await asyncio.sleep(13)
    await published(topic, 1)
    assert (await soon(ears.publications))["offset"] == 1
    assert (tokens, client_ears.connected.qsize(), ears.subscribed.empty()) == ([], 1, True)
    await leave(client)


async def test_a_revoked_subscription_token_makes_it_ask_the_application(server: DaphneServer, number: int) -> None:
    topic, ears = f"private:{number}", Ears()
    tokens = [await in_thread(lambda: hub.tokens.issue_subscription(7, topic))]

    async def get_token(channel: str) -> str:
        if not tokens:
            raise UnauthorizedError
        return str(tokens.pop())

    client = Client(server.url, token=await issued(7))
    await client.connect()
    await client.new_subscription(topic, events=ears, get_token=get_token).subscribe()
    await soon(ears.subscribed)
    await in_thread(hub.revoke.unsubscribe, 7, topic)
    assert await soon(ears.unsubscribed) == 1
    await leave(client)


async def test_it_publishes_asks_and_is_refused(server: DaphneServer, number: int) -> None:
    topic, ears = f"lobby:{number}", Ears()
    client = Client(server.url, token=await issued(7))
    await client.connect()
    subscription = client.new_subscription(topic, events=ears)
    await subscription.subscribe()
    await soon(ears.subscribed)
    for turn in range(3):
        await subscription.publish({"turn": turn})
    assert [(await soon(ears.publications))["data"]["turn"] for _ in range(3)] == [0, 1, 2]
    assert (await subscription.presence_stats()).num_clients == 1
    refusals = []
    for call in (client.rpc("refuse", {}), client.rpc("nobody", {}), client.publish("note:1", {})):
        with pytest.raises(ReplyError) as refused:
            await call
        refusals.append(refused.value.code)
    assert refusals == [460, 104, 103]
    await subscription.unsubscribe()
    assert await soon(ears.unsubscribed) == 0
    with pytest.raises(ReplyError) as refused:
        await client.presence(topic)
    assert refused.value.code == 103
    await leave(client)


async def test_it_answers_pings(serve: Callable[..., DaphneServer], number: int) -> None:
    server, topic = serve(HUB_PING_INTERVAL_S=1, HUB_PONG_TIMEOUT_S=3), f"open:{number}"
    ears, client_ears = Ears(), ClientEars()
    client = Client(server.url, token=await issued(7), events=client_ears)
    await client.connect()
    await client.new_subscription(topic, events=ears).subscribe()
    await soon(ears.subscribed)
    await asyncio.sleep(6)
    await published(topic, 1)
    await soon(ears.publications)
    assert client_ears.connected.qsize() == 1
    await leave(client)
