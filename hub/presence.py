"""Who is connected right now, over all processes. Not durable, and nothing to do with being on duty.

Each process keeps one set of its users in Redis with a time to live; somebody whose process died is forgotten when
that runs out. With Redis away nobody seems connected: a caller must treat presence as a hint.
"""

import logging
import time
from collections.abc import Iterable
from typing import cast

import redis

from hub import conf, hints

logger = logging.getLogger(__name__)


def connected(user_ids: Iterable[int | str]) -> set[str]:
    """Those of the users who have a socket open anywhere, as strings; empty while Redis is away."""
    wanted = [str(user_id) for user_id in user_ids]
    if not wanted:
        return set()
    try:
        client = hints.client()
        since = time.time() - conf.current().presence_ttl_s
        processes = cast(list[bytes], client.zrangebyscore(processes_key(), since, "+inf"))
        pipeline = client.pipeline(transaction=False)
        for process in processes:
            pipeline.smismember(users_key(process.decode()), wanted)
        answers = pipeline.execute()
    except (redis.RedisError, OSError) as error:
        logger.warning("hub presence unknown: %s", type(error).__name__)
        return set()
    return {user for answer in answers for user, there in zip(wanted, answer, strict=True) if there}


def processes_key() -> str:
    """A sorted set: process → Unix time of its last sign of life."""
    return f"{conf.current().redis_prefix}:processes"


def users_key(process: str) -> str:
    """The set of user ids connected to that process."""
    return f"{conf.current().redis_prefix}:users:{process}"
