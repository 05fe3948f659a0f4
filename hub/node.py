"""A process' part of the hub: its topics, its sockets, and the tasks that keep them true.

There is one node per event loop, made by the first socket or by `hub.asgi.start()`. Guarantees that what it knows of
every active topic is compared with the log once a second, whatever happens to Redis, and that nobody is let in before
it knows what was revoked. Not that it knows who is at other processes: presence is a hint.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import redis

from hub import bus, conf, hints, inquiries, latest, metrics, presence, top
from hub.errors import attempt
from hub.fanout import Fanout, LatestTopic, Topic
from hub.log import REVOCATIONS
from hub.members import Members
from hub.protocol import Close, publication
from hub.reader import LogReader
from hub.revocations import Revocations
from hub.sequencer import OrderedTopic
from hub.topics import ORDERED, Kind, find
from hub.workers import Workers

if TYPE_CHECKING:
    from hub.session import Session

logger = logging.getLogger(__name__)

# A topic without subscribers is kept this long: clients that reconnect find its newest events in memory.
LINGER_S = 30.0
START_TIMEOUT_S = 5.0
RETRY_S = 0.5
DRAIN_BATCHES = 20
# Comings and goings within this time are written and told together.
PRESENCE_JOIN_S = 0.1
DISCONNECTS_KEPT = 20
# A process that knows no more than this of the log is no place for new clients.
LOG_SILENCE_MAX_S = 4.0

_nodes: WeakKeyDictionary[asyncio.AbstractEventLoop, Node] = WeakKeyDictionary()


def current() -> Node:
    """The node of the running loop; made and set going when first asked for."""
    loop = asyncio.get_running_loop()
    if loop not in _nodes:
        _nodes[loop] = Node()
        _nodes[loop].run()
    return _nodes[loop]


def running() -> Node | None:
    """The node of the running loop, where there is one."""
    return _nodes.get(asyncio.get_running_loop())


class Node:
    def __init__(self) -> None:
        self.settings = conf.current()
        self.name = uuid.uuid4().hex
        self.workers = Workers(app_threads=self.settings.app_threads)
        self.fanout = Fanout(join_s=self.settings.join_ms / 1000)
        self._recovery = {"events_max": self.settings.recovery_limit, "bytes_max": self.settings.recovery_bytes}
        self.reader = LogReader(self.workers, **self._recovery)
        self.revocations = Revocations(self)
        self.members = Members(self)
        self.sessions: dict[Session, None] = {}
        self.draining = False
        self._ordered: dict[str, OrderedTopic] = {}
        self._latest: dict[str, LatestTopic] = {}
        self._by_user: dict[str, dict[Session, None]] = {}
        self.presence_changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = asyncio.Event()
        # The last connections that ended: when (Unix seconds), whose, and how.
        self.disconnects: deque[dict[str, Any]] = deque(maxlen=DISCONNECTS_KEPT)
        metrics.watch(self)

    # Life

    def run(self) -> None:
        self.spawn(self._begin())
        self.spawn(_forever(lambda: bus.listen(self._hear, self.workers)))
        self.spawn(_forever(latest.Collector(self.workers).run))
        self.spawn(_forever(self._keep_presence))
        self.spawn(_forever(self._look_at_sockets))
        self.spawn(_forever(self._look_at_topics))
        self.spawn(_forever(self._tell_of_itself))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` in the background; what it raises is logged."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._spawned_ended)

    def _spawned_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("hub task failed", exc_info=error)

    async def ready(self) -> None:
        """Returns when revocations are known: before that nobody is let in. TimeoutError after a while."""
        await asyncio.wait_for(self._ready.wait(), START_TIMEOUT_S)

    def begin_again(self) -> None:
        """Lets nobody in until revocations are known anew."""
        if self._ready.is_set():
            self._ready.clear()
            self.spawn(self._begin())

    async def _begin(self) -> None:
        while not self._ready.is_set():
            try:
                await self.revocations.follow()
                self._ready.set()
            except Exception as error:
                logger.warning("hub not started: %s", type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _look_at_sockets(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            for session in list(self.sessions):
                attempt(session.look_at_the_clock, asyncio.get_running_loop().time())

    async def _look_at_topics(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + self.settings.head_check_s, loop.time())
            await asyncio.sleep(due - loop.time())
            self._drop_idle(self._ordered, loop.time())
            self._drop_idle(self._latest, loop.time())
            try:
                await self.reader.compare_heads(list(self._ordered.values()))
            except Exception as error:
                logger.warning("hub heads not compared: %s", type(error).__name__)

    async def _tell_of_itself(self) -> None:
        observer = top.Observer(self)
        while True:
            with contextlib.suppress(redis.RedisError, OSError):
                await self.workers.redis(top.write, self.name, observer.look())
            await asyncio.sleep(top.EVERY_S)

    @property
    def state(self) -> str:
        """ "ok", or why nobody should be sent here."""
        if self.draining:
            return "draining"
        if not self._ready.is_set():
            return "revocations are not known yet"
        silence_s = self.reader.silence_s
        return "ok" if silence_s < LOG_SILENCE_MAX_S else f"the log has not been read for {silence_s:.0f} s"

    async def drain(self) -> None:
        """Tells every socket to come back elsewhere, in random batches, and forgets this process' presence."""
        self.draining = True
        sessions = list(self.sessions)
        random.shuffle(sessions)
        batches = min(DRAIN_BATCHES, len(sessions))
        for batch in range(batches):
            for session in sessions[batch::batches]:
                attempt(session.close, Close.SHUTDOWN)
            await asyncio.sleep(self.settings.drain_s / DRAIN_BATCHES)
        await self._write_presence(whole=False)

    # Topics

    async def ordered(self, name: str) -> OrderedTopic:
        """The topic, once it is known where the log stands."""
        topic = self._ordered.get(name)
        if topic is None:
            topic = self._ordered[name] = OrderedTopic(name, self.fanout, self.reader, **self._recovery_of(name))
        if not topic.started:
            newest = await self.reader.open(name)
            if not topic.started:
                topic.start(newest)
        return topic

    def _recovery_of(self, name: str) -> dict[str, int]:
        """Nobody recovers what retention may have taken, whether or not it came to it already."""
        match = find(name)
        if match is None or match.pattern.keep_events is None:
            return self._recovery
        return self._recovery | {"events_max": min(self.settings.recovery_limit, match.pattern.keep_events)}

    @property
    def topics(self) -> list[Topic]:
        return [*self._ordered.values(), *self._latest.values()]

    async def topic(self, kind: Kind, name: str) -> Topic:
        topic = await self.ordered(name) if kind is ORDERED else self._latest.get(name)
        if topic is None:
            topic = self._latest[name] = LatestTopic(name, self.fanout)
        topic.idle_since = None
        return topic

    def holds(self, topic: Topic) -> bool:
        """Whether hints reach that topic: it may have been dropped as idle since somebody asked for it."""
        return topic in (self._ordered.get(topic.name), self._latest.get(topic.name))

    def _hear(self, hints: Sequence[Mapping[str, Any]]) -> None:
        for hint in hints:
            attempt(self._take, hint)
        self.fanout.send_due()

    def _take(self, hint: Mapping[str, Any]) -> None:
        name = hint["topic"]
        if "answer_to" in hint:
            self.spawn(inquiries.answer(self, hint))
        elif "members" in hint:
            self.members.heard(name, hint["members"])
        elif "key" in hint:
            if (topic := self._latest.get(name)) is not None:
                topic.take(hint["key"], publication(hint["envelope"]))
        elif (ordered := self._ordered.get(name)) is not None:
            ordered.hint(hint["epoch"], hint["offset"], hint["envelope"])

    def _drop_idle(self, topics: dict[str, Any], now: float) -> None:
        for topic in list[Topic](topics.values()):
            if topic.subscribers or topic.name == REVOCATIONS:
                topic.idle_since = None
            elif topic.idle_since is None:
                topic.idle_since = now
            elif now - topic.idle_since > LINGER_S:
                del topics[topic.name]

    # Users

    def sessions_of(self, user: str) -> list[Session]:
        return list(self._by_user.get(user, {}))

    def came(self, session: Session, user: str) -> None:
        self._by_user.setdefault(user, {})[session] = None
        self.presence_changed.set()

    def ended(self, session: Session, code: int, reason: str) -> None:
        metrics.DISCONNECTS.labels(code).inc()
        how = {"user": session.user, "client": session.agent, "code": code, "reason": reason}
        self.disconnects.append({"at": round(time.time()), **how})

    def left(self, session: Session, user: str) -> None:
        self._by_user[user].pop(session)
        if not self._by_user[user]:
            del self._by_user[user]
        self.presence_changed.set()

    async def _keep_presence(self) -> None:
        loop, period = asyncio.get_running_loop(), self.settings.presence_ttl_s / 3
        due = loop.time()
        while True:
            self.presence_changed.clear()
            whole = loop.time() >= due
            if not await self._write_presence(whole=whole):
                due = loop.time() + min(period, 1.0)
            elif whole:
                due = loop.time() + period
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.presence_changed.wait(), due - loop.time())
            await asyncio.sleep(PRESENCE_JOIN_S)

    async def _write_presence(self, *, whole: bool) -> bool:
        """Says who is here in one pipeline, then tells of comings and goings; False where Redis is away."""
        users, (members, news) = dict.fromkeys(filter(None, self._by_user), b""), self.members.take(whole=whole)
        try:
            await self.workers.redis(presence.write, self.name, {presence.USERS: users, **members})
            await self.workers.redis(hints.send, news)
        except Exception as error:
            logger.warning("hub presence not written: %s", type(error).__name__)
            self.members.not_written(members)
            return False
        return True


async def _forever(work: Callable[[], Awaitable[None]]) -> None:
    """Begins `work` again when it fails: a process without it would look well and be deaf."""
    while True:
        try:
            await work()
        except Exception:
            logger.exception("hub task failed and begins again")
            await asyncio.sleep(RETRY_S)
