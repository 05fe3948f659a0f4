"""What may be subscribed to, and what comes then."""

import pytest

import hub
from hub.publishing import publish_latest
from tests.hub.client import opened
from tests.hub.stack import DaphneServer
from tests.hub.writing import in_thread, issued, published

pytestmark = pytest.mark.usefixtures("database", "patience")


async def test_events_arrive_in_order_with_their_envelope(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    async with opened(server.url, await issued(7)) as client:
        result = await client.do("subscribe", channel=topic, flag=1, unknown=True)
        await published(topic, *range(20))
        found = await client.publications(20)

    assert result["recoverable"] is True
    assert result["positioned"] is True
    assert result["epoch"]
    assert [each["offset"] for each in found] == list(range(1, 21))
    assert [each["data"]["data"]["value"] for each in found] == list(range(20))
    assert set(found[0]["data"]) == {"id", "source", "type", "subject", "time", "data"}
    assert found[0]["data"]["source"] == "/notes"


async def test_a_subscription_starts_where_the_log_stands(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    await published(topic, 1, 2, 3)
    async with opened(server.url, await issued(7)) as client:
        result = await client.do("subscribe", channel=topic)
        await published(topic, 4)
        assert result["offset"] == 3
        assert (await client.publication())["offset"] == 4


async def test_an_event_larger_than_a_hint_is_read_from_the_log(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"

    def large() -> None:
        with hub.atomic():
            hub.publish(topic, type="test.happened", data={"text": "门" * 20_000})

    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        await in_thread(large)
        assert (await client.publication())["data"]["data"]["text"] == "门" * 20_000


async def test_a_topic_nobody_registered_is_unknown(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client:
        for name in (
            "nobody:1",
            "note:x",
            "note:01",
            "note:1:2",
            "open:\x00",
            "open:\ud800",
            "$revocations",
            "x" * 300,
        ):
            assert await client.refused("subscribe", channel=name) == 102


async def test_a_foreign_topic_is_refused(server: DaphneServer) -> None:
    async with opened(server.url, await issued(7)) as client:
        assert await client.refused("subscribe", channel="own:8") == 103
        assert await client.refused("subscribe", channel="private:1") == 103
        assert await client.do("subscribe", channel="own:7")


async def test_a_second_subscription_to_the_same_topic_is_refused(server: DaphneServer, number: int) -> None:
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=f"open:{number}")
        assert await client.refused("subscribe", channel=f"open:{number}") == 105


async def test_too_many_subscriptions_are_refused(server: DaphneServer, number: int) -> None:
    async with opened(server.url, await issued(7)) as client:
        for index in range(256):
            await client.do("subscribe", channel=f"position:{number}-{index}")
        assert await client.refused("subscribe", channel=f"open:{number}") == 106


async def test_after_unsubscribe_nothing_comes(server: DaphneServer, number: int) -> None:
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=f"open:a{number}")
        await client.do("subscribe", channel=f"open:b{number}")
        await client.do("unsubscribe", channel=f"open:a{number}")
        await published(f"open:a{number}", 1)
        await published(f"open:b{number}", 2)
        assert (await client.push())["channel"] == f"open:b{number}"


async def test_one_process_serves_many_readers_the_same(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    async with opened(server.url, await issued(7)) as first, opened(server.url, await issued(8)) as second:
        for client in (first, second):
            await client.do("subscribe", channel=topic)
        await published(topic, *range(50))
        assert await first.publications(50) == await second.publications(50)


async def test_a_latest_value_topic_delivers_values_without_a_position(server: DaphneServer, number: int) -> None:
    topic = f"position:{number}"
    async with opened(server.url, await issued(7)) as client:
        assert await client.do("subscribe", channel=topic) == {"recoverable": True}
        await in_thread(publish_latest, topic, key="42", data={"lng": 120.1})
        found = await client.publication()
    assert "offset" not in found
    assert (found["data"]["subject"], found["data"]["data"]) == ("42", {"lng": 120.1})
