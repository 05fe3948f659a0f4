"""The published `centrifuge` of npm, unmodified."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.conf import settings

import hub
from hub.models import Topic
from tests.hub import checker
from tests.hub.client import opened
from tests.hub.database import url as database_url
from tests.hub.notes.models import Reader
from tests.hub.stack import DaphneServer
from tests.hub.test_revoke import take_off
from tests.hub.writing import in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database", "patience")

HERE = Path(__file__).parent
PATIENCE_S = 20.0


class Page:
    """What the SDK said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said: list[dict[str, Any]] = []

    async def hear(self, what: str) -> dict[str, Any]:
        """The next thing of that kind; others on the way are kept in `said`."""
        assert self._process.stdout is not None
        while True:
            line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE_S)
            assert line, f"The SDK ended before {what!r}; it said {self.said}"
            self.said.append(json.loads(line))
            if self.said[-1]["what"] == what:
                return self.said[-1]

    async def publications(self, count: int) -> list[dict[str, Any]]:
        return [await self.hear("publication") for _ in range(count)]

    async def do(self, on: str, call: str, *given: Any) -> Any:
        """What a call on the "client" or the "subscription" gets; the code of an error."""
        [answer] = await self.do_all((on, call, *given))
        return answer

    async def do_all(self, *calls: Sequence[Any]) -> list[Any]:
        """The same, all in one frame. The answers may come in another order."""
        assert self._process.stdin is not None
        told = [{"on": on, "call": call, "with": given} for on, call, *given in calls]
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        answers = [await self.hear("answer") for _ in calls]
        return [answer.get("error", answer.get("result")) for answer in answers]

    def heard(self, what: str) -> int:
        return [each["what"] for each in self.said].count(what)


