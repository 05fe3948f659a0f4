"""One process from within: what happens between two steps of its loop, which no socket can bring about."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

import hub
from hub import log
from hub.fanout import Fanout, Topic
from hub.node import Node
from hub.outbox import Outbox
from hub.protocol import ApplicationClose, Command, CommandRefused, Unsubscribe
from hub.session import Session
from hub.workers import Workers
from tests.hub.writing import in_thread, published

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    """A node whose tasks the test runs itself; its threads leave no connection behind."""

    async def run(self: Workers, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return await in_thread(work, *args, **kwargs)

    for pool in ("log", "app", "registry"):
        monkeypatch.setattr(Workers, pool, run, raising=False)
    return Node()


def held_readings(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """An answer of the log is held back: until the second event, from the first on."""
    read, asked, go = log.read, threading.Event(), threading.Event()

    def held(*args: Any, **kwargs: Any) -> Any:
        answer = read(*args, **kwargs)
        asked.set()
        go.wait(10)
        return answer

    monkeypatch.setattr(log, "read", held)
    return asked, go


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("Waited in vain")


class Wire:
    """A peer that reads everything."""

    full_since = None
    when_room = None

    def write(self, chunk: Any) -> None:
        pass


class Subscriber:
    def __init__(self) -> None:
        self.losses = 0
        self.session = self
        self.outbox = Outbox(cast(Any, Wire()), limit=1_000_000, fail=lambda close: None)

    def lost_place(self) -> None:
        self.losses += 1


async def test_an_answer_older_than_a_comparison_of_heads_takes_nobodys_place(
    node: Node, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"open:{number}"
    topic, subscriber = await node.ordered(name), Subscriber()
    topic.subscribers[cast(Any, subscriber)] = None
    asked, go = held_readings(monkeypatch)
    catching_up = node.reader.catch_up(topic)
    await asyncio.to_thread(asked.wait, 10)
    await published(name, 1)
    await node.reader.compare_heads([topic])
    go.set()
    await catching_up
    await until(lambda: topic.last == 1)
    assert subscriber.losses == 0


async def test_a_topic_that_was_dropped_as_idle_while_somebody_came_is_not_joined(
    node: Node, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"open:{number}"
    session = Session(cast(Any, Wire()), node)
    session.identity, session._connected = hub.Identity("7"), True
    asked, go = held_readings(monkeypatch)
    coming = asyncio.ensure_future(
        session._handle(Command(1, "subscribe", {"channel": name, "recover": True, "offset": 5}))
    )
    await asyncio.to_thread(asked.wait, 10)
    for now in (1000.0, 2000.0):
        node._drop_idle(node._ordered, now)
    go.set()
    await asyncio.wait_for(coming, 10)
    assert len(node._ordered[name].subscribers) == 1


async def test_a_topic_that_fails_keeps_nothing_from_the_others() -> None:
    class Broken(Topic):
        def fan_out(self, touched: dict[Outbox, None]) -> None:
            raise ZeroDivisionError

    class Sound(Topic):
        reached = False

        def fan_out(self, touched: dict[Outbox, None]) -> None:
            self.reached = True

    fanout = Fanout(join_s=0.001)
    sound = Sound("sound", fanout)
    fanout.mark(Broken("broken", fanout))
    fanout.mark(sound)
    await asyncio.sleep(0.05)
    assert sound.reached


async def test_a_subscription_that_ended_while_it_was_made_is_not_joined(
    node: Node, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its token ran out meanwhile: joined, it would stay for ever, where no revocation finds it."""
    name = f"open:{number}"
    session = Session(cast(Any, Wire()), node)
    session.identity, session._connected = hub.Identity("7"), True
    asked, go = held_readings(monkeypatch)
    coming = asyncio.ensure_future(session._handle(Command(1, "subscribe", {"channel": name})))
    await asyncio.to_thread(asked.wait, 10)
    subscription = session.subscription(name)
    assert subscription is not None
    session.end_subscription(subscription, Unsubscribe.EXPIRED)
    go.set()
    with pytest.raises(CommandRefused):
        await coming
    assert not (await node.ordered(name)).subscribers


async def test_what_an_application_says_to_one_is_shown_to_no_operator(node: Node) -> None:
    Session(cast(Any, Wire()), node).close(ApplicationClose(4501, "for one only"))
    assert (node.disconnects[-1]["code"], node.disconnects[-1]["reason"]) == (4501, "application")


async def test_what_nobody_waits_for_any_more_is_not_done() -> None:
    workers, go, done = Workers(app_threads=1), threading.Event(), list[str]()
    first = asyncio.ensure_future(workers.registry(go.wait, 10))
    given_up = asyncio.ensure_future(workers.registry(done.append, "given up"))
    await asyncio.sleep(0)
    given_up.cancel()
    last = asyncio.ensure_future(workers.registry(done.append, "last"))
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(first, last)
    assert done == ["last"]
