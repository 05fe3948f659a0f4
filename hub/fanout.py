"""From topics to sockets: frames that come within a few milliseconds leave as one message per socket.

Guarantees the order of each topic. The first event after a pause leaves at once; while events keep coming they are
joined. The work per event does not depend on the number of sockets, only the work per message does. Not that a socket
gets what it is given: outbox.py says what then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from hub import metrics
from hub.errors import attempt
from hub.outbox import Outbox, chunks
from hub.protocol import PUSH_TAIL, push_head

if TYPE_CHECKING:
    from hub.subscription import Subscription


class Fanout:
    def __init__(self, *, join_s: float) -> None:
        self._join_s = join_s
        self._dirty: dict[Topic, None] = {}
        self._tick_due: asyncio.TimerHandle | None = None
        self._next = 0.0

    def mark(self, topic: Topic) -> None:
        """The topic has something to fan out soon."""
        self._dirty[topic] = None
        if self._tick_due is None:
            loop = asyncio.get_running_loop()
            self._tick_due = loop.call_at(max(self._next, loop.time()), self._tick)

    def send_due(self) -> None:
        """Fans out what waits, unless the last round was a moment ago: with a busy loop its next turn is far away."""
        if self._tick_due is not None and asyncio.get_running_loop().time() >= self._next:
            self._tick_due.cancel()
            self._tick()

    def _tick(self) -> None:
        start = asyncio.get_running_loop().time()
        self._tick_due = None
        dirty, self._dirty = self._dirty, {}
        self.send(*dirty)
        end = asyncio.get_running_loop().time()
        # With many sockets a round takes longer than the joining: then as much time is left to everything else.
        self._next = end + max(self._join_s, end - start)

    def send(self, *topics: Topic) -> None:
        """Fans out what waits in these topics, now."""
        touched: dict[Outbox, None] = {}
        # The first to have marked itself has waited longest.
        oldest = topics[0].oldest if topics else None
        for topic in topics:
            attempt(topic.fan_out, touched)
        for outbox in touched:
            attempt(outbox.flush)
        if oldest is not None and touched:
            attempt(metrics.written, oldest)


class Topic:
    """A topic in this process: its subscribers, and the frames that wait for the next round."""

    def __init__(self, name: str, fanout: Fanout) -> None:
        self.name = name
        self.subscribers: dict[Subscription, None] = {}
        self.idle_since: float | None = None
        # The envelope of the event that waits longest, where events have a time that can be told from here.
        self.oldest: bytes | None = None
        # Events until now, from whatever number on.
        self.count = 0
        self._fanout = fanout
        self._push_head = push_head(name)

    def frame(self, publication: bytes) -> bytes:
        return self._push_head + publication + PUSH_TAIL

    def fan_out(self, touched: dict[Outbox, None]) -> None:
        """Gives what waits to every subscriber, and adds their outboxes to `touched`."""
        events, give = self._round()
        if events:
            self.oldest = None
            metrics.DELIVERIES.inc(events * len(self.subscribers))
            for subscription in list(self.subscribers):
                outbox = subscription.session.outbox
                attempt(give, outbox)
                touched[outbox] = None

    def _round(self) -> tuple[int, Callable[[Outbox], None]]:
        """Takes what waits, and answers how many events that are and how an outbox is given them."""
        raise NotImplementedError


class LatestTopic(Topic):
    """A latest-value topic: between two rounds only the newest value of each key is kept."""

    def __init__(self, name: str, fanout: Fanout) -> None:
        super().__init__(name, fanout)
        self._frames: dict[str, bytes] = {}
        # Subscriptions that are being made, and what came meanwhile: the newest value of each key, in their order.
        self.joining: dict[Subscription, dict[str, bytes]] = {}

    def take(self, key: str, publication: bytes) -> None:
        for heard in self.joining.values():
            heard.pop(key, None)
            heard[key] = publication
        self.count += 1
        if self.subscribers:
            self._frames[key] = self.frame(publication)
            self._fanout.mark(self)

    def _round(self) -> tuple[int, Callable[[Outbox], None]]:
        frames, self._frames = self._frames, {}
        joined = chunks(frames.values())
        return len(frames), lambda outbox: outbox.put_latest(self.name, frames, joined)
