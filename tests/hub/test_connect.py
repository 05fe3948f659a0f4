"""Who gets in, and what the first message is told."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import websockets
from django.conf import settings

import hub
from tests.hub.client import opened
from tests.hub.stack import DaphneServer
from tests.hub.writing import in_thread, issued

pytestmark = pytest.mark.usefixtures("database")


def token(**changes: Any) -> str:
    claims = {"sub": "7", "aud": "hub", "iat": time.time(), "exp": time.time() + 60} | changes
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None}, settings.HUB_KEYS[0], "HS256"
    )


async def test_connect_answers_what_the_sdk_needs(server: DaphneServer) -> None:
    async with opened(server.url) as client:
        result = await client.do("connect", token=token(), name="js", unknown={"field": 1})
    assert result["client"]
    assert result["expires"] is True
    assert 50 < result["ttl"] <= 60
    assert (result["ping"], result["pong"]) == (25, True)


async def test_a_token_signed_by_an_older_key_is_let_in(server: DaphneServer) -> None:
    async with opened(server.url) as client:
        old = jwt.encode({"sub": "7", "aud": "hub", "exp": time.time() + 60}, settings.HUB_KEYS[1], "HS256")
        assert await client.do("connect", token=old)


async def test_an_issued_token_lives_an_hour_or_up_to_a_quarter_more() -> None:
    claims = hub.tokens.verify(await in_thread(hub.tokens.issue, 7, info={"role": "worker"}))
    assert claims.identity == hub.Identity("7", {"role": "worker"})
    assert claims.expires_at is not None
    assert 3590 < claims.expires_at - time.time() < 4510


async def test_an_expired_token_is_told_so_and_the_connection_is_no_use_after(server: DaphneServer) -> None:
    async with opened(server.url) as client:
        assert await client.refused("connect", token=token(exp=time.time() - 1)) == 109
        await client.socket.send(json.dumps({"id": 9, "connect": {"token": token()}}))
        assert await client.closed() == 3501


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "nonsense",
        jwt.encode({"sub": "7", "aud": "hub", "exp": 2**40}, "somebody-elses-key-of-thirty-two-bytes"),
        jwt.encode({"sub": "7", "aud": "hub", "exp": 2**40}, "", algorithm="none"),
    ],
)
async def test_a_token_that_is_not_ours_is_closed_for_good(server: DaphneServer, bad: str) -> None:
    async with opened(server.url) as client:
        await client.socket.send(json.dumps({"id": 1, "connect": {"token": bad}}))
        assert await client.closed() == 3500
        assert (await client.push())["disconnect"] == {"code": 3500, "reason": "invalid token"}


@pytest.mark.parametrize("changes", [{"aud": "api"}, {"aud": None}, {"exp": None}, {"sub": None}])
async def test_a_token_for_something_else_is_closed_for_good(server: DaphneServer, changes: dict[str, Any]) -> None:
    async with opened(server.url) as client:
        await client.socket.send(json.dumps({"id": 1, "connect": {"token": token(**changes)}}))
        assert await client.closed() == 3500


async def test_anything_before_connect_is_a_bad_request(server: DaphneServer) -> None:
    for first in ({"id": 1, "subscribe": {"channel": "open:x"}}, {"id": 1, "rpc": {"method": "echo"}}, {}):
        async with opened(server.url) as client:
            await client.socket.send(json.dumps(first))
            assert await client.closed() == 3501


async def test_who_says_nothing_is_closed_as_stale(serve: Callable[..., DaphneServer]) -> None:
    impatient = serve(HUB_CONNECT_TIMEOUT_S=1)
    async with opened(impatient.url) as client:
        assert await client.closed() == 3502


async def test_anonymous_is_let_in_only_where_the_setting_says_so(serve: Callable[..., DaphneServer]) -> None:
    async with opened(serve(HUB_ALLOW_ANONYMOUS=True).url) as client:
        assert "expires" not in await client.do("connect")


async def test_refresh_prolongs_the_connection_in_band(server: DaphneServer) -> None:
    async with opened(server.url, token()) as client:
        assert 110 < (await client.do("refresh", token=token(exp=time.time() + 120)))["ttl"] <= 120
        await client.socket.send(json.dumps({"id": 99, "refresh": {"token": token(sub="8")}}))
        assert await client.closed() == 3500


async def test_a_refresh_with_a_token_that_ran_out_or_was_voided_has_the_client_connect_anew(
    server: DaphneServer, number: int
) -> None:
    """As Centrifugo does: to the SDKs an error 109 here would be the end."""
    user = f"user-{number}"
    async with opened(server.url, token()) as client:
        await client.socket.send(json.dumps({"id": 99, "refresh": {"token": token(exp=time.time() - 1)}}))
        assert await client.closed() == 3005
    old = await issued(user)
    await in_thread(hub.revoke.disconnect, user)
    async with opened(server.url, await issued(user)) as client:
        await asyncio.sleep(1.2)  # Until the process knows of it for sure.
        await client.socket.send(json.dumps({"id": 99, "refresh": {"token": old}}))
        assert await client.closed() == 3005


async def test_after_a_refresh_the_new_token_says_who_it_is(server: DaphneServer) -> None:
    async with opened(server.url, token(info={"role": "worker"})) as client:
        await client.do("refresh", token=token(info={"role": "dispatcher"}))
        assert (await client.do("rpc", method="info"))["data"] == {"role": "dispatcher"}


async def test_an_issuer_whose_clock_is_ahead_locks_nobody_out(server: DaphneServer) -> None:
    async with opened(server.url, token(iat=time.time() + 300)) as client:
        assert await client.do("ping") == {}


async def test_a_foreign_origin_is_refused_where_origins_are_listed(serve: Callable[..., DaphneServer]) -> None:
    strict = serve(HUB_ALLOWED_ORIGINS=["https://doorbell.example"])
    async with opened(strict.url, origin="https://elsewhere.example") as client:
        assert await client.closed() == 3507
    async with opened(strict.url, token(), origin="https://doorbell.example") as client:
        assert await client.do("ping") == {}


async def test_another_path_is_not_there(server: DaphneServer) -> None:
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(server.url + "/other")


async def test_more_connections_of_a_user_than_are_allowed_are_closed(serve: Callable[..., DaphneServer]) -> None:
    strict = serve(HUB_USER_CONNECTIONS_MAX=2, HUB_ALLOW_ANONYMOUS=True)
    async with opened(strict.url, token()) as one, opened(strict.url, token()) as two, opened(strict.url) as three:
        await three.socket.send(json.dumps({"id": 1, "connect": {"token": token()}}))
        assert await three.closed() == 3504
        await one.socket.close()
        await asyncio.sleep(1)  # Until the process has let it go.
        async with opened(strict.url, token()), opened(strict.url, token(sub="8")) as other:
            assert await other.do("ping") == await two.do("ping") == {}
        for _ in range(3):
            async with opened(strict.url, "") as nobody:
                assert await nobody.do("ping") == {}


async def test_a_token_may_say_another_end_than_its_own(server: DaphneServer) -> None:
    async with opened(server.url) as client:
        assert await client.refused("connect", token=token(expire_at=time.time() - 1)) == 110
    async with opened(server.url) as client:
        assert "expires" not in await client.do("connect", token=token(expire_at=0))
        assert await client.refused("refresh", token=token(expire_at=time.time() - 1)) == 110
        assert (await client.do("refresh", token=token(expire_at=time.time() + 600)))["ttl"] > 500


async def test_tokens_of_others_may_leave_out_what_is_ours(serve: Callable[..., DaphneServer]) -> None:
    def made(**claims: Any) -> str:
        return jwt.encode(claims, settings.HUB_KEYS[0], "HS256")

    async with opened(serve(HUB_TOKEN_AUDIENCE=None, HUB_ALLOW_ANONYMOUS=True).url) as client:
        assert "expires" not in await client.do("connect", token=made(info={"guest": True}))
        topic = "private:1"
        assert await client.do("subscribe", channel=topic, token=made(channel=topic))
    async with opened(serve(HUB_TOKEN_AUDIENCE=None).url) as client:
        await client.socket.send(json.dumps({"id": 1, "connect": {"token": made()}}))
        assert await client.closed() == 3507


@pytest.mark.parametrize(
    "changes", [{"subs": [1]}, {"subs": {"open:1": 1}}, {"channels": 5}, {"expire_at": "soon"}, {"expire_at": {}}]
)
async def test_claims_of_another_shape_are_no_token(server: DaphneServer, changes: dict[str, Any]) -> None:
    async with opened(server.url) as client:
        await client.socket.send(json.dumps({"id": 1, "connect": {"token": token(**changes)}}))
        assert await client.closed() == 3500
