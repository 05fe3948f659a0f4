"""Who is subscribed to a topic, over two processes; joins and leaves."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import websockets
from centrifuge import Client as SdkClient
from centrifuge import JoinContext, LeaveContext, SubscribedContext, SubscriptionEventHandler

import hub
from hub import hints, members
from tests.hub.client import PATIENCE_S, Client, opened
from tests.hub.stack import DaphneServer, RedisServer
from tests.hub.writing import in_thread, issued

pytestmark = pytest.mark.usefixtures("database", "patience")

TTL_S = 3


@pytest.fixture
def two(serve: Callable[..., DaphneServer]) -> list[DaphneServer]:
    return [serve(HUB_PRESENCE_TTL_S=TTL_S, HUB_DRAIN_S=0.5) for _ in range(2)]


@asynccontextmanager
async def entered(server: DaphneServer, topic: str, user: str, **options: Any) -> AsyncIterator[Client]:
    """Somebody subscribed to the topic."""
    token = await in_thread(hub.tokens.issue, user, info={"name": f"Name of {user}"})
    async with opened(server.url, token) as client:
        await client.do("subscribe", channel=topic, **options)
        yield client


def shown(client: Client, user: str) -> dict[str, Any]:
    return {"user": user, "client": client.id, "conn_info": {"name": f"Name of {user}"}}


async def present(client: Client, topic: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.do("presence", channel=topic))["presence"]
    return found


async def until(ask: Callable[[], Awaitable[Any]], wanted: object, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while (found := await ask()) != wanted:
        assert time.monotonic() < end, f"{found} is not {wanted}"
        await asyncio.sleep(0.05)


async def nothing_comes(client: Client, seconds: float = 0.5) -> None:
    with pytest.raises(TimeoutError):
        await client.push(seconds)


# presence and presence_stats


async def test_it_lists_the_clients_of_all_processes_and_counts_their_users(
    two: list[DaphneServer], number: int
) -> None:
    topic = f"room:{number}"
    async with entered(two[0], topic, "a") as here, entered(two[1], topic, "b") as there:
        # The one who asks is listed from his reply on.
        assert (await present(there, topic))[there.id] == shown(there, "b")
        async with entered(two[1], topic, "b") as again:
            everybody = {here.id: shown(here, "a"), there.id: shown(there, "b"), again.id: shown(again, "b")}
            await until(lambda: present(here, topic), everybody)
            assert await present(again, topic) == everybody
            assert await here.do("presence_stats", channel=topic) == {"num_clients": 3, "num_users": 2}
        await until(lambda: present(here, topic), {here.id: shown(here, "a"), there.id: shown(there, "b")})
        await there.do("unsubscribe", channel=topic)
        await until(lambda: present(here, topic), {here.id: shown(here, "a")})


async def test_others_are_refused(server: DaphneServer, number: int) -> None:
    async with entered(server, f"open:{number}", "a") as client:
        for command in ("presence", "presence_stats"):
            assert await client.refused(command, channel="nobody registered this") == 102
            assert await client.refused(command, channel=f"open:{number}") == 108
            assert await client.refused(command, channel=f"room:{number}") == 103
        await client.do("subscribe", channel=f"room:{number}")
        await client.do("presence", channel=f"room:{number}")
        await client.do("unsubscribe", channel=f"room:{number}")
        assert await client.refused("presence", channel=f"room:{number}") == 103
    async with opened(server.url, await issued("outsider")) as outsider:
        assert await outsider.refused("subscribe", channel=f"room:{number}") == 103
        assert await outsider.refused("presence", channel=f"room:{number}") == 103


async def test_a_latest_value_topic_has_it_too(server: DaphneServer, number: int) -> None:
    async with entered(server, f"hall:{number}", "a") as client:
        assert await present(client, f"hall:{number}") == {client.id: shown(client, "a")}


async def test_clients_of_a_killed_process_vanish_by_themselves(two: list[DaphneServer], number: int) -> None:
    topic = f"room:{number}"
    async with entered(two[0], topic, "a") as here, entered(two[1], topic, "b") as there:
        await until(lambda: here.do("presence_stats", channel=topic), {"num_clients": 2, "num_users": 2})
        # Renewed: still there when the time to live is over.
        await asyncio.sleep(TTL_S + 1)
        assert there.id in await present(here, topic)
        two[1].kill()
        await until(lambda: present(here, topic), {here.id: shown(here, "a")}, seconds=TTL_S + 1)
        # And nothing of them stays behind.
        await asyncio.sleep(1)
        keys = await in_thread(hints.client().keys, f"*:members:*:{topic}")
        assert len(keys) == 1


async def test_without_redis_it_is_refused_and_afterwards_complete(
    two: list[DaphneServer], redis_server: RedisServer, number: int
) -> None:
    topic = f"room:{number}"
    async with entered(two[0], topic, "a") as here, entered(two[1], topic, "b", join_leave=True) as there:
        await until(lambda: here.do("presence_stats", channel=topic), {"num_clients": 2, "num_users": 2})
        redis_server.kill()
        error = (await here.ask("presence", channel=topic))["error"]
        assert (error["code"], error["temporary"]) == (100, True)
        assert await here.refused("presence_stats", channel=topic) == 100
        async with entered(two[0], topic, "c") as late:
            await asyncio.to_thread(redis_server.start)
            everybody = {here.id: shown(here, "a"), there.id: shown(there, "b"), late.id: shown(late, "c")}

            async def asked() -> object:
                reply = await here.ask("presence", channel=topic)
                return reply.get("presence", {}).get("presence")

            await until(asked, everybody)
        # The sockets lived through it, and hear again of who comes.
        while not there.pushes.empty():
            there.pushes.get_nowait()
        await asyncio.sleep(4)  # Until the bus listens.
        async with entered(two[0], topic, "d") as newcomer:
            while (push := await there.push()) != {"channel": topic, "join": {"info": shown(newcomer, "d")}}:
                assert "leave" in push


async def test_of_a_crowd_only_the_number_is_told(serve: Callable[..., DaphneServer], number: int) -> None:
    topic, server = f"room:{number}", serve(HUB_MEMBERS_MAX=2)
    async with entered(server, topic, "a") as client, entered(server, topic, "b"):
        assert len(await present(client, topic)) == 2
        async with entered(server, topic, "c"):
            assert await client.refused("presence", channel=topic) == 106
            assert await client.do("presence_stats", channel=topic) == {"num_clients": 3, "num_users": 3}


@pytest.fixture
def calls() -> Callable[[str], int]:
    """How often Redis was given a command."""

    def ask(command: str) -> int:
        stats: dict[str, Any] = hints.client().info("commandstats")
        return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])

    return ask


async def test_a_process_renews_all_its_clients_at_once(
    two: list[DaphneServer], number: int, calls: Callable[[str], int]
) -> None:
    topic, crowd = f"room:{number}", 30
    async with AsyncExitStack() as stack:
        for index in range(crowd):
            await stack.enter_async_context(entered(two[0], topic, f"u{index}"))
        await asyncio.sleep(0.5)
        before = calls("hset")
        await asyncio.sleep(TTL_S)
        assert 1 <= calls("hset") - before < crowd


async def test_all_who_ask_meanwhile_are_answered_by_one_question() -> None:
    asked, asking, answered = list[list[str]](), asyncio.Event(), asyncio.Event()

    async def redis(_: object, topics: list[str], *, without: str) -> list[dict[str, bytes]]:
        asked.append(topics)
        asking.set()
        await answered.wait()
        return [{"c1": b'{"user":"u1"}'} for _ in topics]

    node: Any = SimpleNamespace(workers=SimpleNamespace(redis=redis), name="here", spawn=asyncio.ensure_future)
    crowd = members.Members(node)
    answers = [asyncio.ensure_future(crowd.present("room:1"))]
    await asyncio.wait_for(asking.wait(), PATIENCE_S)
    for index in range(30):
        answers.append(asyncio.ensure_future(crowd.present(f"room:{index % 2}")))
        await asyncio.sleep(0)  # In turns of the loop of their own, as sockets ask.
    answered.set()
    assert all(found is not None and len(found) == 1 for found in await asyncio.gather(*answers))
    assert asked == [["room:1"], ["room:0", "room:1"]]


# Joins and leaves


async def test_who_asked_hears_of_comings_and_goings_everywhere(two: list[DaphneServer], number: int) -> None:
    topic = f"room:{number}"
    async with entered(two[0], topic, "a", join_leave=True) as asked, entered(two[0], topic, "b") as silent:
        own = await asked.push()
        assert own == {"channel": topic, "join": {"info": shown(asked, "a")}}
        assert await asked.push() == {"channel": topic, "join": {"info": shown(silent, "b")}}
        async with entered(two[1], topic, "c", join_leave=True) as there:
            assert await asked.push() == {"channel": topic, "join": {"info": shown(there, "c")}}
            # What is told can be asked for.
            assert there.id in await present(asked, topic)
            assert await there.push() == {"channel": topic, "join": {"info": shown(there, "c")}}
            await there.do("unsubscribe", channel=topic)
            assert await asked.push() == {"channel": topic, "leave": {"info": shown(there, "c")}}
            await there.do("subscribe", channel=topic)
            assert "join" in await asked.push()
            await nothing_comes(there)
        assert await asked.push() == {"channel": topic, "leave": {"info": shown(there, "c")}}
        await nothing_comes(silent, 0.1)


async def test_a_client_hears_of_himself_after_his_reply_and_never_before(server: DaphneServer, number: int) -> None:
    topic = f"room:{number}"
    subscribe = json.dumps({"id": 2, "subscribe": {"channel": topic, "join_leave": True}})
    unsubscribe = json.dumps({"id": 3, "unsubscribe": {"channel": topic}})
    async with websockets.connect(server.url) as socket:
        await socket.send(json.dumps({"id": 1, "connect": {"token": await issued("a")}}))
        for pause_s in [0.0] * 10 + [0.05] * 10 + [0.2] * 3:
            await socket.send(f"{subscribe}\n{unsubscribe}" if pause_s < 0.2 else f"{unsubscribe}\n{subscribe}")
            await asyncio.sleep(pause_s)
        subscribed = joins = 0
        while subscribed < 23 or not joins:
            for line in str(await asyncio.wait_for(socket.recv(), PATIENCE_S)).split("\n"):
                subscribed += '"id":2,"subscribe"' in line
                joins += '"join"' in line
                assert joins <= subscribed


async def test_a_topic_that_does_not_have_it_tells_nothing(server: DaphneServer, number: int) -> None:
    async with (
        entered(server, f"hall:{number}", "a", join_leave=True) as client,
        entered(server, f"hall:{number}", "b"),
    ):
        await nothing_comes(client)


async def test_clients_of_a_process_that_ends_leave(two: list[DaphneServer], number: int) -> None:
    topic = f"room:{number}"
    async with entered(two[0], topic, "a", join_leave=True) as here, AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(entered(two[1], topic, f"u{i}")) for i in range(10)]
        for _ in range(11):
            assert "join" in await here.push()
        # Daphne (4.2.2) cancels nobody while it knows a connection that asked for nothing, as the probe of its port.
        await asyncio.sleep(1.5)
        await asyncio.to_thread(two[1].end)
        left = [(await here.push())["leave"]["info"]["client"] for _ in crowd]
        assert set(left) == {client.id for client in crowd}
        assert await present(here, topic) == {here.id: shown(here, "a")}


async def test_what_could_not_be_written_is_written_again() -> None:
    node: Any = SimpleNamespace(presence_changed=asyncio.Event())
    crowd, ear = members.Members(node), Ear("room:1", "c")
    crowd.joined(ear)  # type: ignore[arg-type]
    crowd.left(ear)  # type: ignore[arg-type]
    written, news = crowd.take(whole=True)
    assert (written, len(news)) == ({"room:1": {}}, 1)
    crowd.not_written(written)
    assert crowd.take(whole=False) == (written, [])
    assert crowd.take(whole=True) == ({}, [])


class Ear:
    """Stands for a subscription and its socket; counts what is pushed to it."""

    def __init__(self, name: str, client: str) -> None:
        self.name, self.hears = name, True
        self.match = SimpleNamespace(pattern=SimpleNamespace(presence=True, join_leave=True))
        shown = {"user": client, "client": client}
        self.session = SimpleNamespace(client_id=client, info=lambda topic: shown, outbox=self)
        self.pushes = self.messages = 0

    def put_latest(self, topic: str, newest: dict[str, bytes], joined: list[Any]) -> None:
        self.pushes += sum(chunk.payload.count(b'"join"') for chunk in joined)
        self.messages += len(joined)

    def flush(self) -> None: ...


async def test_when_thousands_come_at_once_the_pushes_are_bounded() -> None:
    node: Any = SimpleNamespace(presence_changed=asyncio.Event())
    crowd = members.Members(node)
    ears = [Ear("room:1", f"c{i}") for i in range(2000)]
    start = asyncio.get_running_loop().time()
    for i in range(0, 2000, 100):
        for ear in ears[i : i + 100]:
            crowd.joined(ear)  # type: ignore[arg-type]
        _, news = crowd.take(whole=False)
        for hint in news:
            crowd.heard(hint["topic"], hint["members"])
    seconds = int(asyncio.get_running_loop().time()) - int(start) + 1
    pushes = sum(ear.pushes for ear in ears)
    assert 0.5 * members.PUSHES_PER_S < pushes <= members.PUSHES_PER_S * seconds
    # Those who come together are told in one message.
    assert ears[0].messages < 20


# The published SDK, unmodified


class Ears(SubscriptionEventHandler):  # type: ignore[misc]
    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def on_subscribed(self, ctx: SubscribedContext) -> None:
        self.heard.put_nowait(("subscribed", None))

    async def on_join(self, ctx: JoinContext) -> None:
        self.heard.put_nowait(("join", ctx.info))

    async def on_leave(self, ctx: LeaveContext) -> None:
        self.heard.put_nowait(("leave", ctx.info))

    async def next(self) -> tuple[str, Any]:
        return await asyncio.wait_for(self.heard.get(), PATIENCE_S)


async def test_centrifuge_python_hears_and_asks(two: list[DaphneServer], number: int) -> None:
    topic, ears = f"room:{number}", Ears()
    sdk = SdkClient(two[0].url, token=await issued("sdk"))
    subscription = sdk.new_subscription(topic, events=ears, join_leave=True)
    await sdk.connect()
    await subscription.subscribe()
    assert (await ears.next())[0] == "subscribed"
    what, own = await ears.next()
    assert (what, own.user) == ("join", "sdk")
    async with entered(two[1], topic, "b") as there:
        what, info = await ears.next()
        assert (what, info.user, info.client) == ("join", "b", there.id)
        assert info.conn_info == {"name": "Name of b"}
        clients = (await subscription.presence()).clients
        assert {client: info.user for client, info in clients.items()} == {own.client: "sdk", there.id: "b"}
        stats = await subscription.presence_stats()
        assert (stats.num_clients, stats.num_users) == (2, 2)
    what, info = await ears.next()
    assert (what, info.client) == ("leave", there.id)
    await sdk.disconnect()
    await asyncio.gather(*sdk._background_tasks, return_exceptions=True)
