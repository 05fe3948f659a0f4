"""Who is connected right now, and to what subscribed, over all processes. Not durable, and no word on being on duty.

Each process keeps in Redis one hash of its users, and one of the clients of each topic that asks for it, with a time to
live. Guarantees that somebody whose process died is forgotten when that runs out; nothing more: with Redis away nobody
seems connected, and a caller must treat presence as a hint. All calls block.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import redis

from hub import conf, hints

logger = logging.getLogger(__name__)

# Stands where a topic does: its members are not clients but the users of a process.
USERS = ""


def connected(user_ids: Iterable[int | str]) -> set[str]:
    """Those of the users who have a socket open anywhere, as strings; empty while nobody knows."""
    return connected_if_known(user_ids) or set()


def connected_if_known(user_ids: Iterable[int | str]) -> set[str] | None:
    """As connected(), and None while nobody knows: Redis is away, or is back and no process has told it yet."""
    wanted = [str(user_id) for user_id in user_ids]
    if not wanted:
        return set()
    try:
        processes = _processes()
        pipeline = hints.client().pipeline(transaction=False)
        for process in processes:
            pipeline.hmget(_key(process, USERS), wanted)
        answers = pipeline.execute()
    except (redis.RedisError, OSError) as error:
        logger.warning("hub presence unknown: %s", type(error).__name__)
        return None
    there = {user for answer in answers for user, since in zip(wanted, answer, strict=True) if since is not None}
    return there if processes else None


def subscribed(topics: Sequence[str], *, without: str) -> list[dict[str, bytes]]:
    """Of each topic: client id → what is public of it, encoded, at all processes but one. Raises with Redis away."""
    others = [process for process in _processes() if process != without]
    pipeline = hints.client().pipeline(transaction=False)
    for topic in topics:
        for process in others:
            pipeline.hgetall(_key(process, topic))
    answers = iter(pipeline.execute())
    return [{client.decode(): info for _ in others for client, info in next(answers).items()} for _ in topics]


def write(process: str, members: Mapping[str, Mapping[str, bytes]]) -> None:
    """Says who is subscribed to these topics at this process, as subscribed() tells it, and of USERS who is connected.

    It holds until the time to live is over; of topics that are not named, what was said before does.
    """
    ttl, processes, client = conf.current().presence_ttl_s, _processes_key(), hints.client()
    # By the clock of Redis: by ours, a process ahead of the others would have them forgotten.
    now = client.time()[0]
    pipeline = client.pipeline(transaction=True)
    for topic, infos in members.items():
        pipeline.delete(key := _key(process, topic))
        if infos:
            pipeline.hset(key, mapping=cast(Any, infos))
            pipeline.expire(key, ttl)
    pipeline.zadd(processes, {process: now + ttl})
    pipeline.zremrangebyscore(processes, "-inf", now)
    pipeline.execute()


def _processes() -> list[str]:
    """Also such as died a moment ago: what they said is gone by itself."""
    return [process.decode() for process in cast(list[bytes], hints.client().zrange(_processes_key(), 0, -1))]


def _processes_key() -> str:
    """A sorted set: process → Unix time at which it is forgotten."""
    return f"{conf.current().redis_prefix}:processes"


def _key(process: str, topic: str) -> str:
    """A hash: id of a client subscribed at that process → what is public of it; of USERS id of a user → nothing."""
    return f"{conf.current().redis_prefix}:members:{process}:{topic}"
