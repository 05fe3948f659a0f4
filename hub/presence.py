"""Who is connected right now, over all processes. Not durable, and nothing to do with being on duty.

Each process keeps one set of its users in Redis with a time to live; somebody whose process died is forgotten when
that runs out. With Redis away nobody seems connected: a caller must treat presence as a hint. All calls block.
"""

import logging
from collections.abc import Iterable, Sequence
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
        # The set of a process that died is gone by itself, whatever this one says.
        processes = cast(list[bytes], client.zrange(_processes_key(), 0, -1))
        pipeline = client.pipeline(transaction=False)
        for process in processes:
            pipeline.smismember(_users_key(process.decode()), wanted)
        answers = pipeline.execute()
    except (redis.RedisError, OSError) as error:
        logger.warning("hub presence unknown: %s", type(error).__name__)
        return set()
    return {user for answer in answers for user, there in zip(wanted, answer, strict=True) if there}


def write(process: str, users: Sequence[str]) -> None:
    """Says who is connected to this process, until the time to live is over."""
    ttl, key, client = conf.current().presence_ttl_s, _users_key(process), hints.client()
    # By the clock of Redis: by ours, a process ahead of the others would have them forgotten.
    now = client.time()[0]
    pipeline = client.pipeline(transaction=True)
    pipeline.delete(key)
    if users:
        pipeline.sadd(key, *users)
        pipeline.expire(key, ttl)
    pipeline.zadd(_processes_key(), {process: now + ttl})
    pipeline.zremrangebyscore(_processes_key(), "-inf", now)
    pipeline.execute()


def forget(process: str) -> None:
    """On a clean end: nobody is connected there any more."""
    pipeline = hints.client().pipeline(transaction=True)
    pipeline.delete(_users_key(process))
    pipeline.zrem(_processes_key(), process)
    pipeline.execute()


def _processes_key() -> str:
    """A sorted set: process → Unix time at which it is forgotten."""
    return f"{conf.current().redis_prefix}:processes"


def _users_key(process: str) -> str:
    """The set of user ids connected to that process."""
    return f"{conf.current().redis_prefix}:users:{process}"
