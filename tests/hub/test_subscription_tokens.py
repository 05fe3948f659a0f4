"""Tokens that let their holder subscribe to one topic, for a while, until they are revoked."""

import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.conf import settings

import hub
from hub import hints
from tests.hub.client import opened
from tests.hub.stack import DaphneServer
from tests.hub.writing import HeldHints, in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database")


def token(topic: str, **changes: Any) -> str:
    claims = {"sub": "7", "aud": "hub", "channel": topic, "iat": time.time(), "exp": time.time() + 60} | changes
    return jwt.encode(claims, settings.HUB_KEYS[0], "HS256")


async def test_it_lets_in_whom_the_registry_does_not_know(server: DaphneServer, number: int) -> None:
    topic = f"private:{number}"
    async with opened(server.url, await issued(7)) as client:
        assert await client.refused("subscribe", channel=topic) == 103
        result = await client.do("subscribe", channel=topic, token=token(topic))
        assert (result["expires"], 50 < result["ttl"] <= 60) == (True, True)
        assert (result["recoverable"], result["positioned"]) == (True, True)
        await published(topic, 1)
        assert (await client.publication())["offset"] == 1
        assert (await client.do("sub_refresh", channel=topic, token=token(topic, exp=time.time() + 120)))["ttl"] > 110


async def test_those_that_we_issue_are_such(server: DaphneServer, number: int) -> None:
    topic = f"private:{number}"
    ours = await in_thread(lambda: hub.tokens.issue_subscription(7, topic))
    async with opened(server.url, await issued(7)) as client:
        assert 3590 < (await client.do("subscribe", channel=topic, token=ours))["ttl"] < 4510
        await published(topic, 1)
        assert (await client.publication())["offset"] == 1
        again = {"recover": True, "offset": 0, "epoch": (await in_thread(hub.heads, [topic]))[topic]["epoch"]}
        await client.do("unsubscribe", channel=topic)
        assert len((await client.do("subscribe", channel=topic, token=ours, **again))["publications"]) == 1


async def test_one_that_is_no_good_is_refused(server: DaphneServer, number: int) -> None:
    topic = f"private:{number}"
    async with opened(server.url, await issued(7)) as client:
        assert await client.refused("subscribe", channel=topic, token="nonsense") == 103
        assert await client.refused("subscribe", channel=topic, token=token(topic, aud="other")) == 103
        assert await client.refused("subscribe", channel=topic, token=token(topic, exp=time.time() - 1)) == 109
        assert await client.refused("subscribe", channel=topic, token=token(topic, expire_at=time.time() - 1)) == 110
        assert await client.refused("subscribe", channel=topic, token=token(topic, expire_at=float("inf"))) == 103
        assert await client.refused("subscribe", channel=topic, token=token(topic, channels="ab")) == 103
        assert await client.refused("subscribe", channel="nobody:1", token=token("nobody:1")) == 102
        never = await client.do("subscribe", channel=topic, token=token(topic, expire_at=0))
        assert "expires" not in never


@pytest.mark.parametrize("changes", [{"channel": "private:0"}, {"sub": "8"}, {"client": "another"}, {"channel": ""}])
async def test_one_for_something_or_somebody_else_ends_the_connection(
    server: DaphneServer, number: int, changes: dict[str, Any]
) -> None:
    topic = f"private:{number}"
    for command in ("subscribe", "sub_refresh"):
        async with opened(server.url, await issued(7)) as client:
            if command == "sub_refresh":
                await client.do("subscribe", channel=topic, token=token(topic))
            body = {"channel": topic, "token": token(topic, **changes)}
            await client.socket.send(json.dumps({"id": 99, command: body}))
            assert await client.closed() == 3500


async def test_the_two_kinds_are_not_mistaken_for_each_other(server: DaphneServer, number: int) -> None:
    topic = f"private:{number}"
    async with opened(server.url) as client:
        await client.socket.send(json.dumps({"id": 1, "connect": {"token": token(topic)}}))
        assert await client.closed() == 3500
    async with opened(server.url, await issued(7)) as client:
        await client.socket.send(json.dumps({"id": 9, "subscribe": {"channel": topic, "token": await issued(7)}}))
        assert await client.closed() == 3500


async def test_what_is_not_refreshed_ends_after_a_while(serve: Callable[..., DaphneServer], number: int) -> None:
    server, topic = serve(HUB_EXPIRED_GRACE_S=1), f"private:{number}"
    async with opened(server.url, await issued(7)) as client:
        end = time.time() + 3
        await client.do("subscribe", channel=topic, token=token(topic, expire_at=end))
        await client.do("subscribe", channel=f"open:{number}")
        told = await client.push()
        assert told == {"channel": topic, "unsubscribe": {"code": 2501, "reason": "subscription expired"}}
        assert time.time() > end + 1
        await published(topic, 1)
        await published(f"open:{number}", 2)
        assert (await client.push())["channel"] == f"open:{number}"
        assert await client.do("subscribe", channel=topic, token=token(topic))


async def test_refreshed_in_time_it_goes_on(serve: Callable[..., DaphneServer], number: int) -> None:
    server, topic = serve(HUB_EXPIRED_GRACE_S=1), f"private:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic, token=token(topic, exp=time.time() + 5))
        assert (await client.do("sub_refresh", channel=topic, token=token(topic)))["expires"] is True
        with pytest.raises(TimeoutError):
            await client.push(seconds=8.0)
        await published(topic, 1)
        assert (await client.publication())["offset"] == 1


