"""What a client says with its connect, and what the application answers."""

import asyncio
import json
from collections.abc import Callable

import pytest

import hub
from tests.hub.client import opened
from tests.hub.stack import DaphneServer, wait_until
from tests.hub.writing import in_thread, issued

pytestmark = pytest.mark.usefixtures("database", "patience")


async def test_the_application_hears_it_and_answers(server: DaphneServer) -> None:
    async with opened(server.url) as client:
        result = await client.do("connect", token=await issued(7), data={"app": "门铃", "refuses": None})
        assert result["data"] == {"hello": "7", "heard": {"app": "门铃", "refuses": None}}
        assert await client.do("ping") == {}
    async with opened(server.url) as client:
        assert "data" not in await client.do("connect", token=await issued(7))


async def test_an_answer_that_is_no_json_refuses_the_connect(server: DaphneServer) -> None:
    async with opened(server.url) as client:
        assert await client.refused("connect", token=await issued(7), data={"broken": True}) == 100
        await client.socket.send(json.dumps({"id": 9, "ping": {}}))
        assert await client.closed() == 3501


async def test_a_refusal_is_an_error_or_a_disconnect(server: DaphneServer, number: int) -> None:
    user = f"user-{number}"
    async with opened(server.url) as client:
        answer = await client.ask("connect", token=await issued(user), data={"refuse": 460})
        assert answer["error"] == {"code": 460, "message": "not you"}
        await in_thread(wait_until, lambda: not hub.presence.connected([user]), "his absence")
        await client.socket.send(json.dumps({"id": 9, "rpc": {"method": "echo"}}))
        assert await client.closed() == 3501
    async with opened(server.url) as client:
        await client.socket.send(
            json.dumps({"id": 1, "connect": {"token": await issued(user), "data": {"refuse": 4501}}})
        )
        assert await client.closed() == 4501
        assert (await client.push())["disconnect"] == {"code": 4501, "reason": "not you"}


async def test_codes_of_the_protocol_are_not_the_applications() -> None:
    for code in (109, 2500, 3500, 5000):
        with pytest.raises(ValueError, match="protocol"):
            hub.rpc.RpcRefused(code, "mine")


async def test_who_is_revoked_while_the_application_thinks_does_not_get_in(server: DaphneServer, number: int) -> None:
    user = f"user-{number}"
    async with opened(server.url) as client:
        body = {"token": await issued(user), "data": {"wait_s": 6}}
        await client.socket.send(json.dumps({"id": 1, "connect": body}))
        await asyncio.sleep(1.5)
        await in_thread(hub.revoke.disconnect, user)
        assert await client.closed(seconds=3.0) == 3503


async def test_who_waits_for_the_application_is_not_stale_but_whom_it_refused_is(
    serve: Callable[..., DaphneServer],
) -> None:
    server, token = serve(HUB_CONNECT_TIMEOUT_S=2), await issued(7)
    async with opened(server.url) as client:
        await client.do("connect", token=token, data={"wait_s": 5})
        assert await client.do("ping") == {}
    async with opened(server.url) as client:
        assert await client.refused("connect", token=token, data={"refuse": 460}) == 460
        assert await client.closed() == 3502


async def test_commands_in_the_same_frame_follow_the_connect(server: DaphneServer, number: int) -> None:
    async with opened(server.url) as client:
        connected, subscribed, called = client.expect(1, 2, 3)
        commands = [
            {"id": 1, "connect": {"token": await issued(7), "data": {"wait_s": 0.3}}},
            {"id": 2, "subscribe": {"channel": f"open:{number}"}},
            {"id": 3, "rpc": {"method": "echo", "data": 1}},
        ]
        await client.socket.send("\n".join(map(json.dumps, commands)))
        assert "connect" in await connected
        assert "subscribe" in await subscribed
        assert (await called)["rpc"]["data"] == {"user": "7", "data": 1}
