"""A process' part of the hub: its topics, its sockets, and the tasks that keep them true.

There is one node per event loop, made by the first socket or by `hub.asgi.start()`. It guarantees that what it knows
of every active topic is compared with the log once a second, whatever happens to Redis.
"""

import asyncio
import logging
import random
import uuid
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from hub import bus, conf
from hub.fanout import Fanout, LatestTopic
from hub.protocol import Close, unnumbered_publication
from hub.reader import LogReader
from hub.revocations import Revocations
from hub.revoke import REVOCATIONS
from hub.roster import Roster
from hub.sequencer import OrderedTopic
from hub.workers import Workers

if TYPE_CHECKING:
    from hub.session import Session

logger = logging.getLogger(__name__)

# A topic without subscribers is kept this long: clients that reconnect find its newest events in memory.
LINGER_S = 30.0
START_TIMEOUT_S = 5.0
DRAIN_BATCHES = 20

_nodes: "WeakKeyDictionary[asyncio.AbstractEventLoop, Node]" = WeakKeyDictionary()


def current() -> "Node":
    """The node of the running loop; made and set going when first asked for."""
    loop = asyncio.get_running_loop()
    node = _nodes.get(loop)
    if node is None:
        node = _nodes[loop] = Node()
        node.run()
    return node


class Node:
    def __init__(self) -> None:
        self.settings = conf.current()
        self.name = uuid.uuid4().hex
        self.workers = Workers(app_threads=self.settings.app_threads)
        self.fanout = Fanout(join_s=self.settings.join_ms / 1000)
        self.reader = LogReader(self.workers)
        self.roster = Roster(self.name, self.workers)
        self.revocations = Revocations(
            unsubscribed=self._unsubscribed, disconnected=self._disconnected, lost=self._revocations_lost
        )
        self.draining = False
        self._ordered: dict[str, OrderedTopic] = {}
        self._latest: dict[str, LatestTopic] = {}
        self._idle_since: dict[str, float] = {}
        self._sessions: dict[Session, None] = {}
        self._by_user: dict[str, dict[Session, None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = asyncio.Event()

    # Life

    def run(self) -> None:
        for work in (self._begin(), bus.listen(self._take), self.reader.fill_gaps(), self.roster.keep()):
            self.spawn(work)
        self.spawn(self._every_second())

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

    async def _begin(self) -> None:
        while not self._ready.is_set():
            try:
                # Followed from before the load, so that nothing falls between.
                topic = await self.ordered(REVOCATIONS)
                topic.listener = self.revocations
                await self.revocations.load(self.workers)
                self._ready.set()
            except Exception as error:
                logger.warning("hub not started: %s", type(error).__name__)
                await asyncio.sleep(0.5)

    async def _every_second(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + self.settings.head_check_s, loop.time())
            await asyncio.sleep(due - loop.time())
            try:
                for session in list(self._sessions):
                    session.look_at_the_clock(loop.time())
                self._drop_idle(loop.time())
                await self.reader.compare_heads(list(self._ordered.values()))
            except Exception as error:
                logger.warning("hub heads not compared: %s", type(error).__name__)

    async def drain(self) -> None:
        """Tells every socket to come back elsewhere, in random batches, and forgets this process' presence."""
        self.draining = True
        sessions = list(self._sessions)
        random.shuffle(sessions)
        size = max(1, -(-len(sessions) // DRAIN_BATCHES))
        for start in range(0, len(sessions), size):
            for session in sessions[start : start + size]:
                session.close(Close.SHUTDOWN)
            await asyncio.sleep(self.settings.drain_s / DRAIN_BATCHES)
        try:
            await self.workers.log(self.roster.forget)
        except Exception as error:
            logger.warning("hub presence not forgotten: %s", type(error).__name__)

    async def stop(self) -> None:
        """Ends the tasks: for tests that share a process with the node."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.workers.close()

    # Topics

    async def ordered(self, name: str) -> OrderedTopic:
        """The topic, once it is known where the log stands."""
        topic = self._ordered.get(name)
        if topic is None:
            topic = self._ordered[name] = OrderedTopic(
                name, fanout=self.fanout, reader=self.reader, recovery_limit=self.settings.recovery_limit
            )
        if not topic.started:
            position = await self.reader.position(name)
            if not topic.started:
                topic.start(position)
        return topic

    def latest(self, name: str) -> LatestTopic:
        if name not in self._latest:
            self._latest[name] = LatestTopic(name, self.fanout)
        return self._latest[name]

    def _take(self, hint: Mapping[str, Any]) -> None:
        name = hint["topic"]
        if "key" in hint:
            if (latest := self._latest.get(name)) is not None:
                latest.take(hint["key"], unnumbered_publication(hint["envelope"]))
        elif (ordered := self._ordered.get(name)) is not None:
            ordered.hint(hint["epoch"], hint["offset"], hint["envelope"])

    def _drop_idle(self, now: float) -> None:
        for name, latest in list(self._latest.items()):
            if not latest.receivers:
                del self._latest[name]
        for name, topic in list(self._ordered.items()):
            if topic.subscribers or topic.listener is not None:
                self._idle_since.pop(name, None)
            elif now - self._idle_since.setdefault(name, now) > LINGER_S:
                del self._ordered[name], self._idle_since[name]

    # Sockets

    def opened(self, session: "Session") -> None:
        self._sessions[session] = None

    def connected(self, session: "Session", user: str) -> None:
        self._by_user.setdefault(user, {})[session] = None
        self.roster.came(user)

    def closed(self, session: "Session", user: str | None) -> None:
        self._sessions.pop(session, None)
        if user is not None and self._by_user.get(user, {}).pop(session, session) is None:
            self.roster.left(user)
            if not self._by_user[user]:
                del self._by_user[user]

    def _unsubscribed(self, user: str, topic: str) -> None:
        for session in self._by_user.get(user, {}):
            self.spawn(session.ask_again(topic))

    def _disconnected(self, user: str) -> None:
        for session in list(self._by_user.get(user, {})):
            session.close(Close.FORCED)

    def _revocations_lost(self) -> None:
        """Somebody pruned or replaced the revocations under us: everybody connects, and is asked, anew."""
        for session in list(self._sessions):
            session.close(Close.SERVER_ERROR)
