"""How the demo's people ask: again after what may pass, with the same key; and how they stay signed in."""

import asyncio
import socket

import pytest

from tests.demo.scripted_platform import Answer, Asked, in_turn, scripted_platform
from web.demo.people.api import Api, Refused, Unreachable
from web.demo.people.person import PhonePerson

DONE = Answer(200, {"command": 7, "status": "done", "state": "ACCEPTED", "version": 3})
TOKENS = {"access": "new", "refresh": "r2", "expires_in": 900, "user": {"id": 5}}


async def signed_in(api: Api) -> PhonePerson:
    person = PhonePerson(api, "19905710001")
    await person.sign_in()
    return person


def platform_of(commands: list[Answer]) -> "list[Answer]":
    return [Answer(200, {"expires_in": 60, "sandbox_code": "123456"}), Answer(200, TOKENS), *commands]


async def test_a_busy_platform_is_asked_again_with_the_same_key() -> None:
    busy = Answer(503, {"code": "unavailable", "details": {}}, {"Retry-After": "0"})
    async with scripted_platform(in_turn(*platform_of([busy, Answer(0), DONE]))) as platform:
        person = await signed_in(Api(platform.url))
        answer = await person.command("/api/offers/3/accept")
    assert answer["state"] == "ACCEPTED"
    keys = [asked.headers["idempotency-key"] for asked in platform.asked[2:]]
    assert len(keys) == 3
    assert len(set(keys)) == 1


async def test_a_pending_command_is_followed_to_its_outcome() -> None:
    pending = Answer(202, {"command": 7, "status": "pending", "state": None, "version": None})
    async with scripted_platform(in_turn(*platform_of([pending, DONE]))) as platform:
        person = await signed_in(Api(platform.url))
        answer = await person.command("/api/orders/3/depart")
    assert answer["version"] == 3
    assert [asked.path for asked in platform.asked[2:]] == ["/api/orders/3/depart", "/api/commands/7"]


async def test_a_pending_command_that_expires_is_a_refusal() -> None:
    pending = Answer(202, {"command": 7, "status": "pending"})
    expired = Answer(200, {"command": 7, "status": "expired", "code": "expired", "details": {}})
    async with scripted_platform(in_turn(*platform_of([pending, expired]))) as platform:
        person = await signed_in(Api(platform.url))
        with pytest.raises(Refused, match="expired"):
            await person.command("/api/orders/3/depart")


async def test_a_refusal_is_final() -> None:
    refusal = Answer(409, {"code": "offer_closed", "message": "", "details": {"state": "lapsed"}})
    async with scripted_platform(in_turn(*platform_of([refusal]))) as platform:
        person = await signed_in(Api(platform.url))
        with pytest.raises(Refused) as refused:
            await person.command("/api/offers/3/accept")
    assert (refused.value.status, refused.value.code, refused.value.details) == (
        409,
        "offer_closed",
        {"state": "lapsed"},
    )
    assert len(platform.asked) == 3


async def test_an_expired_token_is_renewed_once_for_all_who_found_it_so() -> None:
    def script(asked: Asked) -> Answer:
        if asked.path == "/api/auth/codes":
            return Answer(200, {"sandbox_code": "123456"})
        if asked.path == "/api/auth/login":
            return Answer(200, TOKENS | {"access": "old", "refresh": "r1"})
        if asked.path == "/api/auth/refresh":
            return Answer(200, TOKENS)
        fresh = asked.headers["authorization"] == "Bearer new"
        return Answer(200, {"id": 5}) if fresh else Answer(401, {"code": "token_expired", "details": {}})

    async with scripted_platform(script) as platform:
        person = await signed_in(Api(platform.url))
        await asyncio.gather(*(person.get("/api/me") for _ in range(5)))
    assert [asked.body for asked in platform.asked if asked.path == "/api/auth/refresh"] == [{"refresh": "r1"}]


async def test_a_revoked_login_signs_in_again() -> None:
    refused = Answer(401, {"code": "token_revoked", "details": {}})
    again = platform_of([Answer(200, {"id": 5})])
    async with scripted_platform(in_turn(*platform_of([refused, refused]), *again)) as platform:
        person = await signed_in(Api(platform.url))
        assert await person.get("/api/me") == {"id": 5}


async def test_nobody_there_is_unreachable_once_patience_ends() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        api = Api(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Unreachable):
            await api.call("GET", "/api/cities", patience_s=0.5)


async def test_requests_keep_their_distance() -> None:
    async with scripted_platform(lambda _: Answer(200, {})) as platform:
        api = Api(platform.url, per_second=100)
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(api.call("GET", "/api/cities") for _ in range(21)))
        took_s = asyncio.get_running_loop().time() - began
    assert took_s >= 0.2
