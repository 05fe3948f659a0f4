"""What the log forgets, and that nobody is told a part of it or waits for it."""

import asyncio
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

import hub
from hub import log, retention
from hub.log import REVOCATIONS
from hub.models import Event
from hub.revocations import SKEW_S
from tests.hub.client import opened
from tests.hub.stack import DaphneServer
from tests.hub.writing import in_thread, issued, publish, published

pytestmark = pytest.mark.usefixtures("database")

FLAG_REJECT_UNRECOVERED = 2


def offsets(topic: str) -> list[int]:
    return list(Event.objects.filter(topic=topic).order_by("offset").values_list("offset", flat=True))


def age(topic: str, *, seconds: float, **which: Any) -> None:
    Event.objects.filter(topic=topic, **which).update(time=datetime.now(UTC) - timedelta(seconds=seconds))


def test_what_is_older_than_its_topic_keeps_goes_and_the_rest_stays(number: int) -> None:
    for topic in (f"kept:{number}", f"open:{number}"):
        publish(topic, *range(10))
        age(topic, seconds=3601, offset__lte=5)
    call_command("hub", "prune")
    assert offsets(f"kept:{number}") == [6, 7, 8, 9, 10]
    # Nothing was registered for this one: it is kept for ever.
    assert offsets(f"open:{number}") == list(range(1, 11))


def test_of_many_only_the_newest_stay(number: int) -> None:
    with hub.atomic():
        for value in range(250):
            hub.publish(f"few:{number}", type="test.happened", data={"value": value})
    publish(f"few:{number}-short", 1, 2, 3)
    assert retention.prune() >= 245
    assert offsets(f"few:{number}") == list(range(246, 251))
    assert offsets(f"few:{number}-short") == [1, 2, 3]


def test_an_old_event_behind_a_young_one_waits_for_it_so_that_no_hole_is_made(number: int) -> None:
    topic = f"kept:{number}"
    publish(topic, *range(6))
    for old in (1, 2, 4):
        age(topic, seconds=7200, offset=old)
    retention.prune()
    assert offsets(topic) == [3, 4, 5, 6]


