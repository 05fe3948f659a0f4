"""One socket's subscription to one topic: asked for by the client, or begun with the connection by its token.

Guarantees for an ordered topic: the reply says from which offset the client stands, and everything after that offset
follows it, in order, once. It needs no buffering: the process holds the newest events of each of its topics without a
gap up to the last one emitted, so joining, taking what was missed and answering are one step of the loop. Of a
latest-value topic nothing but the newest values that are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub import latest, metrics, protocol
from hub.fanout import LatestTopic, Topic
from hub.protocol import Refusal, Unsubscribe
from hub.sequencer import OrderedTopic
from hub.tokens import SubscribeOptions, TokenClaims
from hub.topics import TopicMatch

if TYPE_CHECKING:
    from hub.session import Session


@dataclass(eq=False, slots=True)
class Subscription:
    """`body` is the client's command, or what its connect says of this topic; `token` is the subscription's own, and
    `server_side` what the connection's says of it."""

    name: str
    session: Session
    match: TopicMatch
    body: Mapping[str, Any]
    token: TokenClaims | None = None
    server_side: SubscribeOptions | None = None
    # Whether the registry must be asked before this subscription may go on.
    ask_again: bool = True
    topic: Topic | None = None
    # Where it may begin, while nothing else happens.
    _reached: Topic | None = None
    # Of a latest-value topic, while the subscription is being made: where it listens, and what was known before.
    _joining: LatestTopic | None = None
    _newest: dict[str, bytes] = field(default_factory=dict)

    @property
    def options(self) -> SubscribeOptions:
        return self.server_side or (self.token.options if self.token else SubscribeOptions())

    @property
    def hears(self) -> bool:
        """Whether it is told of joins and leaves."""
        return self.options.hears or bool(self.body.get("join_leave"))

    async def admit(self) -> None:
        """Asks whether this user may read the topic, if that is not known: a token that is not void says so, and
        otherwise the registry. Refused where he may not."""
        node = self.session.node
        while self.ask_again:
            self.ask_again = False
            if self.token is not None and not node.revocations.voids(self.token):
                continue
            if not await node.workers.registry(self.match.may_read, self.session.identity):
                protocol.refuse(Refusal.PERMISSION_DENIED if self.token is None else Refusal.TOKEN_EXPIRED)

    async def prepare(self) -> None:
        """Makes it ready to begin, for as long as nothing else happens."""
        await self.admit()
        topic = await self.session.node.topic(self.match.kind, self.name)
        await self._reach(topic)
        self._reached = topic

    @property
    def is_ready(self) -> bool:
        # Not where the topic was dropped as idle meanwhile: one that no hint reaches must not be joined.
        return not self.ask_again and self._reached is not None and self.session.node.holds(self._reached)

    async def _reach(self, topic: Topic) -> None:
        """Waits until this process can answer who comes back: he may come from where the news were earlier."""
        if not self.body.get("recover"):
            return
        if isinstance(topic, OrderedTopic):
            same_log = protocol.text_field(self.body, "epoch") in ("", topic.epoch)
            if same_log and protocol.number_field(self.body, "offset") > topic.last:
                await self.session.node.reader.catch_up(topic)
        elif isinstance(topic, LatestTopic):
            # It listens from before the reading, so that nothing falls between.
            self._joining, topic.joining[self] = topic, {}
            self._newest = await self.session.node.workers.redis(latest.newest, self.name)

    def begin(self) -> bytes:
        """Joins the topic, once it is ready, and answers the result of the subscribe command."""
        topic = self.topic = self._reached
        result: dict[str, Any] = {"recoverable": True}
        if (data := self.options.data) is not None:
            result["data"] = data
        if self.token is not None:
            result |= protocol.lifetime(self.token.expires_at)
        if isinstance(topic, OrderedTopic):
            topic.join(self)
            return self._ordered_result(result, topic)
        if topic is not None:
            topic.subscribers[self] = None
        return self._latest_result(result)

    def _ordered_result(self, result: dict[str, Any], topic: OrderedTopic) -> bytes:
        result |= {"positioned": True, "epoch": topic.epoch}
        if not self.body.get("recover"):
            return protocol.encode(result | protocol.position(topic.last))
        result["was_recovering"] = True
        missed = self._missed(topic)
        metrics.RECOVERIES.labels("unrecovered" if missed is None else "recovered").inc()
        if missed is not None:
            # The position it recovered from: each publication then moves the client on.
            position = protocol.position(protocol.number_field(self.body, "offset"))
            return protocol.with_publications(result | {"recovered": True} | position, missed)
        if protocol.number_field(self.body, "flag") & protocol.REJECT_UNRECOVERED:
            protocol.refuse(Refusal.UNRECOVERABLE_POSITION)
        return protocol.encode(result | protocol.position(topic.last))

    def _latest_result(self, result: dict[str, Any]) -> bytes:
        """The newest value of each key, for who asks: what was kept, and what came while it was read."""
        if self._joining is None:
            return protocol.encode(result)
        heard = self._joining.joining.pop(self)
        known = [protocol.publication(kept) for key, kept in self._newest.items() if key not in heard]
        known += heard.values()
        self._joining, self._newest = None, {}
        recovered = {"recovered": True} if known else {}
        return protocol.with_publications(result | {"was_recovering": True} | recovered, known)

    def _missed(self, topic: OrderedTopic) -> list[bytes] | None:
        # An empty epoch means any, as in Centrifugo.
        if protocol.text_field(self.body, "epoch") not in ("", topic.epoch):
            return None
        return topic.since(protocol.number_field(self.body, "offset"))

    def leave(self) -> None:
        if self._joining is not None:
            del self._joining.joining[self]
            self._joining = None
        if self.topic is not None:
            self.topic.subscribers.pop(self, None)
            self.topic = None

    def lost_place(self) -> None:
        self.session.end_subscription(self, Unsubscribe.INSUFFICIENT)
