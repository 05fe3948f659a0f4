"""Access taken away: whoever lost it stops hearing, at every process, with or without Redis."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from django.conf import settings

import hub
from hub import hints
from hub.models import Event, Topic
from tests.hub.client import opened
from tests.hub.notes.models import Reader
from tests.hub.stack import DaphneServer
from tests.hub.writing import HeldHints, in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database")


def admit(user: str, number: int) -> None:
    Reader.objects.create(user_id=user, private_id=number)


def take_off(user: str, number: int) -> None:
    with hub.atomic():
        Reader.objects.filter(user_id=user, private_id=number).delete()
        hub.revoke.unsubscribe(user, f"private:{number}")


async def test_a_revoked_reader_stops_hearing_and_others_go_on(server: DaphneServer, number: int) -> None:
    topic = f"private:{number}"
    for user in ("7", "8"):
        await in_thread(admit, user, number)
    async with (
        opened(server.url, await issued(7)) as revoked,
        opened(server.url, await issued(8)) as other,
    ):
        for client in (revoked, other):
            await client.do("subscribe", channel=topic)
        await in_thread(take_off, "7", number)
        told = await revoked.push()
        await published(topic, 1)
        assert (await other.publication())["offset"] == 1
        assert revoked.pushes.empty()
        assert await revoked.refused("subscribe", channel=topic) == 103
        # The refused subscription is no barrier to asking again.
        await in_thread(admit, "7", number)
        assert (await revoked.do("subscribe", channel=topic))["offset"] == 1
    assert told == {"channel": topic, "unsubscribe": {"code": 2000, "reason": "server unsubscribe"}}


async def test_a_revocation_that_rolled_back_takes_nothing(server: DaphneServer, number: int) -> None:
    topic = f"private:{number}"
    await in_thread(admit, "7", number)

    def fail() -> None:
        with hub.atomic():
            take_off("7", number)
            raise ZeroDivisionError

    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        with pytest.raises(ZeroDivisionError):
            await in_thread(fail)
        await published(topic, 1)
        assert (await client.publication())["offset"] == 1


async def test_who_may_still_read_stays_subscribed(server: DaphneServer, number: int) -> None:
    topic = f"private:{number}"
    await in_thread(admit, "7", number)
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        await in_thread(hub.revoke.unsubscribe, 7, topic)
        await published(topic, 1)
        assert (await client.publication())["offset"] == 1


async def test_a_disconnected_user_is_closed_everywhere_and_needs_a_new_token(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    user = f"user-{number}"
    first, second = serve(), serve()
    old = await issued(user)
    async with opened(first.url, old) as one, opened(second.url, old) as two:
        await in_thread(hub.revoke.disconnect, user)
        assert [await one.closed(), await two.closed()] == [3503, 3503]
    third = serve()
    for running in (first, third):
        async with opened(running.url) as client:
            assert await client.refused("connect", token=old) == 109
        async with opened(running.url, await issued(user)) as client:
            assert await client.do("ping") == {}


async def test_one_login_of_a_user_ends_and_his_others_go_on(serve: Callable[..., DaphneServer], number: int) -> None:
    user, running = f"user-{number}", serve()
    lost, kept = [await in_thread(hub.tokens.issue, user, login=login) for login in ("lost", "kept")]
    async with opened(running.url, lost) as one, opened(running.url, kept) as two:
        await in_thread(lambda: hub.revoke.disconnect(user, login="lost"))
        assert await one.closed() == 3503
        assert await two.do("ping") == {}
        # Whoever changes his login by a refresh is of the new one from then on.
        assert "expires" in await two.do("refresh", token=await in_thread(hub.tokens.issue, user, login="newer"))
        await in_thread(lambda: hub.revoke.disconnect(user, login="newer"))
        assert await two.closed() == 3503
    later = serve()
    for server in (running, later):
        async with opened(server.url) as client:
            assert await client.refused("connect", token=lost) == 109
        async with opened(server.url, kept) as client:
            assert await client.do("ping") == {}


async def test_without_redis_a_revocation_takes_two_seconds_at_most(
    server: DaphneServer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "send", HeldHints())
    topic = f"private:{number}"
    await in_thread(admit, f"user-{number}", number)
    async with opened(server.url, await issued(f"user-{number}")) as client:
        await client.do("subscribe", channel=topic)
        await in_thread(take_off, f"user-{number}", number)
        assert "unsubscribe" in await client.push()
        await in_thread(hub.revoke.disconnect, f"user-{number}")
        assert await client.closed(seconds=2.0) == 3503


async def test_who_has_signed_in_again_stays_when_his_revocation_is_heard_late(
    server: DaphneServer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "send", HeldHints())
    user = f"user-{number}"
    async with opened(server.url, await issued(user)) as before:
        await in_thread(hub.revoke.disconnect, user)
        async with opened(server.url, await issued(user)) as after:
            assert await before.closed() == 3503
            assert await after.do("subscribe", channel=f"note:{number}")


async def test_tokens_of_an_issuer_whose_clock_is_ahead_are_voided_too(
    server: DaphneServer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, now = f"user-{number}", time.time
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: now() + 300)
        old = await issued(user)
    async with opened(server.url, old) as client:
        await in_thread(hub.revoke.disconnect, user)
        assert await client.closed() == 3503
    async with opened(server.url) as client:
        assert await client.refused("connect", token=old) == 109
    async with opened(server.url, await issued(user)) as client:
        assert await client.do("ping") == {}


async def test_tokens_that_never_end_stay_void_however_long_ago_it_was(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    user, long_ago = f"user-{number}", datetime.now(UTC) - timedelta(days=2)
    endless = jwt.encode({"sub": user, "iat": long_ago.timestamp() - 60}, settings.HUB_KEYS[0], "HS256")
    await in_thread(hub.revoke.disconnect, user)
    await in_thread(Event.objects.filter(topic="$revocations", subject=user).update, time=long_ago)
    async with opened(serve(HUB_TOKEN_AUDIENCE=None).url) as client:
        assert await client.refused("connect", token=endless) == 109


async def test_revocations_that_begin_anew_are_read_anew(
    serve: Callable[..., DaphneServer], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, server = f"user-{number}", serve()
    old = await issued(user)
    monkeypatch.setattr(hints, "send", HeldHints())

    def restore() -> None:
        with hub.atomic():
            Topic.objects.filter(name="$revocations").update(epoch=f"restored-{number}")
            hub.revoke.disconnect(user)

    async with opened(server.url, await issued(7)) as bystander:
        await in_thread(hub.revoke.disconnect, "nobody")
        await in_thread(restore)
        assert await bystander.closed() == 3014
    async with opened(server.url) as client:
        assert await client.refused("connect", token=old) == 109


async def test_while_the_registry_does_not_answer_nobody_goes_on_hearing(server: DaphneServer, number: int) -> None:
    topic = f"slow:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        await in_thread(admit, "slow", number)
        await in_thread(hub.revoke.unsubscribe, 7, topic)
        assert (await client.push())["unsubscribe"]["code"] == 2500
