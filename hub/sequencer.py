"""One ordered topic in one process: whatever the bus does, its subscribers get every event, in order, once.

Guarantees that what is emitted is `last + 1`, always: repeats are dropped, and behind a gap nothing is emitted until
the log has filled it. Where the log cannot fill it (pruned, replaced), subscribers are told that they lost their
place; they are never given the rest as if nothing were missing.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Sequence
from typing import Protocol

from hub.fanout import Fanout, Receiver
from hub.log import LoggedEvent, Position
from hub.outbox import Chunk, Outbox
from hub.protocol import PUSH_TAIL, publication, push_head

# Hints that may wait behind a gap; the log has them anyway.
AHEAD_MAX = 1000


class Reader(Protocol):
    """The process' access to the log; both calls are shared by all topics and batched."""

    def want(self, topic: "OrderedTopic") -> None:
        """Reads the log after the topic's last event soon, and hands it what came."""

    def history(self, name: str, after: int, limit: int) -> Awaitable[Sequence[LoggedEvent]]: ...


class Subscriber(Receiver, Protocol):
    def lost_place(self) -> None:
        """The topic cannot go on from where this subscriber stands."""


class Listener(Protocol):
    """The process' own use of a topic that no client may read."""

    def event(self, envelope: bytes) -> None: ...

    def lost_place(self) -> None: ...


class OrderedTopic:
    def __init__(self, name: str, *, fanout: Fanout, reader: Reader, recovery_limit: int) -> None:
        self.name = name
        self.epoch = ""
        # Offset of the last event emitted; meaningless before start().
        self.last = 0
        self.started = False
        self.subscribers: dict[Subscriber, None] = {}
        self.listener: Listener | None = None
        self._head = push_head(name)
        self._fanout = fanout
        self._reader = reader
        self._limit = recovery_limit
        # Hints that came before start(), and events that wait behind a gap (None: the hint did not carry it).
        self._early: list[tuple[str, int, bytes | None]] = []
        self._ahead: dict[int, bytes | None] = {}
        self._pending: list[bytes] = []
        # The newest publications, without gaps up to `last`: most recoveries need no query.
        self._recent: deque[tuple[int, bytes]] = deque()
        self._filling: asyncio.Future[dict[int, bytes]] | None = None

    def start(self, position: Position) -> None:
        """The log says where the topic stands; hints that came in the meantime follow."""
        self.epoch, self.last, self.started = position["epoch"], position["offset"], True
        early, self._early = self._early, []
        for hint in early:
            self.hint(*hint)

    # What comes in

    def hint(self, epoch: str, offset: int, envelope: bytes | None) -> None:
        """The bus says that this event exists; `envelope` is None where the hint does not carry it."""
        if not self.started:
            if len(self._early) < AHEAD_MAX:
                self._early.append((epoch, offset, envelope))
            return
        if offset <= self.last or epoch != self.epoch:
            # Another epoch is found out by the comparison of heads, which can tell old from new.
            return
        if envelope is not None and offset == self.last + 1:
            self._emit(offset, envelope)
            self._emit_ahead()
        elif len(self._ahead) < AHEAD_MAX:
            self._ahead[offset] = envelope
        if self._ahead:
            self._reader.want(self)

    def read(self, events: Sequence[LoggedEvent]) -> None:
        """The log's events after what was `last` when it was asked; hints may have overtaken it."""
        for event in events:
            if event.epoch != self.epoch or event.offset > self.last + 1:
                self.lose_place(Position(epoch=event.epoch, offset=event.offset - 1))
            if event.offset == self.last + 1:
                self._emit(event.offset, event.envelope)
        self._emit_ahead()

    def compare(self, head: Position, *, last_before: int) -> bool:
        """What the log says now, asked when `last` was `last_before`; True where there is something to read."""
        if head["epoch"] != self.epoch or head["offset"] < last_before:
            self.lose_place(head)
        return head["offset"] > self.last

    def nothing_to_read(self, asked_after: int) -> None:
        """The log has nothing after that offset, though a hint or the head said so."""
        if self.last == asked_after:
            self._ahead.clear()

    @property
    def has_gap(self) -> bool:
        return bool(self._ahead)

    def lose_place(self, head: Position) -> None:
        """Goes on from `head`; what subscribers had does not connect to it, and they are told."""
        self.epoch, self.last = head["epoch"], head["offset"]
        self._ahead.clear()
        self._pending.clear()
        self._recent.clear()
        subscribers, self.subscribers = self.subscribers, {}
        for subscriber in subscribers:
            subscriber.lost_place()
        if self.listener is not None:
            self.listener.lost_place()

    def _emit_ahead(self) -> None:
        for offset in [offset for offset in self._ahead if offset <= self.last]:
            del self._ahead[offset]
        while (envelope := self._ahead.get(self.last + 1)) is not None:
            del self._ahead[self.last + 1]
            self._emit(self.last + 1, envelope)

    def _emit(self, offset: int, envelope: bytes) -> None:
        self.last = offset
        if self.listener is not None:
            self.listener.event(envelope)
            return
        encoded = publication(envelope, offset)
        self._recent.append((offset, encoded))
        while len(self._recent) > self._limit:
            self._recent.popleft()
        if self.subscribers:
            self._pending.append(self._head + encoded + PUSH_TAIL)
            self._fanout.mark(self)

    # What goes out

    def fan_out(self, touched: dict[Outbox, None]) -> None:
        if not self._pending:
            return
        chunk = Chunk(b"\n".join(self._pending))
        self._pending = []
        for subscriber in list(self.subscribers):
            if (outbox := subscriber.offer(chunk)) is not None:
                touched[outbox] = None

    def join(self, subscriber: Subscriber) -> int:
        """Adds the subscriber and answers the offset after which it will be offered everything."""
        if self._pending:
            # What is emitted already belongs to those who were here.
            touched: dict[Outbox, None] = {}
            self.fan_out(touched)
            for outbox in touched:
                outbox.flush()
        self.subscribers[subscriber] = None
        return self.last

    async def history(self, after: int, upto: int) -> list[bytes] | None:
        """The publications after one offset up to another, complete; None where that cannot be had.

        It cannot where more than the limit were missed, where retention took some, or where the log is not that far.
        """
        if after > upto or upto - after > self._limit:
            return None
        if after == upto:
            return []
        if not self._recent or self._recent[0][0] > after + 1:
            found = await self._fill(upto)
        else:
            found = {}
        found = found | dict(self._recent)
        publications = [found.get(offset) for offset in range(after + 1, upto + 1)]
        complete = [each for each in publications if each is not None]
        return complete if len(complete) == len(publications) else None

    async def _fill(self, upto: int) -> dict[int, bytes]:
        """Reads as much as any recovery may need; all who need it at once share one query."""
        if self._filling is None:
            self._filling = asyncio.ensure_future(self._read_recent(upto))
            self._filling.add_done_callback(self._filled)
        return await asyncio.shield(self._filling)

    def _filled(self, done: asyncio.Future[dict[int, bytes]]) -> None:
        self._filling = None
        if not done.cancelled():
            done.exception()

    async def _read_recent(self, upto: int) -> dict[int, bytes]:
        epoch = self.epoch
        events = await self._reader.history(self.name, max(0, upto - self._limit), self._limit)
        found = {event.offset: publication(event.envelope, event.offset) for event in events if event.epoch == epoch}
        if epoch == self.epoch:
            offset = self._recent[0][0] - 1 if self._recent else self.last
            while offset in found and len(self._recent) < self._limit:
                self._recent.appendleft((offset, found[offset]))
                offset -= 1
        return found
