"""Subscriptions that begin with the connection, because its token says so."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import websockets
from django.conf import settings
from websockets.asyncio.client import ClientConnection

import hub
from hub.models import Topic
from tests.hub.client import Client, opened
from tests.hub.notes.models import Reader
from tests.hub.stack import DaphneServer
from tests.hub.test_revoke import take_off
from tests.hub.writing import in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database", "patience")


async def token(*topics: str, user: str = "7", **options: Any) -> str:
    """A connection token with these topics, each with these options."""
    return str(await in_thread(hub.tokens.issue, user, subs=dict.fromkeys(topics, options)))


async def connect(client: Client, token: str, **body: Any) -> dict[str, Any]:
    result = await client.do("connect", token=token, **body)
    client.id = result["client"]
    subs: dict[str, Any] = result.get("subs", {})
    return subs


async def received(socket: ClientConnection) -> list[dict[str, Any]]:
    """The messages of the next frame."""
    frame = await asyncio.wait_for(socket.recv(), 10)
    return [json.loads(line) for line in str(frame).split("\n")]


async def test_they_begin_where_their_topics_stand_and_hear_what_follows(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    await published(topic, 1, 2)
    async with opened(server.url) as client:
        subs = await connect(client, await token(topic, data={"colour": "red"}))
        heads = (await in_thread(hub.heads, [topic]))[topic]
        stands = {"recoverable": True, "positioned": True, **heads}
        assert subs == {topic: stands | {"data": {"colour": "red"}}}
        await published(topic, 3)
        push = await client.push()
        assert (push["channel"], push["pub"]["offset"]) == (topic, 3)
        assert await client.refused("subscribe", channel=topic) == 105
        assert await client.do("unsubscribe", channel=topic) == {}
        await published(topic, 4)
        again = {"recover": True, "epoch": heads["epoch"], "offset": 4}
        assert (await client.do("subscribe", channel=topic, **again))["offset"] == 4
        assert client.pushes.empty()


async def test_the_list_of_channels_that_centrifugo_knows_says_the_same(server: DaphneServer, number: int) -> None:
    claims = {"sub": "7", "aud": "hub", "exp": time.time() + 60, "channels": [f"open:{number}", f"position:{number}"]}
    async with opened(server.url) as client:
        subs = await connect(client, jwt.encode(claims, settings.HUB_KEYS[0], "HS256"))
        assert set(subs) == {f"open:{number}", f"position:{number}"}
        await in_thread(lambda: hub.publish_latest(f"position:{number}", key="a", data={"value": 1}))
        assert (await client.push())["channel"] == f"position:{number}"


async def test_who_comes_back_gets_what_he_missed_with_the_reply(server: DaphneServer, number: int) -> None:
    ordered, latest = f"open:{number}", f"position:{number}"
    both = await token(ordered, latest)
    async with opened(server.url) as client:
        was = await connect(client, both)
    await published(ordered, 1, 2, 3)
    for value in (1, 2):
        await in_thread(lambda value=value: hub.publish_latest(latest, key="a", data={"value": value}))
    async with opened(server.url, await issued(8)) as other:
        # Until the process knows of them: what it hears later follows the reply.
        since = {"recover": True, "epoch": was[ordered]["epoch"], "offset": 3}
        await other.do("subscribe", channel=ordered, **since)
    async with opened(server.url) as client:
        position = {"recover": True, "epoch": was[ordered]["epoch"], "offset": 1}
        subs = await connect(client, both, subs={ordered: position, latest: {"recover": True}, "open:other": position})
        assert set(subs) == {ordered, latest}
        assert (subs[ordered]["was_recovering"], subs[ordered]["recovered"]) == (True, True)
        assert [each["offset"] for each in subs[ordered]["publications"]] == [2, 3]
        assert [each["data"]["data"] for each in subs[latest]["publications"]] == [{"value": 2}]
        await published(ordered, 4)
        # A newest value may come again, with the bus.
        while (push := await client.push())["channel"] != ordered:
            assert push["pub"]["data"]["data"]["value"] <= 2
        assert push["pub"]["offset"] == 4
    async with opened(server.url) as client:
        strange = {"recover": True, "epoch": "of-a-restored-log", "offset": 1}
        subs = await connect(client, both, subs={ordered: strange})
        assert (subs[ordered]["was_recovering"], subs[ordered].get("recovered", False)) == (True, False)
        assert (subs[ordered]["offset"], "publications" in subs[ordered]) == (4, False)


async def test_nothing_falls_between_the_reply_and_what_follows(server: DaphneServer, number: int) -> None:
    names = [f"open:{number}-{index}" for index in range(5)]
    many = await token(*names)

    async def write() -> None:
        for value in range(30):
            await published(names[value % 5], value)

    writing = asyncio.ensure_future(write())
    while not writing.done():
        async with websockets.connect(server.url) as socket:
            await socket.send(json.dumps({"id": 1, "connect": {"token": many}}))
            # The reply comes before anything that it promises.
            reply, *pushes = await received(socket)
            last = {name: sub.get("offset", 0) for name, sub in reply["connect"]["subs"].items()}
            heads = {name: head["offset"] for name, head in (await in_thread(hub.heads, names)).items()}
            while any(last[name] < heads[name] for name in names):
                for push in pushes or await received(socket):
                    name = push["push"]["channel"]
                    assert push["push"]["pub"]["offset"] == last[name] + 1
                    last[name] += 1
                pushes = []
    await writing


async def test_what_the_registry_refuses_is_left_out(server: DaphneServer, number: int) -> None:
    private, user = f"private:{number}", f"user-{number}"
    both = await token(private, f"open:{number}", user=user)
    async with opened(server.url) as client:
        assert set(await connect(client, both)) == {f"open:{number}"}
        await published(private, 1)
        await published(f"open:{number}", 2)
        assert (await client.push())["channel"] == f"open:{number}"
    await in_thread(lambda: Reader.objects.create(user_id=user, private_id=number))
    async with opened(server.url) as client:
        assert set(await connect(client, both)) == {f"open:{number}", private}

        await in_thread(take_off, user, number)
        push = await client.push()
        assert push == {"channel": private, "unsubscribe": {"code": 2000, "reason": "server unsubscribe"}}
        await published(private, 2)
        await published(f"open:{number}", 3)
        assert (await client.push())["channel"] == f"open:{number}"


async def test_a_topic_that_nobody_registered_is_the_applications_mistake(server: DaphneServer) -> None:
    async with opened(server.url) as client:
        assert await client.refused("connect", token=await token("nobody:1")) == 102


async def test_more_than_a_connection_may_have_are_refused(server: DaphneServer, number: int) -> None:
    many = await token(*(f"position:{number}-{index}" for index in range(257)))
    async with opened(server.url) as client:
        await client.socket.send(json.dumps({"id": 1, "connect": {"token": many}}))
        assert await client.closed() == 3505


async def test_who_is_there_and_who_comes_is_told_with_what_the_token_says(server: DaphneServer, number: int) -> None:
    topic, hears = f"room:{number}", {"override": {"force_push_join_leave": {"value": True}}}
    async with opened(server.url) as one, opened(server.url) as two, opened(server.url) as three:
        await connect(one, await token(topic, user="1", info={"seat": 3}, **hears))
        join = (await one.push())["join"]["info"]
        assert join == {"user": "1", "client": one.id, "chan_info": {"seat": 3}}
        await connect(two, await token(topic, user="2"))
        assert (await one.push())["join"]["info"]["user"] == "2"
        assert set((await two.do("presence", channel=topic))["presence"]) == {one.id, two.id}
        await connect(three, await token(topic, user="3"))
        assert (await one.push())["join"]["info"]["user"] == "3"
        await three.socket.close()
        assert (await one.push())["leave"]["info"]["user"] == "3"
        assert two.pushes.empty()


async def test_when_the_log_loses_its_place_the_connection_begins_anew(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    server, topic = serve(), f"open:{number}"
    await published(topic, 1)
    async with opened(server.url) as client:
        await connect(client, await token(f"open:{number}"))
        await in_thread(lambda: Topic.objects.filter(name=topic).update(epoch="restored", head=0))
        assert await client.closed() == 3010


async def test_a_refresh_that_brings_others_has_the_client_connect_anew(server: DaphneServer, number: int) -> None:
    async with opened(server.url) as client:
        await connect(client, await token(f"open:{number}"))
        assert "expires" in await client.do("refresh", token=await token(f"open:{number}", data={"value": 1}))
        await client.socket.send(json.dumps({"id": 99, "refresh": {"token": await token()}}))
        assert await client.closed() == 3010


async def test_positions_that_are_none_are_a_bad_request(server: DaphneServer, number: int) -> None:
    wrong: list[Any] = [[], {f"open:{number}": 3}, {f"open:{number}": {"recover": True, "offset": "x"}}]
    for subs in wrong:
        async with opened(server.url) as client:
            body = {"token": await token(f"open:{number}"), "subs": subs}
            await client.socket.send(json.dumps({"id": 1, "connect": body}))
            assert await client.closed() == 3501
