"""Coming back: exactly what was missed, in order, once; or a plain no."""

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.core.management import call_command

import hub
from hub import hints, log
from hub.models import Event, Topic
from tests.hub import checker
from tests.hub.client import Client, opened
from tests.hub.database import url as database_url
from tests.hub.notes.models import Note
from tests.hub.notes.topics import raise_note
from tests.hub.stack import DaphneServer
from tests.hub.writing import HeldHints, in_thread, issued, publish, published

pytestmark = pytest.mark.usefixtures("database")

FLAG_REJECT_UNRECOVERED = 2


async def recover(client: Client, topic: str, offset: int, epoch: str, **more: Any) -> dict[str, Any]:
    return await client.do("subscribe", channel=topic, recover=True, offset=offset, epoch=epoch, **more)


async def test_what_was_missed_comes_with_the_reply(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    async with opened(server.url, await issued(7)) as client:
        epoch = (await client.do("subscribe", channel=topic))["epoch"]
        await published(topic, 1, 2)
        received = await client.publications(2)
    await published(topic, *range(3, 40))
    async with opened(server.url, await issued(7)) as client:
        result = await recover(client, topic, 2, epoch)
        await published(topic, 40)
        received += [*result["publications"], await client.publication()]

    assert (result["recovered"], result["was_recovering"]) == (True, True)
    # The position recovered from: the SDK moves it on with each publication.
    assert result["offset"] == 2
    assert checker.compare(database_url(), topic, received).clean


async def test_nothing_missed_is_recovered_without_publications(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    await published(topic, 1)
    async with opened(server.url, await issued(7)) as client:
        epoch = (await client.do("subscribe", channel=topic))["epoch"]
        await client.do("unsubscribe", channel=topic)
        result = await recover(client, topic, 1, epoch)
    assert result["recovered"] is True
    assert "publications" not in result


async def test_an_empty_epoch_means_any(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    await published(topic, 1, 2)
    async with opened(server.url, await issued(7)) as client:
        result = await client.do("subscribe", channel=topic, recover=True)
    assert [each["offset"] for each in result["publications"]] == [1, 2]


async def test_another_epoch_is_not_recovered(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    await published(topic, 1, 2)
    async with opened(server.url, await issued(7)) as client:
        result = await recover(client, topic, 1, "other")
        assert await client.do("unsubscribe", channel=topic) == {}
        refused = client.refused(
            "subscribe", channel=topic, recover=True, offset=1, epoch="other", flag=FLAG_REJECT_UNRECOVERED
        )
        assert await refused == 112
        # The refusal left nothing behind.
        assert await client.do("subscribe", channel=topic)
    assert "recovered" not in result
    assert "publications" not in result
    assert (result["was_recovering"], result["offset"]) == (True, 2)


async def test_a_position_ahead_of_the_log_is_not_recovered(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    await published(topic, 1)
    async with opened(server.url, await issued(7)) as client:
        assert "recovered" not in await client.do("subscribe", channel=topic, recover=True, offset=5)


async def test_more_than_the_cap_is_not_recovered_and_never_in_part(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"

    def many() -> None:
        with hub.atomic():
            for value in range(301):
                hub.publish(topic, type="test.happened", data={"value": value})

    await in_thread(many)
    async with opened(server.url, await issued(7)) as client:
        too_many = await client.do("subscribe", channel=topic, recover=True, offset=0)
        await client.do("unsubscribe", channel=topic)
        just_enough = await client.do("subscribe", channel=topic, recover=True, offset=1)
    assert "recovered" not in too_many
    assert "publications" not in too_many
    assert [each["offset"] for each in just_enough["publications"]] == list(range(2, 302))


async def test_more_bytes_than_a_slow_link_takes_are_not_recovered(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"

    def large() -> None:
        with hub.atomic():
            for _ in range(4):
                hub.publish(topic, type="test.happened", data={"text": "x" * 50_000})

    await in_thread(large)
    async with opened(server.url, await issued(7)) as client:
        too_many = await client.do("subscribe", channel=topic, recover=True, offset=0)
        await client.do("unsubscribe", channel=topic)
        just_enough = await client.do("subscribe", channel=topic, recover=True, offset=2)
    assert "recovered" not in too_many
    assert [each["offset"] for each in just_enough["publications"]] == [3, 4]


async def test_what_was_missed_comes_as_it_was_published(server: DaphneServer, number: int) -> None:
    """Numbers are not written out: 1e308 has 309 digits, and would be past every limit in bytes."""
    topic, data = f"chat:{number}", {"b": [1e308] * 1000, "a": -0.0}
    async with opened(server.url, await issued(8)) as writer, opened(server.url, await issued(7)) as client:
        position = (await in_thread(hub.heads, [topic]))[topic]
        await writer.do("publish", channel=topic, data=data)
        (missed,) = (await client.do("subscribe", channel=topic, recover=True, **position))["publications"]
        (kept,) = (await client.do("history", channel=topic, limit=-1))["publications"]
    assert [json.dumps(each["data"]) for each in (missed, kept)] == [json.dumps(data)] * 2


async def test_after_a_log_that_went_back_an_old_position_is_never_believed(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    await published(topic, *range(10))

    def restore() -> None:
        Event.objects.filter(topic=topic, offset__gt=5).delete()
        Topic.objects.filter(name=topic).update(head=5)

    async with opened(server.url, await issued(8)) as other, opened(server.url, await issued(7)) as client:
        epoch = (await other.do("subscribe", channel=topic))["epoch"]
        await in_thread(restore)
        assert (await other.push())["unsubscribe"]["code"] == 2500
        await published(topic, *range(10, 20))
        assert "recovered" not in await recover(client, topic, 8, epoch)


async def test_after_a_new_epoch_everybody_starts_from_a_snapshot(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic, server = f"open:{number}", serve()
    await published(topic, *range(3))
    async with opened(server.url, await issued(7)) as client:
        epoch = (await client.do("subscribe", channel=topic))["epoch"]
        await in_thread(call_command, "hub", "new-epoch")
        while (push := await client.push()).get("disconnect") is None and "unsubscribe" not in push:
            pass
    async with opened(server.url, await issued(7)) as client:
        assert "recovered" not in await recover(client, topic, 3, epoch)


async def test_past_retention_is_not_recovered_and_never_in_part(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    await published(topic, *range(10))
    await in_thread(Event.objects.filter(topic=topic, offset__lte=5).delete)
    async with opened(server.url, await issued(7)) as client:
        past = await client.do("subscribe", channel=topic, recover=True, offset=3)
        await client.do("unsubscribe", channel=topic)
        kept = await client.do("subscribe", channel=topic, recover=True, offset=5)
    assert "publications" not in past
    assert [each["offset"] for each in kept["publications"]] == [6, 7, 8, 9, 10]


async def test_when_the_log_begins_anew_live_readers_are_told(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        await published(topic, 1)
        await client.publication()
        await in_thread(Topic.objects.filter(name=topic).update, epoch="restored", head=0)
        told = await client.push()
        again = await client.do("subscribe", channel=topic, recover=True, offset=1, epoch="before")
    assert told == {"channel": topic, "unsubscribe": {"code": 2500, "reason": "insufficient state"}}
    assert again["epoch"] == "restored"
    assert "recovered" not in again


async def test_a_position_ahead_of_the_process_is_read_up_to_not_refused(
    server: DaphneServer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot, or another process, may know an event before its hint has come here."""
    topic = f"open:{number}"
    async with opened(server.url, await issued(8)) as other, opened(server.url, await issued(7)) as client:
        await other.do("subscribe", channel=topic)
        monkeypatch.setattr(hints, "send", HeldHints())
        await published(topic, 1)
        position = (await in_thread(hub.heads, [topic]))[topic]
        result = await recover(client, topic, **position)
        assert (await other.publication())["offset"] == 1
    assert result["recovered"] is True
    assert result["offset"] == 1
    assert "publications" not in result


async def test_a_hole_in_the_log_is_never_passed_over_in_silence(
    server: DaphneServer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"open:{number}"
    monkeypatch.setattr(hints, "send", HeldHints())

    def publish_with_a_hole() -> None:
        publish(topic, 1)
        with hub.atomic():
            hub.publish(topic, type="test.happened", data={"value": 2})
            hub.publish(topic, type="test.happened", data={"value": 3})
        Event.objects.filter(topic=topic, offset=2).delete()

    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        await in_thread(publish_with_a_hole)
        pushes = [await client.push()]
        if "pub" in pushes[0]:
            pushes.append(await client.push())
    assert [push["pub"]["offset"] for push in pushes if "pub" in push] in ([], [1])
    assert pushes[-1]["unsubscribe"]["code"] == 2500


async def test_events_pruned_before_they_were_read_are_not_waited_for(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"
    async with opened(server.url, await issued(7)) as client:
        epoch = (await client.do("subscribe", channel=topic))["epoch"]
        # A head that counts an event which is not there: published, and pruned before this process came to it.
        await in_thread(Topic.objects.create, name=topic, epoch=epoch, head=1)
        assert (await client.push())["unsubscribe"]["code"] == 2500
        assert (await client.do("subscribe", channel=topic))["offset"] == 1


async def test_clients_kicked_at_random_miss_nothing(server: DaphneServer, number: int) -> None:
    topic = f"open:{number}"

    async def reader() -> list[dict[str, Any]]:
        received: list[dict[str, Any]] = []
        epoch = ""
        while len(received) < 100:
            async with opened(server.url, await issued(7)) as client:
                result = await recover(client, topic, len(received), epoch)
                assert result["recovered"] is True
                epoch = result["epoch"]
                received += result.get("publications", [])
                for _ in range(random.randint(0, 20)):
                    if len(received) < 100:
                        received.append(await client.publication())
        return received

    async def writer() -> None:
        for value in range(100):
            await published(topic, value)

    writing = asyncio.ensure_future(writer())
    all_received = await asyncio.gather(*(reader() for _ in range(8)))
    await writing
    for received in all_received:
        assert checker.compare(database_url(), topic, received).clean


async def test_snapshot_then_subscribe_racing_with_a_writer_equals_a_fresh_fetch(
    server: DaphneServer, number: int
) -> None:
    topic = f"note:{number}"
    await in_thread(Note.objects.create, id=number)

    def snapshot() -> tuple[hub.log.Position, int]:
        position = hub.heads([topic])[topic]
        return position, Note.objects.get(id=number).value

    async def writer() -> None:
        for _ in range(60):
            await in_thread(raise_note, note_id=number)

    async def page() -> int:
        position, value = await in_thread(snapshot)
        async with opened(server.url, await issued(7)) as client:
            result = await recover(client, topic, position["offset"], position["epoch"])
            assert result["recovered"] is True
            for publication in result.get("publications", []):
                value = max(value, publication["data"]["data"]["value"])
            while value < 60:
                value = (await client.publication())["data"]["data"]["value"]
        return int(value)

    writing = asyncio.ensure_future(writer())
    pages = await asyncio.gather(*(page() for _ in range(12)))
    await writing
    assert pages == [60] * 12
    assert (await in_thread(Note.objects.get, id=number)).value == 60


def test_a_topic_that_is_born_while_it_is_opened_begins_at_zero(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise its first events were neither at hand nor to come, and who comes from 0 was not recovered."""
    topic, positions = f"open:{number}", log.positions

    def late(names: Sequence[str]) -> dict[str, log.Position]:
        publish(topic, 1)
        return positions(names)

    monkeypatch.setattr(log, "positions", late)
    reading = log.newest([topic], limit=300, bytes_max=1000)[topic]
    assert (reading.position["offset"], reading.events) == (0, [])


async def test_many_who_come_back_at_once_share_the_reading(serve: Callable[..., DaphneServer], number: int) -> None:
    topic = f"open:{number}"
    await published(topic, *range(40))
    fresh = serve()

    async def come_back(offset: int) -> list[int]:
        async with opened(fresh.url, await issued(7)) as client:
            result = await client.do("subscribe", channel=topic, recover=True, offset=offset)
            return [each["offset"] for each in result.get("publications", [])]

    found = await asyncio.gather(*(come_back(offset) for offset in range(40)))
    assert found == [list(range(offset + 1, 41)) for offset in range(40)]
