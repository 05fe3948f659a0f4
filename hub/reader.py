"""A process' access to the log: few queries, however many topics and clients ask.

Guarantees that a topic whose hint was lost is read within the period of the comparison of heads, as soon as the
database answers. Questions that come while one is under way are asked together when it is done.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from hub import log
from hub.log import LoggedEvent, Position
from hub.sequencer import OrderedTopic
from hub.workers import Workers

logger = logging.getLogger(__name__)

K = TypeVar("K")
V = TypeVar("V")

# Hints of neighbouring transactions overtake each other by a few milliseconds: no reason to query.
GRACE_S = 0.01
RETRY_S = 0.5
# Topics and events per query: bounds the memory of one answer.
TOPICS_PER_QUERY = 100
EVENTS_PER_READ = 500


class Batch(Generic[K, V]):
    """Answers single questions by asking many at once, one round at a time."""

    def __init__(self, ask: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._ask = ask
        self._waiting: dict[K, asyncio.Future[V]] = {}
        self._round: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V:
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        answer = self._waiting[key]
        if self._round is None:
            self._round = asyncio.ensure_future(self._rounds())
        return await asyncio.shield(answer)

    async def _rounds(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[:TOPICS_PER_QUERY]
                asked = {key: self._waiting.pop(key) for key in keys}
                await self._one_round(asked)
        finally:
            self._round = None

    async def _one_round(self, asked: Mapping[K, asyncio.Future[V]]) -> None:
        try:
            answers = await self._ask(list(asked))
        except Exception as error:  # Whatever it was, those who asked must hear of it.
            for answer in asked.values():
                answer.set_exception(error)
                answer.exception()
        else:
            for key, answer in asked.items():
                answer.set_result(answers[key])


class LogReader:
    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        # Topics to be read, and whether to read even if their gap has closed meanwhile.
        self._wanted: dict[OrderedTopic, bool] = {}
        self._wake = asyncio.Event()
        self._positions: Batch[str, Position] = Batch(self._ask_positions)
        self._histories: Batch[tuple[str, int, int], list[LoggedEvent]] = Batch(self._ask_histories)

    def want(self, topic: OrderedTopic, *, surely: bool = False) -> None:
        self._wanted[topic] = surely or self._wanted.get(topic, False)
        self._wake.set()

    async def position(self, name: str) -> Position:
        return await self._positions.get(name)

    async def history(self, name: str, after: int, limit: int) -> list[LoggedEvent]:
        return await self._histories.get((name, after, limit))

    async def _ask_positions(self, names: list[str]) -> Mapping[str, Position]:
        return await self._workers.log(log.positions, names)

    async def _ask_histories(
        self, keys: list[tuple[str, int, int]]
    ) -> Mapping[tuple[str, int, int], list[LoggedEvent]]:
        # One topic asks once at a time (it shares the answer), so a name is here once.
        after = {name: offset for name, offset, _ in keys}
        events = await self._workers.log(log.read, after, limit=max(limit for *_, limit in keys))
        by_topic = _by_topic(events)
        return {key: by_topic.get(key[0], [])[: key[2]] for key in keys}

    async def fill_gaps(self) -> None:
        """Forever: reads what is wanted, all topics of a moment in one query."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GRACE_S)
            self._wake.clear()
            wanted, self._wanted = self._wanted, {}
            topics = [topic for topic, surely in wanted.items() if surely or topic.has_gap]
            for start in range(0, len(topics), TOPICS_PER_QUERY):
                await self._read(topics[start : start + TOPICS_PER_QUERY])

    async def _read(self, topics: Sequence[OrderedTopic]) -> None:
        after = {topic.name: topic.last for topic in topics}
        try:
            events = await self._workers.log(log.read, after, limit=EVENTS_PER_READ)
        except Exception as error:
            logger.warning("hub log not read (%d topics): %s", len(topics), type(error).__name__)
            await asyncio.sleep(RETRY_S)
            for topic in topics:
                self.want(topic, surely=True)
            return
        by_topic = _by_topic(events)
        for topic in topics:
            found = by_topic.get(topic.name, [])
            topic.read(found)
            if not found:
                topic.nothing_to_read(after[topic.name])
            elif len(found) == EVENTS_PER_READ:
                self.want(topic, surely=True)

    async def compare_heads(self, topics: Sequence[OrderedTopic]) -> None:
        """One look at the heads of these topics: what is ahead of us is read, what went back is begun anew."""
        before = {topic.name: topic.last for topic in topics if topic.started}
        if not before:
            return
        heads = await self._workers.log(log.positions, list(before))
        for topic in topics:
            if topic.name in before and topic.compare(heads[topic.name], last_before=before[topic.name]):
                self.want(topic, surely=True)


def _by_topic(events: Sequence[LoggedEvent]) -> dict[str, list[LoggedEvent]]:
    found: dict[str, list[LoggedEvent]] = {}
    for event in events:
        found.setdefault(event.topic, []).append(event)
    return found
