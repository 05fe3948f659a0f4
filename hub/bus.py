"""The receiving end of the bus: channels_redis' pub/sub layer, with one channel for the whole process.

Guarantees nothing but that it listens again some seconds after Redis is back, however it went away: Redis may lose,
repeat and reorder. Latest-value topics, joins and leaves travel only here.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis
from channels_redis.pubsub import RedisPubSubChannelLayer

from hub import conf, hints
from hub.workers import Workers

logger = logging.getLogger(__name__)

RETRY_S = 0.5
BEAT_S = 1.0
SILENT_BEATS_MAX = 3
SUBSCRIBE_TIMEOUT_S = 3.0
CONNECT_TIMEOUT_S = 2.0

Hear = Callable[[Sequence[Mapping[str, Any]]], None]


async def listen(hear: Hear, workers: Workers) -> None:
    """Forever: hands the hints of every message to `hear`."""
    layer = _layer()
    while True:
        listening: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(SUBSCRIBE_TIMEOUT_S):
                channel = await layer.new_channel("hub.")
                await layer.group_add(hints.GROUP, channel)
            heard = asyncio.Event()
            listening = asyncio.ensure_future(_listen(layer, channel, hear, heard))
            await _until_silence(channel, workers, listening, heard)
        except Exception as error:
            logger.warning("hub bus away: %s", type(error).__name__)
        finally:
            if listening is not None:
                listening.cancel()
        await asyncio.sleep(RETRY_S)
        # A fresh start, because the half-made channel would go on collecting.
        await layer.flush()


async def _listen(layer: RedisPubSubChannelLayer, channel: str, hear: Hear, heard: asyncio.Event) -> None:
    while True:
        message = await layer.receive(channel)
        heard.set()
        # Whatever somebody sent us: the log has what is ours.
        found = message.get("hints")
        hear(found if isinstance(found, list) else [])


async def _until_silence(channel: str, workers: Workers, listening: asyncio.Task[None], heard: asyncio.Event) -> None:
    """Once it listens the layer reconnects by itself, but not from a host that vanished without a word. Counted in
    beats, not by the clock: in a process that was held up what came meanwhile is still to be read."""
    silent = 0
    while silent < SILENT_BEATS_MAX:
        heard.clear()
        with contextlib.suppress(redis.RedisError, OSError):
            await workers.redis(hints.beat, channel)
        await asyncio.wait({listening}, timeout=BEAT_S)
        if listening.done():
            listening.result()
        silent = 0 if heard.is_set() else silent + 1
    raise TimeoutError


def _layer() -> RedisPubSubChannelLayer:
    settings = conf.current()
    host: dict[str, Any] = {"address": settings.redis_url, "socket_connect_timeout": CONNECT_TIMEOUT_S}
    if not settings.redis_url.startswith("unix:"):
        # What the kernel's keepalive raises is a TimeoutError, which redis-py (8.1) takes for its own and tries again
        # without ever waiting: the layer's loop would never let go of ours.
        host["socket_keepalive"] = False
    return RedisPubSubChannelLayer(hosts=[host], prefix=settings.redis_prefix)
