"""What clients publish themselves."""

import asyncio
import json
from typing import Any

import pytest
from centrifuge import Client as Sdk
from centrifuge import PublicationContext, ReplyError, SubscriptionEventHandler

import hub
from hub import log
from hub.errors import BadEvent
from hub.models import Event
from tests.hub.client import Client, opened
from tests.hub.stack import DaphneServer
from tests.hub.test_sdk_python import leave, soon
from tests.hub.writing import in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database")

PAYLOADS: list[Any] = [{"text": "门铃", "list": [1, None, 2.5]}, [1, [2]], "text \\u0000", 5, True, None, {}, ""]


async def joined(client: Client, topic: str) -> Client:
    await client.do("subscribe", channel=topic)
    return client


async def test_subscribers_get_what_was_published_and_who_published_it(server: DaphneServer, number: int) -> None:
    topic = f"chat:{number}"
    token = await in_thread(hub.tokens.issue, 8, info={"name": "Wu"})
    async with opened(server.url, await issued(7)) as reader, opened(server.url) as writer:
        me = (await writer.do("connect", token=token))["client"]
        await joined(reader, topic)
        for data in PAYLOADS:
            assert await writer.do("publish", channel=topic, data=data) == {}
        found = await reader.publications(len(PAYLOADS))
        past = await reader.do("history", channel=topic, limit=-1)
    assert [each["data"] for each in found] == PAYLOADS
    assert [each["offset"] for each in found] == list(range(1, len(PAYLOADS) + 1))
    assert found[0]["info"] == {"user": "8", "client": me, "conn_info": {"name": "Wu"}}
    assert past["publications"] == found


async def test_who_comes_back_gets_it_from_the_log_like_every_event(server: DaphneServer, number: int) -> None:
    topic = f"chat:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("publish", channel=topic, data={"from": "a client"})
        await published(topic, 5)
        result = await client.do("subscribe", channel=topic, recover=True, offset=0)
    assert result["recovered"] is True
    assert [each["data"].get("type", each["data"]) for each in result["publications"]] == [
        {"from": "a client"},
        "test.happened",
    ]
    logged = await in_thread(lambda: Event.objects.get(topic=topic, offset=1))
    assert (logged.type, logged.data) == ("", {"from": "a client"})
    assert json.loads(logged.subject)["user"] == "7"


async def test_who_may_not_is_refused_and_nothing_is_published(server: DaphneServer, number: int) -> None:
    async with opened(server.url, await issued("mute")) as client:
        assert await client.refused("publish", channel=f"chat:{number}", data={}) == 103
        assert await client.refused("publish", channel=f"values:{number}", data={}) == 103
        assert await client.refused("publish", channel=f"open:{number}", data={}) == 103
        assert await client.refused("publish", channel="$revocations", data={}) == 102
        assert await client.refused("publish", channel="nobody:1", data={}) == 102
    topics = [f"chat:{number}", f"open:{number}"]
    assert not await in_thread(Event.objects.filter(topic__in=topics).exists)


def test_no_pattern_lets_anybody_at_what_is_the_hubs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.topics, "_patterns", {})
    hub.topics.register(pattern="{name:rest}", kind=hub.ORDERED, may_read=lambda identity, name: True)
    assert hub.topics.find("anything") is not None
    assert hub.topics.find(log.REVOCATIONS) is None
    assert hub.topics.find(log._SEED) is None


async def test_data_that_cannot_be_stored_is_refused(server: DaphneServer, number: int) -> None:
    async with opened(server.url, await issued(7)) as client:
        for topic in (f"chat:{number}", f"values:{number}"):
            for data in ({"text": "\0"}, {"\ud800": 1}, ["\ud800"]):
                assert await client.refused("publish", channel=topic, data=data) == 107
            [reply] = client.expect(9999)
            # Within a frame, and past the limit as it is kept: 1e+22.
            numbers = ",".join(["1e22"] * 13_000)
            await client.socket.send(f'{{"id":9999,"publish":{{"channel":"{topic}","data":[{numbers}]}}}}')
            assert (await reply)["error"]["code"] == 106
            assert await client.do("publish", channel=topic, data={"text": "good"}) == {}


@pytest.mark.parametrize("body", [{}, {"channel": "chat:1"}, {"channel": "", "data": {}}, {"data": {}}])
async def test_what_is_not_the_protocol_ends_the_connection(server: DaphneServer, body: dict[str, Any]) -> None:
    async with opened(server.url, await issued(7)) as client:
        await client.socket.send(json.dumps({"id": 2, "publish": body}))
        assert await client.closed() == 3501


async def test_commands_of_one_client_are_published_in_their_order(server: DaphneServer, number: int) -> None:
    topic = f"chat:{number}"
    async with opened(server.url, await issued(7)) as client:
        await joined(client, topic)
        answers = [asyncio.ensure_future(client.ask("publish", channel=topic, data=index)) for index in range(50)]
        assert [each["data"] for each in await client.publications(50)] == list(range(50))
        assert all("error" not in answer for answer in await asyncio.gather(*answers))


async def test_in_a_latest_value_topic_the_newest_of_everybody_counts(server: DaphneServer, number: int) -> None:
    topic = f"values:{number}"
    async with opened(server.url, await issued(7)) as seven, opened(server.url, await issued(8)) as eight:
        await joined(seven, topic)
        for client, data in ((seven, "old"), (seven, {"lng": 120.1}), (eight, 5)):
            await client.do("publish", channel=topic, data=data)
        live: dict[str, object] = {}
        while "8" not in live:  # What was old may be gone before it is sent.
            publication = await seven.publication()
            live[publication["info"]["user"]] = publication["data"]
        result = await eight.do("subscribe", channel=topic, recover=True)
    assert live == {"7": {"lng": 120.1}, "8": 5}
    assert [(each["info"]["user"], each["data"]) for each in result["publications"]] == list(live.items())


async def test_an_application_publishes_without_an_envelope_as_well(server: DaphneServer, number: int) -> None:
    def publish() -> None:
        with hub.atomic():
            hub.publish_bare(f"chat:{number}", data=["bare"])
        hub.publish_bare(f"values:{number}", key="a", data=5)
        with hub.atomic(), pytest.raises(BadEvent):
            hub.publish(f"chat:{number}", type="", data={})

    async with opened(server.url, await issued(7)) as client:
        await joined(await joined(client, f"chat:{number}"), f"values:{number}")
        await in_thread(publish)
        found = [await client.push(), await client.push()]
    assert {each["channel"]: each["pub"] for each in found} == {
        f"chat:{number}": {"data": ["bare"], "offset": 1},
        f"values:{number}": {"data": 5},
    }


class Ears(SubscriptionEventHandler):  # type: ignore[misc]
    def __init__(self) -> None:
        self.publications: asyncio.Queue[Any] = asyncio.Queue()

    async def on_publication(self, ctx: PublicationContext) -> None:
        self.publications.put_nowait(ctx.pub)


async def test_the_python_sdk_publishes(server: DaphneServer, number: int) -> None:
    ears, client = Ears(), Sdk(server.url, token=await issued(7))
    await client.connect()
    subscription = client.new_subscription(f"chat:{number}", events=ears)
    await subscription.subscribe()
    await subscription.publish({"text": "门铃"})
    heard = await soon(ears.publications)
    assert (heard.offset, heard.data, heard.info.user) == (1, {"text": "门铃"}, "7")
    with pytest.raises(ReplyError) as refused:
        await client.publish(f"open:{number}", {})
    assert refused.value.code == 103
    await leave(client)
