"""Writers that die after their commit, that roll back, and that race with who reads a snapshot."""

import asyncio
import contextlib
import itertools
import random
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

import psycopg
import pytest
from django.db import Error as DatabaseError
from django.db import connection, connections, transaction

import hub
from hub import hints, log
from tests.faults.hub.crowd import crowd
from tests.faults.hub.figures import Case, Size
from tests.faults.hub.load import load
from tests.hub.client import Client, opened
from tests.hub.database import url as database_url
from tests.hub.notes.models import Note
from tests.hub.notes.topics import raise_note
from tests.hub.stack import ROOT, DaphneServer
from tests.hub.writing import in_thread, issued, publish

pytestmark = pytest.mark.usefixtures("database")


class Killed(BaseException):
    """The process ends here: nothing catches it before the transaction is over."""


@pytest.mark.case(9, "killed between COMMIT and PUBLISH")
async def test_killed_between_commit_and_hint(
    pair: list[DaphneServer], number: int, case: Case, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics, deaths = [f"open:{number}:{index}" for index in range(10)], size(100, 1000)
    command = [sys.executable, "-m", "tests.faults.hub.killed", topics[0]]

    def die(_: object) -> NoReturn:
        raise Killed

    def die_often() -> None:
        for value in range(deaths):
            with pytest.raises(Killed):
                publish(topics[value % len(topics)], value)

    async with crowd(pair, topics, size(10, 50)) as readers:
        monkeypatch.setattr(hints, "send", die)
        await in_thread(die_often)
        case.at_most(2.0, caught_up_s=await readers.caught_up())
        # And in earnest.
        for _ in range(size(1, 10)):
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
            assert await process.wait() == -signal.SIGKILL
            case.at_most(2.0, caught_up_after_sigkill_s=await readers.caught_up())
        case.tell(deaths=deaths, processes_killed=size(1, 10))
        case.holds(await readers.report())


class RolledBack(Exception):
    pass


class Fate(threading.local):
    """What happens to this thread's transaction when its events are written, and its heads locked."""

    after_flush: Callable[[], None] | None = None


ROLLED_BACK = -1
fate = Fate()


def give_up() -> None:
    raise RolledBack


def lose_connection() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def publish_void(topic: str, after_flush: Callable[[], None] | None = None) -> None:
    fate.after_flush = after_flush
    try:
        with hub.atomic():
            hub.publish(topic, type="test.happened", data={"value": ROLLED_BACK})
            if after_flush is None:
                give_up()
    finally:
        fate.after_flush = None


def publish_around_a_savepoint(topic: str) -> None:
    with hub.atomic():
        hub.publish(topic, type="test.happened", data={"value": 0})
        with contextlib.suppress(RolledBack), transaction.atomic():
            hub.publish(topic, type="test.happened", data={"value": ROLLED_BACK})
            give_up()


def roll_back_often(topics: list[str], times: int) -> None:
    for turn, topic in zip(range(times), itertools.cycle(topics), strict=False):
        if turn % 50 == 49:
            with pytest.raises(DatabaseError):
                publish_void(topic, lose_connection)
            connections.close_all()
        elif turn % 3 == 0:
            publish_around_a_savepoint(topic)
        else:
            with pytest.raises(RolledBack):
                publish_void(topic, give_up if turn % 3 == 1 else None)


@pytest.mark.case(10, "rollbacks")
async def test_rollbacks(
    pair: list[DaphneServer], number: int, case: Case, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics, times, append = [f"open:{number}:{index}" for index in range(7)], size(100, 1000), log.append

    def appended(events: Any) -> Any:
        logged = append(events)
        if fate.after_flush is not None:
            fate.after_flush()
        return logged

    monkeypatch.setattr(log, "append", appended)
    async with crowd(pair, topics, size(7, 49)) as readers:
        async with load(topics, 100) as committed:
            await in_thread(roll_back_often, topics, times)
        await readers.caught_up()
        case.tell(rollbacks=times, committed_meanwhile=committed.published)
        case.holds(await readers.report())
    assert await in_thread(holes_and_ghosts, topics) == [0, 0]


def holes_and_ghosts(topics: list[str]) -> list[int]:
    """Offsets that the log counts and does not have, and events of what was rolled back."""
    with psycopg.connect(database_url()) as reading:
        heads = "SELECT sum(head) FROM hub_topic WHERE name = ANY(%s)"
        events = "SELECT count(*), count(*) FILTER (WHERE data->>'value' = %s) FROM hub_event WHERE topic = ANY(%s)"
        [(due,)] = reading.execute(heads, (topics,)).fetchall()
        [(there, ghosts)] = reading.execute(events, (str(ROLLED_BACK), topics)).fetchall()
    return [due - there, ghosts]


@pytest.mark.case(11, "snapshot then subscribe, racing with writers")
async def test_snapshots_racing_with_writers(pair: list[DaphneServer], number: int, case: Case, size: Size) -> None:
    pages, rounds, stop = size(5, 10), size(20, 100), threading.Event()
    notes = [number * 1000 + index for index in range(4)]
    for note_id in notes:
        await in_thread(Note.objects.create, id=note_id)

    def write() -> None:
        while not stop.wait(random.uniform(0, 0.02)):
            raise_note(note_id=random.choice(notes))

    writing = [asyncio.ensure_future(in_thread(write)) for _ in range(2)]
    try:
        raced = await asyncio.gather(*(read_pages(pair[page % 2], notes, rounds) for page in range(pages)))
    finally:
        stop.set()
        await asyncio.gather(*writing)
    case.tell(snapshots=pages * rounds, events_applied=sum(raced))
    assert sum(raced)


def snapshot(note_id: int) -> tuple[hub.log.Position, int]:
    """As a page's first answer: the position, and then the state."""
    [position] = hub.heads([f"note:{note_id}"]).values()
    return position, Note.objects.get(id=note_id).value


def fresh_fetch(note_id: int) -> tuple[hub.log.Position, int]:
    """Both as of one moment."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return snapshot(note_id)


async def read_pages(server: DaphneServer, notes: list[int], rounds: int) -> int:
    """So many pages, one after the other; how many events they needed to be what a fresh fetch says."""
    applied = 0
    async with opened(server.url, await issued(7)) as client:
        for _ in range(rounds):
            applied += await read_page(client, random.choice(notes))
    return applied


async def read_page(client: Client, note_id: int) -> int:
    position, value = await in_thread(snapshot, note_id)
    await asyncio.sleep(random.uniform(0, 0.05))
    result = await client.do("subscribe", channel=f"note:{note_id}", recover=True, **position)
    assert result["recovered"] is True
    publications, applied, offset = list(result.get("publications", [])), 0, position["offset"]
    await asyncio.sleep(random.uniform(0, 0.05))
    fresh, fresh_value = await in_thread(fresh_fetch, note_id)
    while offset < fresh["offset"]:
        publication = publications.pop(0) if publications else await client.publication()
        assert publication["offset"] == offset + 1
        offset += 1
        # What the state had already comes again; after that each event moves it on by one.
        assert publication["data"]["data"]["value"] <= value + 1
        value = max(value, publication["data"]["data"]["value"])
        applied += 1
    assert value == fresh_value
    await client.do("unsubscribe", channel=f"note:{note_id}")
    while not client.pushes.empty():
        client.pushes.get_nowait()
    return applied
