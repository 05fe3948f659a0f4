"""Frames that are not the protocol end their own socket, with its code, and nothing else."""

import contextlib
import json

import pytest
from websockets.exceptions import ConnectionClosed

from tests.hub.client import opened
from tests.hub.stack import DaphneServer
from tests.hub.writing import issued

BAD = [
    "",
    " \n ",
    "nonsense",
    "{",
    "[]",
    "null",
    '"text"',
    "1",
    '{"id":1}',
    '{"id":-1,"ping":{}}',
    '{"id":1.5,"ping":{}}',
    '{"id":"1","ping":{}}',
    '{"id":true,"ping":{}}',
    '{"id":4294967296,"ping":{}}',
    '{"id":' + "9" * 5000 + ',"ping":{}}',
    '{"id":1,"subscribe":[]}',
    '{"id":1,"subscribe":{}}',
    '{"id":1,"subscribe":{"channel":5}}',
    '{"id":1,"subscribe":{"channel":"open:x","recover":true,"offset":-1}}',
    '{"id":1,"subscribe":{"channel":"open:x","recover":true,"offset":"1"}}',
    '{"id":1,"unsubscribe":{"channel":""}}',
    '{"id":1,"rpc":"echo"}',
    '{"id":1,"rpc":{"method":"echo","data":NaN}}',
    '{"id":1,"rpc":{"method":"echo","data":[-Infinity]}}',
    '{"id":1,"whatever":{}}',
    '{"id":1,"connect":{"token":"again"}}',
    "[" * 100_000,
    '{"a":' * 20_000,
    '{"id":1,"ping":{}}\n{',
    "x" * 70_000,
    '{"id":1,"rpc":{"data":"' + "x" * 70_000 + '"}}',
]


@pytest.mark.parametrize("frame", BAD, ids=range(len(BAD)))
async def test_a_malformed_frame_closes_its_socket_as_a_bad_request(server: DaphneServer, frame: str) -> None:
    async with (
        opened(server.url, await issued(7)) as bystander,
        opened(server.url, await issued(7)) as client,
    ):
        await client.socket.send(frame)
        assert await client.closed() == 3501
        assert await bystander.do("ping") == {}


async def test_a_binary_frame_closes_its_socket_as_a_bad_request(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client:
        await client.socket.send(b'{"id":1,"ping":{}}')
        assert await client.closed() == 3501


async def test_a_huge_frame_ends_its_socket_and_not_the_process(server: DaphneServer) -> None:
    async with (
        opened(server.url, await issued(7)) as bystander,
        opened(server.url, await issued(7)) as client,
    ):
        with contextlib.suppress(ConnectionClosed):  # It may end before all of it is sent.
            await client.socket.send("x" * 3_000_000)
        assert await client.closed() in (1006, 1009, 3501)
        assert await bystander.do("ping") == {}


async def test_a_pong_nobody_asked_for_is_a_bad_request(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client:
        await client.socket.send("{}")
        assert await client.closed() == 3501


async def test_an_asynchronous_message_is_not_available(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client:
        await client.socket.send(json.dumps({"send": {"data": 1}}))
        assert await client.closed() == 3508


async def test_several_commands_in_one_frame_are_all_answered(server: DaphneServer) -> None:
    async with opened(server.url) as client:
        connect, history = {"token": await issued(7)}, {"channel": "nobody:1"}
        frame = [{"id": 1, "connect": connect}, {"id": 2, "ping": {}}, {"id": 3, "history": history}]
        replies = client.expect(1, 2, 3)
        await client.socket.send("\n".join(json.dumps(each) for each in frame) + "\n")
        first, second, third = [await reply for reply in replies]
    assert first["connect"]["client"]
    assert second == {"id": 2, "ping": {}}
    assert third == {"id": 3, "error": {"code": 102, "message": "unknown channel"}}


async def test_a_flood_of_commands_is_too_many_requests(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client:
        client.expect(*range(1000, 3000))
        frame = "\n".join(f'{{"id":{1000 + index},"ping":{{}}}}' for index in range(2000))
        await client.socket.send(frame)
        assert await client.closed() == 3013


async def test_what_is_allowed_is_counted_in_bytes(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client:
        await client.socket.send(json.dumps({"id": 9, "ping": {"text": "é" * 40_000}}, ensure_ascii=False))
        assert await client.closed() == 3501
