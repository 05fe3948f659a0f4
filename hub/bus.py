"""The receiving end of the bus: channels_redis' pub/sub layer, with one channel for the whole process.

Guarantees nothing but that it listens again some seconds after Redis is back, however it went away: Redis may lose,
repeat and reorder. Latest-value topics, joins and leaves travel only here.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

import redis
from channels_redis.pubsub import RedisPubSubChannelLayer

from hub import conf, hints
from hub.errors import attempt
from hub.workers import Workers

logger = logging.getLogger(__name__)

RETRY_S = 0.5
BEAT_S = 1.0
SILENCE_MAX_S = 3.0
CONNECT_TIMEOUT_S = 2.0

Take = Callable[[Mapping[str, Any]], None]


async def listen(take: Take, workers: Workers) -> None:
    """Forever: hands every hint to `take`."""
    layer = _layer()
    while True:
        beating: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(SILENCE_MAX_S):
                channel = await layer.new_channel("hub.")
                await layer.group_add(hints.GROUP, channel)
            beating = asyncio.ensure_future(_beat(channel, workers))
            while True:
                # Once it listens the layer reconnects by itself, but not from a host that vanished without a word.
                async with asyncio.timeout(SILENCE_MAX_S):
                    message = await layer.receive(channel)
                _take_all(take, message)
        except Exception as error:
            logger.warning("hub bus away: %s", type(error).__name__)
            await asyncio.sleep(RETRY_S)
            # A fresh start, because the half-made channel would go on collecting.
            await layer.flush()
        finally:
            if beating is not None:
                beating.cancel()


def _layer() -> RedisPubSubChannelLayer:
    settings = conf.current()
    host: dict[str, Any] = {"address": settings.redis_url, "socket_connect_timeout": CONNECT_TIMEOUT_S}
    if not settings.redis_url.startswith("unix:"):
        # What the kernel's keepalive raises is a TimeoutError, which redis-py (8.1) takes for its own and tries again
        # without ever waiting: the layer's loop would never let go of ours.
        host["socket_keepalive"] = False
    return RedisPubSubChannelLayer(hosts=[host], prefix=settings.redis_prefix)


async def _beat(channel: str, workers: Workers) -> None:
    while True:
        with contextlib.suppress(redis.RedisError, OSError):
            await workers.redis(hints.beat, channel)
        await asyncio.sleep(BEAT_S)


def _take_all(take: Take, message: Mapping[str, Any]) -> None:
    # Whatever somebody sent us: the log has what is ours.
    found = message.get("hints")
    for hint in found if isinstance(found, list) else []:
        attempt(take, hint)
