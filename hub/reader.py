"""A process' access to the log: few queries, however many topics and clients ask.

Guarantees that a topic whose hint was lost is read within the period of the comparison of heads, as soon as the
database answers. Topics that are opened while a query is under way are opened together by the next.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

from hub import log
from hub.errors import attempt
from hub.log import Reading
from hub.sequencer import OrderedTopic, Question
from hub.workers import Workers

logger = logging.getLogger(__name__)

# Hints of neighbouring transactions overtake each other by a few milliseconds: no reason to query.
GRACE_S = 0.01
RETRY_S = 0.5
# Topics, and events and bytes of them together, per query: bounds the memory of one answer.
TOPICS_PER_QUERY = 100
EVENTS_PER_READ = 500
BYTES_PER_READ = 4 * 1024 * 1024
PAGE_BYTES_MAX = 1024 * 1024


class Page(NamedTuple):
    """A question of log.page()."""

    topic: str
    since: int | None
    reverse: bool
    limit: int


class LogReader:
    def __init__(self, workers: Workers, *, events_max: int, bytes_max: int) -> None:
        self._workers = workers
        self._events_max, self._bytes_max = events_max, bytes_max
        # Topics to be read, and whether to read even if their gap has closed meanwhile.
        self._wanted: dict[OrderedTopic, bool] = {}
        # Who waits for the next reading of a topic.
        self._caught_up: dict[OrderedTopic, asyncio.Future[None]] = {}
        self._wake = asyncio.Event()
        self._opening: dict[str, asyncio.Future[Reading]] = {}
        self._opener: asyncio.Task[None] | None = None
        # Pages that were asked for and are not being read yet.
        self._pages: dict[Page, asyncio.Task[Reading]] = {}
        self._paging = asyncio.Lock()
        # At the last comparison of heads: when it was, and how many events the log was ahead of all topics together.
        self._compared_at = asyncio.get_running_loop().time()
        self.lag = 0

    # Topics that begin

    async def open(self, name: str) -> Reading:
        """Where the log stands, and its newest events, as many as a recovery may bring."""
        if name not in self._opening:
            self._opening[name] = asyncio.get_running_loop().create_future()
        answer = self._opening[name]
        if self._opener is None:
            self._opener = asyncio.ensure_future(self._open_rounds())
        return await asyncio.shield(answer)

    async def _open_rounds(self) -> None:
        while self._opening:
            names = list(self._opening)[:TOPICS_PER_QUERY]
            asked = {name: self._opening.pop(name) for name in names}
            try:
                limits = {"limit": self._events_max, "bytes_max": self._bytes_max}
                opened = await self._workers.log(log.newest, names, **limits)
                for name, answer in asked.items():
                    answer.set_result(opened[name])
            except Exception as error:  # Whatever it was, those who asked must hear of it.
                for answer in asked.values():
                    if not answer.done():
                        answer.set_exception(error)
                        answer.exception()
        self._opener = None

    # Pages of the past

    @property
    def pages_waiting(self) -> int:
        return len(self._pages)

    async def page(self, page: Page) -> Reading:
        """That page as it is now; read once for all who ask before it is being read."""
        if page not in self._pages:
            self._pages[page] = asyncio.ensure_future(self._read_page(page))
        return await asyncio.shield(self._pages[page])

    async def _read_page(self, page: Page) -> Reading:
        # One at a time: the other thread is left to those who recover.
        async with self._paging:
            # Who asks from here on may know of an event that this reading will not see.
            del self._pages[page]
            asked = page._asdict()
            return await self._workers.log(log.page, asked.pop("topic"), bytes_max=PAGE_BYTES_MAX, **asked)

    # Topics that go on

    def want(self, topic: OrderedTopic, *, surely: bool = False) -> None:
        self._wanted[topic] = surely or self._wanted.get(topic, False)
        self._wake.set()

    async def catch_up(self, topic: OrderedTopic) -> None:
        """Returns when the topic has all that the log had when this was called; raises where it cannot be read."""
        answer = self._caught_up.setdefault(topic, asyncio.get_running_loop().create_future())
        self.want(topic, surely=True)
        await asyncio.shield(answer)

    async def fill_gaps(self) -> None:
        """Forever: reads what is wanted, all topics of a moment in one query."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GRACE_S)
            self._wake.clear()
            wanted, self._wanted = self._wanted, {}
            # Taken before the query: it answers those who asked before it.
            caught_up, self._caught_up = self._caught_up, {}
            topics = [topic for topic, surely in wanted.items() if surely or topic.has_gap]
            for start in range(0, len(topics), TOPICS_PER_QUERY):
                error = await self._read(topics[start : start + TOPICS_PER_QUERY])
                for topic in topics[start : start + TOPICS_PER_QUERY]:
                    if (answer := caught_up.pop(topic, None)) is not None:
                        answer.set_exception(error) if error else answer.set_result(None)
                        answer.exception()

    async def _read(self, topics: Sequence[OrderedTopic]) -> Exception | None:
        """Reads them on; answers what went wrong, if anything did."""
        asked = {topic: topic.question() for topic in topics}
        after = {topic.name: question.after for topic, question in asked.items()}
        bytes_max = BYTES_PER_READ // len(topics)
        try:
            found = await self._workers.log(log.read, after, limit=EVENTS_PER_READ, bytes_max=bytes_max)
        except Exception as error:
            logger.warning("hub log not read (%d topics): %s", len(topics), type(error).__name__)
            await asyncio.sleep(RETRY_S)
            for topic in topics:
                self.want(topic, surely=True)
            return error
        for topic, question in asked.items():
            if topic.name in found:
                attempt(self._take, topic, found[topic.name], question)
        return None

    def _take(self, topic: OrderedTopic, reading: Reading, asked: Question) -> None:
        if topic.read(reading, asked):
            self.want(topic, surely=True)

    async def compare_heads(self, topics: Sequence[OrderedTopic]) -> None:
        """One look at the heads of these topics: what is ahead of us is read, what went back is begun anew."""
        before = {topic: topic.last for topic in topics if topic.started}
        if not before:
            return
        heads = await self._workers.log(log.positions, [topic.name for topic in before])
        self._compared_at = asyncio.get_running_loop().time()
        self.lag = sum(max(0, heads[topic.name]["offset"] - topic.last) for topic in before)
        for topic, last in before.items():
            head = heads[topic.name]
            if head["epoch"] == topic.epoch and head["offset"] < last:
                await self._workers.log(log.renew, topic.name, epoch=topic.epoch, last=last)
                head = (await self._workers.log(log.positions, [topic.name]))[topic.name]
            if topic.compare(head, last_before=last):
                self.want(topic, surely=True)

    @property
    def silence_s(self) -> float:
        """For how long the log has not answered, or nobody has asked it."""
        return asyncio.get_running_loop().time() - self._compared_at