@asynccontextmanager
async def page(node: str, **arguments: Any) -> AsyncIterator[Page]:
    process = await asyncio.create_subprocess_exec(
        node,
        str(HERE / "sdk.mjs"),
        json.dumps(arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    try:
        yield Page(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def test_it_connects_subscribes_and_recovers_after_the_process_was_killed(
    node: str, serve: Callable[..., DaphneServer], number: int
) -> None:
    topic, server = f"open:{number}", serve()
    async with page(node, url=server.url, token=await issued(7), topic=topic) as sdk:
        assert (await sdk.hear("subscribed"))["recovered"] is False
        await published(topic, *range(10))
        received = await sdk.publications(10)

        await asyncio.to_thread(server.kill)
        await published(topic, *range(10, 20))
        await asyncio.to_thread(server.start)
        again = await sdk.hear("subscribed")
        await published(topic, 20)
        received += await sdk.publications(11)
    assert (again["wasRecovering"], again["recovered"]) == (True, True)
    assert checker.compare(database_url(), topic, received).clean


async def test_an_expired_token_makes_it_ask_for_a_new_one(node: str, server: DaphneServer, number: int) -> None:
    old = jwt.encode({"sub": "7", "aud": "hub", "exp": time.time() - 1}, settings.HUB_KEYS[0], "HS256")
    async with page(node, url=server.url, token=old, fresh=await issued(7), topic=f"open:{number}") as sdk:
        await sdk.hear("subscribed")
    assert {"what": "error", "code": 109} in sdk.said
    assert {"what": "getToken"} in sdk.said


async def test_a_position_that_cannot_be_recovered_makes_it_load_the_state_anew(
    node: str, server: DaphneServer, number: int
) -> None:
    topic = f"open:{number}"
    await published(topic, 1, 2)
    current = (await in_thread(hub.heads, [topic]))[topic]
    states = [{"offset": 1, "epoch": "of-a-restored-log"}, current]
    async with page(node, url=server.url, token=await issued(7), topic=topic, states=states) as sdk:
        result = await sdk.hear("subscribed")
        assert (result["wasRecovering"], result["recovered"]) == (True, True)
        assert sdk.heard("getState") == 2
        await published(topic, 3)
        assert (await sdk.hear("publication"))["offset"] == 3


async def test_when_the_log_begins_anew_it_loads_the_state_anew(node: str, server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    before = (await in_thread(hub.heads, [topic]))[topic]
    states = [before, {"offset": 0, "epoch": "restored"}]
    async with page(node, url=server.url, token=await issued(7), topic=topic, states=states) as sdk:
        await sdk.hear("subscribed")
        await published(topic, 1)
        await sdk.hear("publication")
        await in_thread(Topic.objects.filter(name=topic).update, epoch="restored", head=0)
        assert (await sdk.hear("subscribing"))["code"] == 2500
        assert (await sdk.hear("subscribed"))["recovered"] is True
    assert sdk.heard("getState") == 2


async def test_a_revoked_reader_is_told_once_and_stays_out(node: str, server: DaphneServer, number: int) -> None:
    await in_thread(Reader.objects.create, user_id="7", private_id=number)

    async with page(node, url=server.url, token=await issued(7), topic=f"private:{number}") as sdk:
        await sdk.hear("subscribed")
        await in_thread(take_off, "7", number)
        assert (await sdk.hear("unsubscribed"))["code"] == 2000


async def test_it_gets_the_newest_values_of_a_latest_value_topic(node: str, server: DaphneServer, number: int) -> None:
    topic = f"position:{number}"
    for value in (1, 2):
        await in_thread(hub.publish_latest, topic, key="a", data={"value": value})
    async with page(node, url=server.url, token=await issued(7), topic=topic, since={}) as sdk:
        assert (await sdk.hear("subscribed"))["recovered"] is True
        assert (await sdk.hear("publication"))["data"]["data"] == {"value": 2}


async def test_a_foreign_topic_is_refused(node: str, server: DaphneServer) -> None:
    async with page(node, url=server.url, token=await issued(7), topic="own:8") as sdk:
        assert (await sdk.hear("unsubscribed"))["code"] == 103


# The rest of the protocol


def subscription_token(topic: str, lives_s: float) -> str:
    claims = {"sub": "7", "aud": "hub", "channel": topic, "iat": time.time(), "exp": time.time() + lives_s}
    return jwt.encode(claims, settings.HUB_KEYS[0], "HS256")


async def test_it_says_something_with_its_connect_and_is_answered(node: str, server: DaphneServer) -> None:
    async with page(node, url=server.url, token=await issued(7), data={"app": "门铃"}) as sdk:
        assert (await sdk.hear("connected"))["data"] == {"hello": "7", "heard": {"app": "门铃"}}
    async with page(node, url=server.url, token=await issued(7), data={"refuse": 460}) as sdk:
        assert (await sdk.hear("disconnected"))["code"] == 460
    async with page(node, url=server.url, token=await issued(7), data={"refuse": 4501}) as sdk:
        assert (await sdk.hear("disconnected"))["code"] == 4501


async def test_server_side_subscriptions_recover_after_the_process_was_killed(
    node: str, serve: Callable[..., DaphneServer], number: int
) -> None:
    topic, gone, server = f"open:{number}", f"private:{number}", serve()
    await in_thread(Reader.objects.create, user_id="7", private_id=number)
    subs = {topic: {"data": {"colour": "red"}}, gone: {}}
    token = await in_thread(lambda: hub.tokens.issue(7, subs=subs))
    async with page(node, url=server.url, token=token) as sdk:
        begun = [await sdk.hear("server subscribed") for _ in subs]
        assert {each["channel"]: each.get("data") for each in begun} == {topic: {"colour": "red"}, gone: None}
        await published(topic, *range(5))
        received = [await sdk.hear("server publication") for _ in range(5)]

        await asyncio.to_thread(server.kill)
        await published(topic, *range(5, 10))
        await asyncio.to_thread(server.start)
        again = [await sdk.hear("server subscribed") for _ in subs]
        assert {(each["wasRecovering"], each["recovered"]) for each in again} == {(True, True)}
        received += [await sdk.hear("server publication") for _ in range(5)]
        assert checker.compare(database_url(), topic, received).clean

        await in_thread(take_off, "7", number)
        assert (await sdk.hear("server unsubscribed"))["channel"] == gone


async def test_when_the_log_begins_anew_it_connects_anew_for_what_the_server_began(
    node: str, server: DaphneServer, number: int
) -> None:
    topic = f"open:{number}"
    await published(topic, 1)
    token = await in_thread(lambda: hub.tokens.issue(7, subs={topic: {}}))
    async with page(node, url=server.url, token=token) as sdk:
        await sdk.hear("server subscribed")
        await in_thread(Topic.objects.filter(name=topic).update, epoch="restored", head=0)
        while (await sdk.hear("connecting"))["code"] != 3010:
            pass
        again = await sdk.hear("server subscribed")
        assert (again["wasRecovering"], again["recovered"]) == (True, False)


async def test_it_refreshes_its_tokens_and_stays(node: str, serve: Callable[..., DaphneServer], number: int) -> None:
    server, topic = serve(HUB_EXPIRED_GRACE_S=2), f"private:{number}"
    end = time.time() + 8
    tokens = [subscription_token(topic, lives_s) for lives_s in (8, 60)]
    first = jwt.encode({"sub": "7", "aud": "hub", "exp": end}, settings.HUB_KEYS[0], "HS256")
    async with page(node, url=server.url, token=first, fresh=await issued(7), topic=topic, tokens=tokens) as sdk:
        await sdk.hear("subscribed")
        await asyncio.sleep(end + 4 - time.time())
        await published(topic, 1)
        assert (await sdk.hear("publication"))["offset"] == 1
        assert (sdk.heard("getToken"), sdk.heard("getSubscriptionToken"), sdk.heard("connected")) == (1, 2, 1)
        assert (sdk.heard("subscribing"), sdk.heard("subscribed")) == (1, 1)


async def test_an_expired_subscription_token_makes_it_ask_for_a_new_one(
    node: str, server: DaphneServer, number: int
) -> None:
    topic = f"private:{number}"
    tokens = [subscription_token(topic, lives_s) for lives_s in (-1, 60)]
    async with page(node, url=server.url, token=await issued(7), topic=topic, tokens=tokens) as sdk:
        await sdk.hear("subscribed")
        assert {"what": "subscription error", "code": 109} in sdk.said
        assert sdk.heard("getSubscriptionToken") == 2


async def test_a_revoked_subscription_token_makes_it_ask_the_application(
    node: str, server: DaphneServer, number: int
) -> None:
    topic = f"private:{number}"
    tokens = [await in_thread(lambda: hub.tokens.issue_subscription(7, topic))]
    async with page(node, url=server.url, token=await issued(7), topic=topic, tokens=tokens) as sdk:
        await sdk.hear("subscribed")
        await in_thread(hub.revoke.unsubscribe, 7, topic)
        assert (await sdk.hear("subscribing"))["code"] == 2502
        # The application refuses.
        assert (await sdk.hear("unsubscribed"))["code"] == 1
        assert sdk.heard("getSubscriptionToken") == 2


async def test_it_publishes_asks_who_is_there_and_reads_the_past(node: str, server: DaphneServer, number: int) -> None:
    topic = f"lobby:{number}"
    token = await in_thread(lambda: hub.tokens.issue(7, info={"name": "Wu"}))
    async with page(node, url=server.url, token=token, topic=topic, joinLeave=True) as sdk:
        me = {"user": "7", "client": (await sdk.hear("connected"))["client"], "connInfo": {"name": "Wu"}}
        await sdk.hear("subscribed")
        assert (await sdk.hear("join"))["info"].items() >= me.items()
        async with opened(server.url, await issued(8)) as other:
            await other.do("subscribe", channel=topic)
            assert (await sdk.hear("join"))["info"]["user"] == "8"
            there = (await sdk.do("subscription", "presence"))["clients"]
            assert {client: info["user"] for client, info in there.items()} == {me["client"]: "7", other.id: "8"}
            assert await sdk.do("subscription", "presenceStats") == {"numClients": 2, "numUsers": 2}
        assert (await sdk.hear("leave"))["info"]["user"] == "8"

        frame = [("subscription", "publish", {"turn": turn}) for turn in range(4)]
        answers = await sdk.do_all(*frame, ("client", "rpc", "echo", [1, "门铃"]))
        assert answers.count({}) == 4
        assert {"data": {"user": "7", "data": [1, "门铃"]}} in answers
        found = [each for each in sdk.said if each["what"] == "publication"]
        found += await sdk.publications(4 - len(found))
        assert [(each["data"], each["offset"]) for each in found] == [({"turn": turn}, turn + 1) for turn in range(4)]
        assert found[0]["info"].items() >= me.items()

        past = await sdk.do("subscription", "history", {"limit": -1})
        assert ([each["data"]["turn"] for each in past["publications"]], past["offset"]) == ([0, 1, 2, 3], 4)
        since = {"offset": 1, "epoch": past["epoch"]}
        page_ = await sdk.do("subscription", "history", {"limit": 2, "since": since})
        assert [each["offset"] for each in page_["publications"]] == [2, 3]
        back = await sdk.do("subscription", "history", {"limit": 2, "since": since | {"offset": 4}, "reverse": True})
        assert [each["offset"] for each in back["publications"]] == [3, 2]
        assert await sdk.do("subscription", "history", {"limit": 1, "since": since | {"epoch": "other"}}) == 112

        assert await sdk.do("client", "rpc", "refuse", {}) == 460
        assert await sdk.do("client", "rpc", "nobody", {}) == 104
        assert await sdk.do("client", "publish", "note:1", {}) == 103
        await sdk.do("subscription", "unsubscribe")
        assert await sdk.do("client", "presence", topic) == 103


async def test_it_answers_pings(node: str, serve: Callable[..., DaphneServer], number: int) -> None:
    server, topic = serve(HUB_PING_INTERVAL_S=1, HUB_PONG_TIMEOUT_S=3), f"open:{number}"
    async with page(node, url=server.url, token=await issued(7), topic=topic) as sdk:
        await sdk.hear("subscribed")
        await asyncio.sleep(6)
        await published(topic, 1)
        await sdk.hear("publication")
        assert sdk.heard("connected") == 1


async def test_when_the_revocations_begin_anew_it_forgets_its_token_and_its_position(
    node: str, serve: Callable[..., DaphneServer], number: int
) -> None:
    await in_thread(hub.revoke.disconnect, "nobody")
    server, topic = serve(), f"open:{number}"
    tokens = [await issued(7) for _ in range(2)]
    async with page(node, url=server.url, token=tokens[0], fresh=tokens[1], topic=topic) as sdk:
        await sdk.hear("subscribed")
        await published(topic, 1)
        await sdk.hear("publication")
        await in_thread(Topic.objects.filter(name="$revocations").update, epoch=f"restored-{number}")
        while (await sdk.hear("connecting"))["code"] != 3014:
            pass
        await sdk.hear("getToken")
        again = await sdk.hear("subscribed")
        assert (again["wasRecovering"], again["recovered"]) == (True, False)


async def test_what_the_registry_refuses_of_the_servers_is_reported(
    node: str, serve: Callable[..., DaphneServer], number: int
) -> None:
    private, server = f"private:{number}", serve()
    await in_thread(Reader.objects.create, user_id="7", private_id=number)
    token = await in_thread(lambda: hub.tokens.issue(7, subs={private: {}}))
    async with page(node, url=server.url, token=token) as sdk:
        await sdk.hear("server subscribed")
        await asyncio.to_thread(server.kill)
        await in_thread(Reader.objects.filter(private_id=number).delete)
        await asyncio.to_thread(server.start)
        assert (await sdk.hear("server unsubscribed"))["channel"] == private
        assert (await sdk.do("client", "rpc", "echo", 1))["data"]["user"] == "7"