async def test_a_refresh_that_is_no_good_is_refused(server: DaphneServer, number: int) -> None:
    topic = f"private:{number}"
    async with opened(server.url, await issued(7)) as client:
        assert await client.refused("sub_refresh", channel=topic, token=token(topic)) == 103
        await client.do("subscribe", channel=topic, token=token(topic))
        assert await client.refused("sub_refresh", channel=topic) == 107
        assert await client.refused("sub_refresh", channel=topic, token=token(topic, expire_at=time.time() - 9)) == 110
        body = {"channel": topic, "token": token(topic, exp=time.time() - 1)}
        await client.socket.send(json.dumps({"id": 99, "sub_refresh": body}))
        assert await client.closed() == 3006


async def test_revoked_it_lets_its_holder_neither_stay_nor_come_back(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic, user, running = f"private:{number}", f"user-{number}", serve()
    old = await in_thread(lambda: hub.tokens.issue_subscription(user, topic))
    other = await in_thread(lambda: hub.tokens.issue_subscription(user, f"private:9{number}"))
    async with opened(running.url, await issued(user)) as client:
        await client.do("subscribe", channel=topic, token=old)
        await client.do("subscribe", channel=f"private:9{number}", token=other)
        await in_thread(hub.revoke.unsubscribe, user, topic)
        told = await client.push()
        assert told == {"channel": topic, "unsubscribe": {"code": 2502, "reason": "state invalidated"}}
        assert await client.refused("subscribe", channel=topic, token=old) == 109
        await published(f"private:9{number}", 1)
        assert (await client.push())["channel"] == f"private:9{number}"
    later = serve()
    async with opened(later.url, await issued(user)) as client:
        assert await client.refused("subscribe", channel=topic, token=old) == 109
        newer = await in_thread(lambda: hub.tokens.issue_subscription(user, topic))
        assert await client.do("subscribe", channel=topic, token=newer)
        # By a token of somebody else's making, which does not say its place, the clock decides.
        await client.do("unsubscribe", channel=topic)
        assert await client.refused("subscribe", channel=topic, token=token(topic, sub=user, iat=0)) == 109


async def test_without_redis_a_revocation_is_felt_all_the_same(
    server: DaphneServer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "send", HeldHints())
    topic, user = f"private:{number}", f"user-{number}"
    async with opened(server.url, await issued(user)) as client:
        old = await in_thread(lambda: hub.tokens.issue_subscription(user, topic))
        await client.do("subscribe", channel=topic, token=old)
        await in_thread(hub.revoke.unsubscribe, user, topic)
        assert (await client.push())["unsubscribe"]["code"] == 2502


async def test_whom_the_registry_lets_in_stays_though_his_token_is_void(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    async with opened(server.url, await issued(7)) as client:
        old = await in_thread(lambda: hub.tokens.issue_subscription(7, topic))
        await client.do("subscribe", channel=topic, token=old)
        await in_thread(hub.revoke.unsubscribe, 7, topic)
        await published(topic, 1)
        assert (await client.publication())["offset"] == 1
        await client.socket.send(json.dumps({"id": 99, "sub_refresh": {"channel": topic, "token": old}}))
        assert await client.closed() == 3006


async def test_a_disconnect_voids_them_for_who_signs_in_again(server: DaphneServer, number: int) -> None:
    topic, user = f"private:{number}", f"user-{number}"
    old = await in_thread(lambda: hub.tokens.issue_subscription(user, topic))
    lost = await in_thread(lambda: hub.tokens.issue_subscription(user, f"private:9{number}", login="lost"))
    async with opened(server.url, await issued(user)) as client:
        await in_thread(lambda: hub.revoke.disconnect(user, login="lost"))
        await in_thread(hub.revoke.unsubscribe, user, topic)
        await in_thread(hub.revoke.disconnect, user)
        assert await client.closed() == 3503
    async with opened(server.url, await issued(user)) as client:
        assert await client.refused("subscribe", channel=topic, token=old) == 109
        assert await client.refused("subscribe", channel=f"private:9{number}", token=lost) == 109


async def test_a_lost_login_ends_what_its_tokens_began(server: DaphneServer, number: int) -> None:
    topic, user = f"private:{number}", f"user-{number}"
    lost = await in_thread(lambda: hub.tokens.issue_subscription(user, topic, login="lost"))
    async with opened(server.url, await in_thread(lambda: hub.tokens.issue(user, login="kept"))) as client:
        await client.do("subscribe", channel=topic, token=lost)
        await in_thread(lambda: hub.revoke.disconnect(user, login="lost"))
        assert (await client.push())["unsubscribe"]["code"] == 2502


async def test_others_see_what_it_says_of_its_holder(server: DaphneServer, number: int) -> None:
    topic = f"room:{number}"
    async with opened(server.url, await issued("outsider")) as client:
        assert await client.refused("subscribe", channel=topic) == 103
        seated = await in_thread(lambda: hub.tokens.issue_subscription("outsider", topic, info={"seat": 3}))
        await client.do("subscribe", channel=topic, token=seated, join_leave=True)
        shown = {"user": "outsider", "client": client.id, "chan_info": {"seat": 3}}
        assert (await client.push())["join"]["info"] == shown
        assert (await client.do("presence", channel=topic))["presence"] == {client.id: shown}
