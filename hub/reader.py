"""A process' access to the log: few queries, however many topics and clients ask.

Guarantees that a topic whose hint was lost is read within the period of the comparison of heads, as soon as the
database answers. Does not guarantee that who asks for something is answered: a query that fails is his to repeat.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from hub import log
from hub.batching import Batcher
from hub.errors import attempt
from hub.log import Page, Reading
from hub.sequencer import OrderedTopic
from hub.workers import Workers

logger = logging.getLogger(__name__)

# Hints of neighbouring transactions overtake each other by a few milliseconds: no reason to query.
GRACE_S = 0.01
RETRY_S = 0.5
# Events and bytes per query, of all its topics together: bounds the memory of one answer.
EVENTS_PER_READ = 500
BYTES_PER_READ = 4 * 1024 * 1024
PAGE_BYTES_MAX = 1024 * 1024


class LogReader:
    def __init__(self, workers: Workers, *, events_max: int, bytes_max: int) -> None:
        self._workers = workers
        # By name: where the log stands, and its newest events, as many as a recovery may bring.
        self.open: Batcher[str, Reading] = Batcher(
            lambda names: workers.log(log.newest, names, limit=events_max, bytes_max=bytes_max)
        )
        # One at a time: the other thread is left to those who recover.
        self.page: Batcher[Page, Reading] = Batcher(self._read_page, at_once=1)
        # Answers when the topic has what the log had when it was asked.
        self.catch_up: Batcher[OrderedTopic, None] = Batcher(self._read)
        self._behind: Batcher[OrderedTopic, None] = Batcher(self._fill, delay_s=GRACE_S)
        # At the last comparison of heads: when it was, and how many events the log was ahead of all topics together.
        self._compared_at = asyncio.get_running_loop().time()
        self.lag = 0

    def want(self, topic: OrderedTopic) -> None:
        """Has a topic that is behind read until it is not."""
        self._behind.want(topic)

    async def _read_page(self, pages: list[Page]) -> dict[Page, Reading]:
        return {page: await self._workers.log(log.page, page, bytes_max=PAGE_BYTES_MAX) for page in pages}

    async def _fill(self, topics: list[OrderedTopic]) -> Mapping[OrderedTopic, None]:
        behind = [topic for topic in topics if topic.is_behind]
        try:
            await self._read(behind)
        except Exception as error:
            logger.warning("hub log not read (%d topics): %s", len(behind), type(error).__name__)
            await asyncio.sleep(RETRY_S)
            for topic in behind:
                self.want(topic)
        return dict.fromkeys(topics)

    async def _read(self, topics: list[OrderedTopic]) -> Mapping[OrderedTopic, None]:
        before = {topic: (topic.epoch, topic.heard) for topic in topics}
        if topics:
            after, bytes_max = {topic.name: topic.last for topic in topics}, BYTES_PER_READ // len(topics)
            found = await self._workers.log(log.read, after, limit=EVENTS_PER_READ, bytes_max=bytes_max)
            for topic, (epoch, heard) in before.items():
                attempt(topic.read, found[topic.name], epoch_before=epoch, heard_before=heard)
        return dict.fromkeys(topics)

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
            topic.compare(head, last_before=last)

    @property
    def silence_s(self) -> float:
        """For how long the log has not answered, or nobody has asked it."""
        return asyncio.get_running_loop().time() - self._compared_at
