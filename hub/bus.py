"""The receiving end of the bus: channels_redis' pub/sub layer, with one channel for the whole process.

Guarantees nothing: Redis may lose, repeat and reorder. Latest-value topics travel only here.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

from hub import conf
from hub.hints import GROUP

logger = logging.getLogger(__name__)

RETRY_S = 0.5


async def listen(take: Callable[[Mapping[str, Any]], None]) -> None:
    """Forever: hands every hint to `take`."""
    settings = conf.current()
    layer = RedisPubSubChannelLayer(hosts=[settings.redis_url], prefix=settings.redis_prefix)
    while True:
        try:
            channel = await layer.new_channel("hub.")
            await layer.group_add(GROUP, channel)
            while True:
                message = await layer.receive(channel)
                _take_all(take, message)
        except Exception as error:
            # Only while connecting: once it listens, the layer reconnects by itself and says nothing.
            logger.warning("hub bus away: %s", type(error).__name__)
            await asyncio.sleep(RETRY_S)
            # A fresh start, because the half-made channel would go on collecting.
            await layer.flush()


def _take_all(take: Callable[[Mapping[str, Any]], None], message: Mapping[str, Any]) -> None:
    try:
        for hint in message["hints"]:
            take(hint)
    except Exception:  # Whatever somebody sent us: the log has what is ours.
        logger.exception("hub hints not understood")
