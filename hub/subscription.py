"""One socket's subscription to one topic: history and live, spliced without a hole.

Guarantees for an ordered topic: the reply says from which offset the client stands, and everything after that offset
follows it, in order, once. What is emitted while history is being read is held back until the reply is out.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub import protocol
from hub.outbox import Chunk, Outbox
from hub.protocol import Close, Command, Refusal, Unsubscribe
from hub.sequencer import OrderedTopic
from hub.topics import Kind

if TYPE_CHECKING:
    from hub.fanout import LatestTopic
    from hub.session import Session


class Subscription:
    def __init__(self, name: str, session: "Session") -> None:
        self.name = name
        # Whether the registry must be asked before this subscription may go on.
        self.ask_again = True
        # Chunks that wait for the reply; None once it is out.
        self.held: list[Chunk] | None = []
        self._held_bytes = 0
        self._session = session
        self._topic: OrderedTopic | LatestTopic | None = None

    async def begin(self, command: Command, kind: Kind) -> bytes:
        """Joins the topic and answers the reply to the subscribe command."""
        node = self._session.node
        if kind is Kind.LATEST:
            latest = self._topic = node.latest(self.name)
            latest.receivers[self] = None
            return protocol.reply(command, {})
        topic = await node.ordered(self.name)
        self._topic = topic
        upto = topic.join(self)
        return await self._recover(command, topic, upto)

    async def _recover(self, command: Command, topic: OrderedTopic, upto: int) -> bytes:
        """`upto` is where live begins for this subscriber; history ends there."""
        body = command.body
        epoch = topic.epoch
        result: dict[str, Any] = {"recoverable": True, "positioned": True, "epoch": epoch}
        if not body.get("recover"):
            return protocol.subscribe_reply(command, _position(result, upto), [])
        after, wanted_epoch = protocol.number_field(body, "offset"), protocol.text_field(body, "epoch")
        # An empty epoch means any, as in Centrifugo.
        found = await topic.history(after, upto) if wanted_epoch in ("", epoch) else None
        result["was_recovering"] = True
        if found is not None:
            # The position it recovered from: each publication then moves the client on.
            return protocol.subscribe_reply(command, _position(result | {"recovered": True}, after), found)
        if protocol.number_field(body, "flag") & protocol.REJECT_UNRECOVERED:
            protocol.refuse(Refusal.UNRECOVERABLE_POSITION)
        return protocol.subscribe_reply(command, _position(result, upto), [])

    def release(self) -> None:
        """The reply is out: what came meanwhile follows."""
        held, self.held = self.held or [], None
        for chunk in held:
            self._session.outbox.put(chunk)
        self._session.outbox.flush()

    def leave(self) -> None:
        if isinstance(self._topic, OrderedTopic):
            self._topic.subscribers.pop(self, None)
        elif self._topic is not None:
            self._topic.receivers.pop(self, None)
        self._topic = None

    # What the topic calls

    def offer(self, chunk: Chunk) -> Outbox | None:
        if self.held is None:
            self._session.outbox.put(chunk)
            return self._session.outbox
        self.held.append(chunk)
        self._held_bytes += len(chunk.payload)
        if self._held_bytes > self._session.node.settings.queue_bytes:
            self._session.close(Close.SLOW)
        return None

    def offer_latest(self, frames: Mapping[str, bytes], chunk: Chunk) -> Outbox | None:
        if self.held is not None:
            return None  # The next value will do.
        self._session.outbox.put_latest(self.name, frames, chunk)
        return self._session.outbox

    def lost_place(self) -> None:
        self._session.end_subscription(self, Unsubscribe.INSUFFICIENT)


def _position(result: dict[str, Any], offset: int) -> dict[str, Any]:
    return result | {"offset": offset} if offset else result
