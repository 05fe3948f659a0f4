"""`make hub-standalone`: the project of a few dozen lines, as it is started, for whoever comes."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from centrifuge import Client as Sdk

from tests.hub.client import opened
from tests.hub.stack import Process, free_port
from tests.hub.test_sdk_js import page
from tests.hub.test_sdk_python import Ears, leave, soon

pytestmark = pytest.mark.asyncio


class Standalone(Process):
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "tests.hub.standalone", "--port", str(self.port)]
        super().__init__(command, log=folder / "standalone.log")

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/connection/websocket"

    def is_ready(self) -> bool:
        assert self.runs, self.log.read_text()
        try:
            return self.publish("ready", 0).status_code == 200
        except httpx.TransportError:
            return False

    def publish(self, channel: str, data: Any, key: str = "test-api-key") -> httpx.Response:
        return httpx.post(
            f"http://127.0.0.1:{self.port}/api/publish",
            json={"channel": channel, "data": data},
            headers={"X-API-Key": key},
            trust_env=False,
        )


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    process = Standalone(tmp_path_factory.mktemp("standalone"))
    try:
        process.start()
        yield process
    finally:
        process.end()


async def test_whoever_comes_reads_publishes_and_sees_who_is_there(standalone: Standalone) -> None:
    async with opened(standalone.url, "") as writer, opened(standalone.url, _token("42")) as reader:
        for client in (writer, reader):
            await client.do("subscribe", channel="any:thing")
        await writer.do("publish", channel="any:thing", data={"text": "hello"})
        assert (await reader.publication())["data"] == {"text": "hello"}
        assert (await reader.do("history", channel="any:thing", limit=-1))["publications"][0]["data"] == {
            "text": "hello"
        }
        stats = await reader.do("presence_stats", channel="any:thing")
        assert stats == {"num_clients": 2, "num_users": 2}


async def test_tokens_of_a_strangers_making_are_good(standalone: Standalone) -> None:
    seen = _token("42", channels=["any:mine"], info={"name": "Wu"}, exp=time.time() + 60)
    async with opened(standalone.url) as client, opened(standalone.url, _token(None)) as nobody:
        begun = await client.do("connect", token=seen, data={"app": 1})
        assert (set(begun["subs"]), begun["expires"]) == ({"any:mine"}, True)
        standalone.publish("any:mine", 1)
        assert (await client.publication())["data"] == 1
        subscribed = await client.do(
            "subscribe", channel="any:other", token=_token("42", channel="any:other", exp=time.time() + 60)
        )
        assert subscribed["expires"] is True
        renewed = _token("42", channel="any:other", exp=time.time() + 600)
        assert (await client.do("sub_refresh", channel="any:other", token=renewed))["ttl"] > 500
        assert "expires" not in await nobody.do(
            "subscribe", channel="any:other", token=_token(None, channel="any:other")
        )
        stats = await nobody.do("presence_stats", channel="any:other")
        assert stats == {"num_clients": 2, "num_users": 2}


async def test_both_sdks_come_without_a_token_and_with_one(standalone: Standalone, node: str) -> None:
    topic, ears = "any:sdks", Ears()
    sdk = Sdk(standalone.url, token=_token("42"), data={"app": 1})
    await sdk.connect()
    await sdk.new_subscription(topic, events=ears, recoverable=True, positioned=True, join_leave=True).subscribe()
    await soon(ears.subscribed)
    async with page(node, url=standalone.url, topic=topic, joinLeave=True, data={"app": 2}) as js:
        await js.hear("subscribed")
        assert await js.do("subscription", "publish", {"from": "js"}) == {}
        assert (await soon(ears.publications))["data"] == {"from": "js"}
        assert await js.do("subscription", "presenceStats") == {"numClients": 2, "numUsers": 2}
    await leave(sdk)


async def test_an_application_publishes_with_its_key_only(standalone: Standalone) -> None:
    async with opened(standalone.url, "") as reader:
        await reader.do("subscribe", channel="news")
        assert standalone.publish("news", [1], key="wrong").status_code == 401
        assert standalone.publish("news", [2]).json() == {"result": {}}
        assert (await reader.publication())["data"] == [2]
        assert standalone.publish("", 3).json()["error"]["code"] == 102


async def test_a_small_history_is_small_at_once(standalone: Standalone) -> None:
    for number in range(5):
        standalone.publish("smallhistory:x", number)
        standalone.publish("large:x", number)
    async with opened(standalone.url, "") as reader:
        start = await reader.do("subscribe", channel="smallhistory:x", recover=True, offset=1)
        assert (start["was_recovering"], start.get("recovered", False)) == (True, False)
        kept = await reader.do("history", channel="smallhistory:x", limit=10)
        assert [one["data"] for one in kept["publications"]] == [3, 4]
        start = await reader.do("subscribe", channel="large:x", recover=True, offset=1)
        assert [one["data"] for one in start["publications"]] == [1, 2, 3, 4]


def _token(user: str | None, **claims: Any) -> str:
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        return jwt.encode(claims | ({"sub": user} if user else {}), "secret", algorithm="HS256")
