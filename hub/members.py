"""Who is subscribed to a topic, over all processes: what queries.py answers of it, and joins and leaves.

Guarantees that an answer has everybody of this process as it is now, the caller among them, and never a part for the
whole: without Redis there is none. Clients of other processes are seen some tenths of a second late, and those of a
killed one until HUB_PRESENCE_TTL_S is over. A client's own join follows its subscribe reply. Not that each join and
leave is told: none while Redis is away, none for a killed process' clients, no more in a second than PUSHES_PER_S.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hub import hints, protocol
from hub import presence as store
from hub.batching import Batcher
from hub.errors import attempt
from hub.outbox import chunks

if TYPE_CHECKING:
    from hub.node import Node
    from hub.subscription import Subscription

logger = logging.getLogger(__name__)

# Joins and leaves of a topic times those who hear them, in one process: when thousands come back at once, each to be
# told to each, only so many are, and who wants to know asks for `presence`.
PUSHES_PER_S = 50_000

# ("join" or "leave", client id, what is public of it)
News = tuple[str, str, bytes]


class Member(NamedTuple):
    client: str
    info: bytes
    told: bool  # Whether others may hear of it, where they asked to.
    hears: bool  # Whether it asked to.


class Present:
    """Everybody who is subscribed to a topic; made once for all who ask in the same moment."""

    def __init__(self, infos: Mapping[str, bytes]) -> None:
        self._infos = infos

    @cached_property
    def stats(self) -> dict[str, int]:
        users = {json.loads(info)["user"] for info in self._infos.values()}
        return {"num_clients": len(self._infos), "num_users": len(users)}

    @cached_property
    def listed(self) -> bytes:
        members = b",".join(b'"%b":%b' % (client.encode(), info) for client, info in self._infos.items())
        return b'{"presence":{%b}}' % members

    def __len__(self) -> int:
        return len(self._infos)


class Members:
    """Those of one process, and what it has to say of them to the others."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._here: dict[str, dict[Subscription, Member]] = {}
        # What the others do not know yet: the topics whose members changed, and of whom they may hear it.
        self._news: defaultdict[str, list[News]] = defaultdict(list)
        # By topic: everybody who is subscribed to it anywhere; None while Redis is away.
        self.present: Batcher[str, Present | None] = Batcher(self._ask)
        self._second, self._pushes = 0, Counter[str]()

    # What the sessions say

    def joined(self, subscription: Subscription) -> None:
        pattern, session = subscription.match.pattern, subscription.session
        if pattern.presence or pattern.join_leave:
            info = protocol.encode(session.info(subscription.name))
            member = Member(session.client_id, info, pattern.join_leave, subscription.hears)
            self._here.setdefault(subscription.name, {})[subscription] = member
            self._note("join", subscription.name, member)

    def left(self, subscription: Subscription) -> None:
        """Of one who never joined as well."""
        here = self._here.get(subscription.name, {})
        if (member := here.pop(subscription, None)) is not None:
            if not here:
                del self._here[subscription.name]
            self._note("leave", subscription.name, member)

    def _note(self, what: str, topic: str, member: Member) -> None:
        news = self._news[topic]
        if member.told:
            news.append((what, member.client, member.info))
        self._node.presence_changed.set()

    # What the process says to the others

    def take(self, *, whole: bool) -> tuple[dict[str, dict[str, bytes]], list[hints.Hint]]:
        """The members of the topics that changed (with `whole`, of all), and the hints of who came and went."""
        news, self._news = self._news, defaultdict(list)
        members = {topic: self._infos(topic) for topic in {*news, *(self._here if whole else ())}}
        return members, [hints.of_members(topic, told) for topic, told in news.items() if told]

    def not_written(self, topics: Iterable[str]) -> None:
        """What take() gave could not be said: these topics' members are given again, who came and went is not."""
        for topic in topics:
            self._news.setdefault(topic, [])

    def _infos(self, topic: str) -> dict[str, bytes]:
        return {member.client: member.info for member in self._here.get(topic, {}).values()}

    # What the others say

    def heard(self, topic: str, news: Sequence[News]) -> None:
        """Tells those here who asked for it who came and went, in one message each."""
        here = self._here.get(topic, {})
        outboxes = [subscription.session.outbox for subscription, member in here.items() if member.hears]
        if not outboxes:
            return
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second, self._pushes = second, Counter()
        news = news[: (PUSHES_PER_S - self._pushes[topic]) // len(outboxes)]
        if not news:
            return
        self._pushes[topic] += len(news) * len(outboxes)
        frames = [protocol.member_push(topic, what, info) for what, _, info in news]
        # Where a socket is behind, only the newest of each client waits.
        newest = {f"\0{client}": frame for (_, client, _), frame in zip(news, frames, strict=True)}
        joined = chunks(frames)
        for outbox in outboxes:
            attempt(outbox.put_latest, topic, newest, joined)
            attempt(outbox.flush)

    async def _ask(self, asked: list[str]) -> dict[str, Present | None]:
        try:
            others = await self._node.workers.redis(store.subscribed, asked, without=self._node.name)
        except Exception as error:
            logger.warning("hub presence unknown: %s", type(error).__name__)
            return dict.fromkeys(asked)
        return {topic: Present(infos | self._infos(topic)) for topic, infos in zip(asked, others, strict=True)}
