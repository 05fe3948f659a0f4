"""One socket's subscription to one topic.

Guarantees for an ordered topic: the reply says from which offset the client stands, and everything after that offset
follows it, in order, once. It needs no buffering: the process holds the newest events of each of its topics without a
gap up to the last one emitted, so joining, taking what was missed and answering are one step of the loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub import latest, metrics, protocol
from hub.fanout import LatestTopic, Topic
from hub.protocol import Command, Refusal, Unsubscribe
from hub.sequencer import OrderedTopic

if TYPE_CHECKING:
    from hub.session import Session


class Subscription:
    def __init__(self, name: str, session: Session) -> None:
        self.name = name
        self.session = session
        # Whether the registry must be asked before this subscription may go on.
        self.ask_again = True
        self.topic: Topic | None = None
        # Of a latest-value topic, while the subscription is being made: where it listens, and what was known before.
        self._joining: LatestTopic | None = None
        self._newest: dict[str, bytes] = {}

    async def reach(self, command: Command, topic: Topic) -> None:
        """Waits until this process can answer who comes back: he may come from where the news were earlier."""
        if not command.body.get("recover"):
            return
        if isinstance(topic, OrderedTopic):
            same_log = protocol.text_field(command.body, "epoch") in ("", topic.epoch)
            if same_log and protocol.number_field(command.body, "offset") > topic.last:
                await self.session.node.reader.catch_up(topic)
        elif isinstance(topic, LatestTopic):
            # It listens from before the reading, so that nothing falls between.
            self._joining, topic.joining[self] = topic, {}
            self._newest = await self.session.node.workers.redis(latest.newest, self.name)

    def begin(self, command: Command, topic: Topic) -> bytes:
        """Joins the topic and answers the reply to the subscribe command."""
        self.topic = topic
        if not isinstance(topic, OrderedTopic):
            topic.subscribers[self] = None
            return self._latest_reply(command)
        topic.join(self)
        result = {"recoverable": True, "positioned": True, "epoch": topic.epoch}
        if not command.body.get("recover"):
            return protocol.reply(command, result | protocol.position(topic.last))
        result["was_recovering"] = True
        missed = self._missed(command.body, topic)
        metrics.RECOVERIES.labels("unrecovered" if missed is None else "recovered").inc()
        if missed is not None:
            # The position it recovered from: each publication then moves the client on.
            position = protocol.position(protocol.number_field(command.body, "offset"))
            return protocol.reply(command, result | {"recovered": True} | position, missed)
        if protocol.number_field(command.body, "flag") & protocol.REJECT_UNRECOVERED:
            protocol.refuse(Refusal.UNRECOVERABLE_POSITION)
        return protocol.reply(command, result | protocol.position(topic.last))

    def _latest_reply(self, command: Command) -> bytes:
        """The newest value of each key, for who asks: what was kept, and what came while it was read."""
        result = {"recoverable": True}
        if self._joining is None:
            return protocol.reply(command, result)
        heard = self._joining.joining.pop(self)
        known = [protocol.publication(kept) for key, kept in self._newest.items() if key not in heard]
        known += heard.values()
        self._joining, self._newest = None, {}
        recovered = {"recovered": True} if known else {}
        return protocol.reply(command, result | {"was_recovering": True} | recovered, known)

    def _missed(self, body: Mapping[str, Any], topic: OrderedTopic) -> list[bytes] | None:
        # An empty epoch means any, as in Centrifugo.
        if protocol.text_field(body, "epoch") not in ("", topic.epoch):
            return None
        return topic.since(protocol.number_field(body, "offset"))

    def leave(self) -> None:
        if self._joining is not None:
            del self._joining.joining[self]
            self._joining = None
        if self.topic is not None:
            self.topic.subscribers.pop(self, None)
            self.topic = None

    def lost_place(self) -> None:
        self.session.end_subscription(self, Unsubscribe.INSUFFICIENT)
