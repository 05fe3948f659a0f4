"""One ordered topic in one process: whatever the bus does, its subscribers get every event, in order, once.

Guarantees that what is emitted is `last + 1`, always: repeats are dropped, and behind a gap nothing is emitted until
the log has filled it. Where the log cannot fill it (pruned, replaced), subscribers are told that they lost their
place; they are never given the rest as if nothing were missing. Not that events come at once: a gap waits for the log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from hub import metrics
from hub.errors import attempt
from hub.fanout import Fanout, Topic
from hub.log import Position, Reading
from hub.outbox import Outbox, chunks
from hub.protocol import publication

if TYPE_CHECKING:
    from hub.reader import LogReader
    from hub.subscription import Subscription

# Hints that may wait behind a gap; the log has them anyway.
HINTS_MAX = 128


class Listener(Protocol):
    """The process' own use of a topic that no client may read."""

    def event(self, envelope: bytes, position: Position) -> None: ...

    def lost_place(self) -> None: ...


class OrderedTopic(Topic):
    def __init__(self, name: str, fanout: Fanout, reader: LogReader, *, events_max: int, bytes_max: int) -> None:
        super().__init__(name, fanout)
        self.started = False
        self.epoch = ""
        # Offset of the last event emitted, and of the last that is known to exist.
        self.last = self.heard = 0
        self.listener: Listener | None = None
        self._reader = reader
        # The newest publications, without gaps up to `last`: whoever comes back is answered from here.
        self._recent: deque[bytes] = deque()
        self._recent_bytes = 0
        self._events_max, self._bytes_max = events_max, bytes_max
        # Events that wait behind a gap; None where the hint did not carry the event.
        self._ahead: dict[int, bytes | None] = {}
        self._pending: list[bytes] = []
        # Whether an event on the way to the last one heard of was missed.
        self._gap = False

    def start(self, newest: Reading) -> None:
        """Begins where the log stood, with its newest events at hand; what was heard of meanwhile is read."""
        self.epoch, self.last, self.started = newest.position["epoch"], newest.position["offset"], True
        for event in newest.events:
            self._remember(publication(event.envelope, event.offset))
        self._read_on()

    # What comes in

    def hint(self, epoch: str, offset: int, envelope: bytes | None) -> None:
        """The bus says that this event exists; `envelope` is None where the hint does not carry it."""
        if self.started and (epoch != self.epoch or offset <= self.last):
            # Another epoch is found out by the comparison of heads, which can tell old from new.
            return
        self.heard = max(self.heard, offset)
        if not self.started:
            return
        if len(self._ahead) < HINTS_MAX:
            self._ahead[offset] = envelope
        self._emit_ahead()
        if self._ahead:
            self._miss()
            self._reader.want(self)

    def _miss(self) -> None:
        if not self._gap:
            self._gap = True
            metrics.GAPS_FOUND.inc()

    @property
    def is_behind(self) -> bool:
        return self.heard > self.last

    def read(self, reading: Reading, *, epoch_before: str, heard_before: int) -> None:
        """The log's answer, which hints may have overtaken; and what was known when it was asked."""
        if epoch_before != self.epoch:
            return  # Asked in another life.
        head = reading.position
        self.heard = max(self.heard, head["offset"])
        for event in reading.events:
            if event.epoch != self.epoch or event.offset > self.last + 1:
                self.lose_place(Position(epoch=event.epoch, offset=event.offset - 1))
            if event.offset == self.last + 1:
                self._miss()
                self._emit(event.envelope)
        self._emit_ahead()
        if not reading.events and (head["epoch"] != self.epoch or head["offset"] > self.last):
            # What the head counts is no longer there.
            self.lose_place(head)
        if heard_before > head["offset"]:
            # A hint follows its commit: what it spoke of before the log was asked, and the log has not, is not true.
            self._ahead.clear()
            self.heard = head["offset"]
        self._read_on()

    def compare(self, head: Position, *, last_before: int) -> None:
        """What the log says now, asked when `last` was `last_before`."""
        if head["epoch"] != self.epoch or head["offset"] < last_before:
            self.lose_place(head)
        self.heard = max(self.heard, head["offset"])
        self._read_on()

    def _read_on(self) -> None:
        if self.is_behind:
            self._reader.want(self)

    def lose_place(self, head: Position) -> None:
        """Goes on from `head`; what subscribers had does not connect to it, and they are told."""
        metrics.PLACES_LOST.inc()
        self.epoch, self.last, self.heard, self._gap = head["epoch"], head["offset"], head["offset"], False
        self._ahead.clear()
        self._pending.clear()
        self._recent.clear()
        self._recent_bytes = 0
        for subscription in list(self.subscribers):
            attempt(subscription.lost_place)
        if self.listener is not None:
            attempt(self.listener.lost_place)

    def _emit_ahead(self) -> None:
        while (envelope := self._ahead.get(self.last + 1)) is not None:
            self._emit(envelope)
        for offset in [offset for offset in self._ahead if offset <= self.last]:
            del self._ahead[offset]

    def _emit(self, envelope: bytes) -> None:
        self.count = self.last = self.last + 1
        if self._gap and not self.is_behind:
            self._gap = False
            metrics.GAPS_HEALED.inc()
        if self.listener is not None:
            attempt(self.listener.event, envelope, Position(epoch=self.epoch, offset=self.last))
            return
        encoded = publication(envelope, self.last)
        self._remember(encoded)
        if self.subscribers:
            if not self._pending:
                self.oldest = envelope
            self._pending.append(self.frame(encoded))
            self._fanout.mark(self)

    def _remember(self, encoded: bytes) -> None:
        self._recent.append(encoded)
        self._recent_bytes += len(encoded)
        while len(self._recent) > self._events_max or self._recent_bytes > self._bytes_max:
            self._recent_bytes -= len(self._recent.popleft())

    # What goes out

    def _round(self) -> tuple[int, Callable[[Outbox], None]]:
        pending, self._pending = self._pending, []
        joined = chunks(pending, recovery=(self._events_max, self._bytes_max))
        return len(pending), lambda outbox: outbox.put(*joined)

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
