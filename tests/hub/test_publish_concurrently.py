"""Eight writers on three topics in all orders."""

import itertools
import threading
import time

import pytest
from django.db import connections

import hub
from hub.models import Event

pytestmark = pytest.mark.usefixtures("database")

WRITERS = 8
ROUNDS = 10


def test_writers_on_the_same_topics_in_all_orders_never_deadlock(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"open:{number}:{letter}" for letter in "abc"]
    orders = list(itertools.permutations(names))
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for turn in range(ROUNDS * len(orders)):
                with hub.atomic():
                    for topic in orders[(turn + writer) % len(orders)]:
                        hub.publish(topic, type="test.happened", data={"writer": writer, "turn": turn})
        except BaseException as error:  # Shown below: a thread's failure is not the test's by itself.
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start

    assert failures == []
    total = WRITERS * ROUNDS * len(orders)
    with capsys.disabled():
        print(f"\n{total} transactions of 3 events by {WRITERS} writers: {total / took:.0f} a second")  # noqa: T201
    for topic in names:
        found = list(Event.objects.filter(topic=topic).order_by("offset").values_list("offset", "data"))
        assert [offset for offset, _ in found] == list(range(1, total + 1))
        for writer in range(WRITERS):
            turns = [data["turn"] for _, data in found if data["writer"] == writer]
            assert turns == sorted(turns)
