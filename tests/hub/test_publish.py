"""The write side of the log, on a real PostgreSQL."""

import signal
import threading
import time
from typing import Any

import pytest
from django.db import connection, connections, transaction

import hub
from hub import hints
from hub.errors import BadEvent, NotInAtomic, UnknownTopic
from hub.models import Event, Topic
from tests.hub.notes.models import Note
from tests.hub.stack import RedisServer

pytestmark = pytest.mark.usefixtures("database")


def offsets(topic: str) -> list[int]:
    return list(Event.objects.filter(topic=topic).order_by("offset").values_list("offset", flat=True))


def publish(topic: str, value: int = 0) -> None:
    hub.publish(topic, type="test.happened", data={"value": value})


def fail_after_publishing(topic: str) -> None:
    publish(topic)
    raise ZeroDivisionError


def test_events_of_one_transaction_get_consecutive_offsets_per_topic(number: int) -> None:
    first, second = f"open:a{number}", f"open:b{number}"
    with hub.atomic():
        publish(second)
        publish(first)
        publish(second)
    with hub.atomic():
        publish(first)

    assert offsets(first) == [1, 2]
    assert offsets(second) == [1, 2]
    assert hub.heads([first, second])[second]["offset"] == 2


def test_the_stored_event_carries_what_was_published(number: int) -> None:
    with hub.atomic():
        hub.publish(f"open:{number}", type="test.happened", subject="s", data={"text": "门铃", "list": [1, None]})

    event = Event.objects.get(topic=f"open:{number}")
    assert (event.type, event.subject, event.data) == ("test.happened", "s", {"text": "门铃", "list": [1, None]})


def test_publish_outside_hub_atomic_raises(number: int) -> None:
    with pytest.raises(NotInAtomic):
        publish(f"open:{number}")
    with transaction.atomic(), pytest.raises(NotInAtomic):
        publish(f"open:{number}")


def test_publish_to_a_topic_nobody_registered_raises(number: int) -> None:
    with hub.atomic(), pytest.raises(UnknownTopic):
        publish(f"nobody:{number}")


def test_publish_to_a_latest_value_topic_raises(number: int) -> None:
    with hub.atomic(), pytest.raises(UnknownTopic):
        publish(f"position:{number}")


@pytest.mark.parametrize(
    "data", [{"value": object()}, {"value": float("nan")}, {"value": "\0"}, {"value": "x" * 70_000}]
)
def test_data_that_cannot_be_stored_raises_at_the_call(number: int, data: dict[str, Any]) -> None:
    with hub.atomic(), pytest.raises(BadEvent):
        hub.publish(f"open:{number}", type="test.happened", data=data)
    assert offsets(f"open:{number}") == []


@pytest.mark.parametrize("text", ["\\u0000", "back\\\\u0000", "\\\\\\u0000"])
def test_text_that_only_looks_like_an_escape_is_stored(number: int, text: str) -> None:
    with hub.atomic():
        hub.publish(f"open:{number}", type="test.happened", data={"text": text})
    assert Event.objects.get(topic=f"open:{number}").data == {"text": text}


@pytest.mark.parametrize("bad", ["\0", "\ud800"])
@pytest.mark.parametrize("field", ["type", "subject"])
def test_a_type_or_subject_that_cannot_be_stored_raises_at_the_call(number: int, field: str, bad: str) -> None:
    named = {"type": "test.happened", "subject": "s"} | {field: bad}
    with hub.atomic(), pytest.raises(BadEvent):
        hub.publish(f"open:{number}", data={}, **named)


def test_asking_for_a_topic_that_does_not_exist_writes_nothing(number: int) -> None:
    topic = f"open:{number}"
    before = hub.heads([topic])[topic]
    assert not Topic.objects.filter(name=topic).exists()
    with hub.atomic():
        publish(topic)
    assert hub.heads([topic])[topic] == {"epoch": before["epoch"], "offset": 1}


