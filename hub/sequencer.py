"""One ordered topic in one process: whatever the bus does, its subscribers get every event, in order, once.

Guarantees that what is emitted is `last + 1`, always: repeats are dropped, and behind a gap nothing is emitted until
the log has filled it. Where the log cannot fill it (pruned, replaced), subscribers are told that they lost their
place; they are never given the rest as if nothing were missing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from hub.fanout import Fanout, Topic
from hub.log import LoggedEvent, Position
from hub.outbox import Chunk, Outbox
from hub.protocol import publication

if TYPE_CHECKING:
    from hub.reader import LogReader
    from hub.subscription import Subscription

# Hints that may wait before the start or behind a gap; the log has them anyway.
HINTS_MAX = 1000


class Listener(Protocol):
    """The process' own use of a topic that no client may read."""

    def event(self, envelope: bytes, position: Position) -> None: ...

    def lost_place(self) -> None: ...


class OrderedTopic(Topic):
    def __init__(self, name: str, fanout: Fanout, reader: LogReader, *, recovery_limit: int) -> None:
        super().__init__(name, fanout)
        self.started = False
        self.epoch = ""
        # Offset of the last event emitted.
        self.last = 0
        # What the last comparison said.
        self._head = 0
        self.listener: Listener | None = None
        self._reader = reader
        # The newest publications, without gaps up to `last`: whoever comes back is answered from here.
        self._recent: deque[bytes] = deque(maxlen=recovery_limit)
        self._early: deque[tuple[str, int, bytes | None]] = deque(maxlen=HINTS_MAX)
        # Events that wait behind a gap; None where the hint did not carry the event.
        self._ahead: dict[int, bytes | None] = {}
        self._pending: list[bytes] = []

    def start(self, position: Position, newest: Sequence[LoggedEvent]) -> None:
        """Begins where the log stands, with its newest events at hand; hints that came meanwhile follow."""
        self.epoch, self.last, self.started = position["epoch"], position["offset"], True
        for event in newest:
            if event.offset <= self.last:
                self._recent.append(publication(event.envelope, event.offset))
        while self._early:
            self.hint(*self._early.popleft())

    # What comes in

    def hint(self, epoch: str, offset: int, envelope: bytes | None) -> None:
        """The bus says that this event exists; `envelope` is None where the hint does not carry it."""
        if not self.started:
            self._early.append((epoch, offset, envelope))
            return
        if offset <= self.last or epoch != self.epoch:
            # Another epoch is found out by the comparison of heads, which can tell old from new.
            return
        if len(self._ahead) < HINTS_MAX:
            self._ahead[offset] = envelope
        self._emit_ahead()
        if self._ahead:
            self._reader.want(self)

    def read(self, events: Sequence[LoggedEvent], *, asked_after: int) -> None:
        """The log's events after that offset; hints may have overtaken the question."""
        for event in events:
            if event.epoch != self.epoch or event.offset > self.last + 1:
                self.lose_place(Position(epoch=event.epoch, offset=event.offset - 1))
            if event.offset == self.last + 1:
                self._emit(event.envelope)
        self._emit_ahead()
        if not events and self.last == asked_after:
            # What a hint spoke of is not in the log; what its head counts is no longer there.
            self._ahead.clear()
            if self._head > self.last:
                self.lose_place(Position(epoch=self.epoch, offset=self._head))

    def compare(self, head: Position, *, last_before: int) -> bool:
        """What the log says now, asked when `last` was `last_before`; True where there is something to read."""
        if head["epoch"] != self.epoch or head["offset"] < last_before:
            self.lose_place(head)
        self._head = head["offset"]
        return self._head > self.last

    @property
    def has_gap(self) -> bool:
        return bool(self._ahead)

    def lose_place(self, head: Position) -> None:
        """Goes on from `head`; what subscribers had does not connect to it, and they are told."""
        self.epoch, self.last, self._head = head["epoch"], head["offset"], head["offset"]
        self._ahead.clear()
        self._pending.clear()
        self._recent.clear()
        for subscription in list(self.subscribers):
            subscription.lost_place()
        if self.listener is not None:
            self.listener.lost_place()

    def _emit_ahead(self) -> None:
        while (envelope := self._ahead.get(self.last + 1)) is not None:
            self._emit(envelope)
        for offset in [offset for offset in self._ahead if offset <= self.last]:
            del self._ahead[offset]

    def _emit(self, envelope: bytes) -> None:
        self.last += 1
        if self.listener is not None:
            self.listener.event(envelope, Position(epoch=self.epoch, offset=self.last))
            return
        encoded = publication(envelope, self.last)
        self._recent.append(encoded)
        if self.subscribers:
            self._pending.append(self.frame(encoded))
            self._fanout.mark(self)

    # What goes out

    def fan_out(self, touched: dict[Outbox, None]) -> None:
        if not self._pending:
            return
        chunk = Chunk(b"\n".join(self._pending))
        self._pending = []
        for subscription in list(self.subscribers):
            outbox = subscription.session.outbox
            outbox.put(chunk)
            touched[outbox] = None

    def join(self, subscription: Subscription) -> None:
        """From now on the subscriber is given everything after `last`, and nothing up to it."""
        self._fanout.send(self)
        self.subscribers[subscription] = None

    def since(self, offset: int) -> list[bytes] | None:
        """The publications after that offset up to `last`, complete; None where that cannot be had.

        It cannot where more than the limit were missed, where retention took some, or where the log is not that far.
        """
        missed = self.last - offset
        if not 0 <= missed <= len(self._recent):
            return None
        return list(self._recent)[len(self._recent) - missed :]