def test_a_bounded_call_stops_early_and_the_next_goes_on(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    retention.prune()
    monkeypatch.setattr(retention, "EVENTS_AT_ONCE", 10)
    topic = f"kept:{number}"
    publish(topic, *range(35))
    age(topic, seconds=7200)
    assert [retention.prune(limit=20), retention.prune(limit=20), retention.prune(limit=20)] == [20, 15, 0]
    # The head stays: numbering goes on where it was.
    publish(topic, 1)
    assert offsets(topic) == [36]


async def test_who_comes_from_before_is_not_recovered_and_never_in_part(
    serve: Callable[..., DaphneServer], number: int
) -> None:
    topic = f"kept:{number}"
    await published(topic, *range(10))
    await in_thread(age, topic, seconds=3601, offset__lte=5)
    await in_thread(call_command, "hub", "prune")
    async with opened(serve().url, await issued(7)) as client:
        past = await client.do("subscribe", channel=topic, recover=True, offset=3)
        await client.do("unsubscribe", channel=topic)
        flagged = {"recover": True, "offset": 3, "flag": FLAG_REJECT_UNRECOVERED}
        assert await client.refused("subscribe", channel=topic, **flagged) == 112
        kept = await client.do("subscribe", channel=topic, recover=True, offset=5)
    assert "recovered" not in past
    assert "publications" not in past
    assert kept["recovered"] is True
    assert [each["offset"] for each in kept["publications"]] == [6, 7, 8, 9, 10]


async def test_what_may_be_pruned_is_not_recovered_even_where_a_process_still_has_it(
    server: DaphneServer, number: int
) -> None:
    topic = f"few:{number}"
    async with opened(server.url, await issued(8)) as live, opened(server.url, await issued(7)) as client:
        await live.do("subscribe", channel=topic)
        await published(topic, *range(8))
        assert [each["offset"] for each in await live.publications(8)] == list(range(1, 9))
        assert "recovered" not in await client.do("subscribe", channel=topic, recover=True, offset=2)
        await client.do("unsubscribe", channel=topic)
        kept = await client.do("subscribe", channel=topic, recover=True, offset=3)
    assert [each["offset"] for each in kept["publications"]] == [4, 5, 6, 7, 8]


async def test_live_readers_hear_all_while_it_is_pruned_under_them(server: DaphneServer, number: int) -> None:
    topic = f"few:{number}"

    async def prune_again_and_again() -> None:
        while True:
            await in_thread(retention.prune)

    async with opened(server.url, await issued(7)) as client:
        await client.do("subscribe", channel=topic)
        pruning = asyncio.ensure_future(prune_again_and_again())
        for first in range(1, 101, 4):
            # No more than what is kept: on a busy machine a hint gets lost, and what it told of is read from the log.
            for value in range(4):
                await published(topic, value)
            assert [each["offset"] for each in await client.publications(4)] == list(range(first, first + 4))
        pruning.cancel()


def test_neither_waits_for_the_other(number: int) -> None:
    """A publish holds its head until it commits; a pruner holds what it deletes: both go on beside each other."""
    topic = f"few:{number}"
    publish(topic, *range(9))
    done: list[str] = []

    def meanwhile(work: Callable[[], object], what: str) -> None:
        def run() -> None:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '500ms'")
                work()
                done.append(what)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(10)

    with transaction.atomic():
        log.append([log.NewEvent(topic, *_columns())])
        meanwhile(retention.prune, "pruned")
    assert offsets(topic) == [5, 6, 7, 8, 9, 10]
    publish(topic, *range(9))
    with transaction.atomic():
        retention.prune()
        meanwhile(lambda: publish(topic, 1), "published")
        # Nor does another pruner: it leaves what this one has taken.
        meanwhile(retention.prune, "pruned too")
    assert done == ["pruned", "published", "pruned too"]
    assert offsets(topic)[-1] == 20


def _columns() -> tuple[Any, ...]:
    return uuid.uuid4(), "test.happened", "", datetime.now(UTC), "{}"


def test_revocations_are_kept_while_a_token_from_before_them_may_live(number: int, settings: Any) -> None:
    user = f"user-{number}"
    retention.prune()
    longest = 3600 * 1.25 + SKEW_S
    first = len(offsets(REVOCATIONS))
    for _ in range(2):
        hub.revoke.disconnect(user)
    head = offsets(REVOCATIONS)[-1]
    age(REVOCATIONS, seconds=longest - 60, offset__lte=head)
    retention.prune()
    assert len(offsets(REVOCATIONS)) == first + 2
    age(REVOCATIONS, seconds=longest + 60, offset__lt=head)
    retention.prune()
    assert offsets(REVOCATIONS) == [head]


def test_revocations_are_kept_for_ever_where_tokens_need_no_end(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.revoke.disconnect(f"user-{number}")
    age(REVOCATIONS, seconds=10 * 365 * 86400)
    kept = offsets(REVOCATIONS)
    with monkeypatch.context() as patch:
        patch.setattr(retention, "memory_s", lambda settings: None)
        retention.prune()
    assert offsets(REVOCATIONS) == kept


def test_no_pattern_of_the_application_takes_in_what_is_the_hubs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.topics, "_patterns", dict(hub.topics._patterns))
    hub.topics.register(pattern="{name:rest}", kind=hub.ORDERED, may_read=lambda identity, name: True, keep_events=0)
    assert hub.topics.find("anything")
    assert hub.topics.find(REVOCATIONS) is None


def test_rows_of_the_partitioned_log_are_there_when_it_becomes_a_plain_table(number: int) -> None:
    migrations = MigrationLoader(None).graph.nodes
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA old_{number}; SET LOCAL search_path = old_{number}")
        for name in ("0001_log", "0002_plain_event"):
            [operation] = migrations["hub", name].operations[0].database_operations
            cursor.execute(operation.sql)
            if name == "0001_log":
                cursor.execute(
                    "CREATE TABLE made_by_hand PARTITION OF hub_event FOR VALUES FROM ('2026-01-02') TO ('2026-01-03');"
                    "INSERT INTO hub_event"
                    " SELECT 'a', n, '2026-01-01'::date + n, gen_random_uuid(), '', '', now(), '{}'"
                    " FROM generate_series(1, 3) n"
                )
        cursor.execute('SELECT "offset" FROM hub_event ORDER BY "offset"')
        assert cursor.fetchall() == [(1,), (2,), (3,)]
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'p' AND conrelid = 'hub_event'::regclass")
        assert cursor.fetchall() == [("hub_event_pkey",)]
        transaction.set_rollback(True)