def test_a_rollback_leaves_no_event_and_no_hole(number: int) -> None:
    topic = f"open:{number}"
    with hub.atomic():
        publish(topic)
    with pytest.raises(ZeroDivisionError), hub.atomic():
        fail_after_publishing(topic)
    with hub.atomic():
        publish(topic)

    assert offsets(topic) == [1, 2]


def test_a_bare_atomic_inside_joins_and_its_rollback_takes_its_events_with_it(number: int) -> None:
    topic = f"open:{number}"
    with hub.atomic():
        publish(topic, 1)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            fail_after_publishing(topic)
        with transaction.atomic():
            publish(topic, 3)

    assert list(Event.objects.filter(topic=topic).order_by("offset").values_list("data__value", flat=True)) == [1, 3]
    assert offsets(topic) == [1, 2]


def test_a_nested_hub_atomic_joins_and_its_rollback_takes_its_events_with_it(number: int) -> None:
    topic = f"open:{number}"
    with hub.atomic():
        with pytest.raises(ZeroDivisionError), hub.atomic():
            fail_after_publishing(topic)
        with hub.atomic():
            publish(topic, 2)
        assert offsets(topic) == []

    assert list(Event.objects.filter(topic=topic).values_list("data__value", flat=True)) == [2]


def test_hub_atomic_inside_a_bare_atomic_raises_because_it_would_not_be_last(number: int) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError), hub.atomic():
        publish(f"open:{number}")


def test_it_works_as_a_decorator(number: int) -> None:
    @hub.atomic()
    def service() -> None:
        publish(f"open:{number}")

    service()
    service()
    assert offsets(f"open:{number}") == [1, 2]


def test_when_the_events_are_written_none_can_be_added(number: int) -> None:
    @hub.atomic()
    def service() -> None:
        publish(f"open:{number}")
        transaction.on_commit(lambda: publish(f"open:{number}"))

    with pytest.raises(NotInAtomic):
        service()
    assert offsets(f"open:{number}") == [1]


def test_the_events_are_written_by_one_statement_and_it_is_the_last(number: int) -> None:
    statements: list[str] = []

    def record(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(record), hub.atomic():
        publish(f"open:a{number}")
        publish(f"open:b{number}")
        Note.objects.create(id=number)

    assert len([sql for sql in statements if "hub_" in sql]) == 1
    assert "hub_event" in statements[-1]


def test_another_thread_is_not_inside(number: int) -> None:
    raised: list[type[BaseException]] = []

    def run() -> None:
        with pytest.raises(NotInAtomic) as caught:
            publish(f"open:{number}")
        raised.append(caught.type)
        connections.close_all()

    with hub.atomic():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert raised == [NotInAtomic]


def test_heads_of_a_topic_without_events_keep_their_epoch(number: int) -> None:
    topic = f"open:{number}"
    before = hub.heads([topic])[topic]
    with hub.atomic():
        publish(topic)

    assert before["offset"] == 0
    assert hub.heads([topic])[topic] == {"epoch": before["epoch"], "offset": 1}


@pytest.mark.django_db
class TestInsideATestCaseTransaction:
    """Applications test their services in pytest-django's rolled-back transactions: several blocks in one test."""

    def test_each_block_writes_its_own_events(self, number: int) -> None:
        for _ in range(3):
            with hub.atomic():
                publish(f"open:{number}")
        assert offsets(f"open:{number}") == [1, 2, 3]


def test_where_redis_does_not_answer_a_caller_waits_once_and_not_long(
    number: int, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"open:{number}"
    monkeypatch.setattr(hints._breaker, "open_until", 0.0)
    assert redis_server.process is not None
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        before = time.monotonic()
        with hub.atomic():
            publish(topic)
        waited = time.monotonic() - before
        # Not even tried any more, for a second.
        assert hints.while_there(lambda: 1 / 0) is None
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    # The machine may be busy for a moment, too.
    assert hints.TIMEOUT_S == 0.2
    assert 0.2 <= waited < 1.5
    assert offsets(topic) == [1]
