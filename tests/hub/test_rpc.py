"""Methods that applications register."""

import asyncio
import contextlib
import time

import psycopg

from tests.hub.client import Client, opened
from tests.hub.database import url as database_url
from tests.hub.stack import DaphneServer
from tests.hub.writing import issued


async def test_a_method_gets_who_calls_and_what(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client:
        result = await client.do("rpc", method="echo", data={"text": "门铃 \ud800", "list": [1, None]})
    assert result == {"data": {"user": "7", "data": {"text": "门铃 \ud800", "list": [1, None]}}}


async def test_refusals_and_failures_are_answered_with_codes(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client:
        assert await client.refused("rpc", method="nobody") == 104
        assert await client.refused("rpc") == 104
        assert (await client.ask("rpc", method="refuse"))["error"] == {"code": 460, "message": "not today"}
        broken = (await client.ask("rpc", method="broken"))["error"]
        assert broken == {"code": 100, "message": "internal server error", "temporary": True}
        exhausted = [(await client.ask("rpc", method="exhausted"))["error"]["code"] for _ in range(20)]
        assert exhausted == [100] * 20
        assert await client.do("ping") == {}


async def test_calls_of_one_method_are_answered_in_their_order_and_hold_up_no_others(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client, opened(server.url, await issued(7)) as other:
        naps = [asyncio.ensure_future(client.do("rpc", method="nap", data=nap)) for nap in (2, 0.1, 0, 0)]
        await client.do("rpc", method="echo", data={})
        await other.do("rpc", method="nap", data=0)
        assert not any(nap.done() for nap in naps)
        ended = [(await nap)["data"]["ended"] for nap in naps]
    assert ended == sorted(ended)


async def test_threads_keep_their_connections_to_the_database_and_replace_those_that_died(server: DaphneServer) -> None:
    async def backends(client: Client) -> set[int]:
        return {(await client.do("rpc", method="backend"))["data"]["pid"] for _ in range(30)}

    async with opened(server.url, await issued(7)) as client:
        first = await backends(client)
        assert len(first) <= 4
        with psycopg.connect(database_url()) as connection:
            for pid in first:
                connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
        assert not first & await backends(client)


async def test_a_slow_method_holds_up_nothing_else_and_too_many_are_refused(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client:
        slow = [asyncio.ensure_future(client.ask("rpc", method="wait")) for _ in range(20)]
        assert await client.do("ping") == {}
        answers = await asyncio.gather(*slow)
    codes = [answer.get("error", {}).get("code") for answer in answers]
    assert codes.count(None) == 16
    assert codes.count(111) == 4


async def test_calls_of_many_are_bounded_and_starve_no_subscription(server: DaphneServer, number: int) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(opened(server.url, await issued(7))) for _ in range(6)]
        calls = [asyncio.ensure_future(client.ask("rpc", method="wait")) for client in clients[1:] for _ in range(16)]
        await clients[1].do("ping")
        start = time.monotonic()
        await clients[0].do("subscribe", channel=f"open:{number}")
        assert time.monotonic() - start < 2.0
        answers = await asyncio.gather(*calls)
    codes = [answer.get("error", {}).get("code") for answer in answers]
    assert set(codes) == {None, 111}
    assert codes.count(None) < 80
