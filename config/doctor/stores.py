"""What the doctor looks at of PostgreSQL and Redis."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings

from config import health
from config.doctor import actors
from config.doctor.fault import Fault
from config.settings import UNSET_REDIS
from hub import processes

MIN_POSTGRES, MIN_REDIS = 15, (6, 2)
MAX_CLOCK_SKEW_S = 2.0
MOST_IN_USE = 0.9
LEAST_PROCESSES = 3
"""A server and two workers."""

START_DATABASE = "start PostgreSQL and set DATABASE_URL to it; embedded: make demo"
START_REDIS = "start Redis and set REDIS_URL to it; embedded: make demo"


async def database() -> str:
    if settings.ENVIRONMENT.database_url is None:
        raise Fault("database_unset", "DATABASE_URL is not set", START_DATABASE)
    version = int((await health.one_query("SHOW server_version_num"))[0][0]) // 10_000
    if version < MIN_POSTGRES:
        cure = f"upgrade to PostgreSQL {MIN_POSTGRES} or later"
        raise Fault("database_old", f"PostgreSQL {version}", cure)
    return f"PostgreSQL {version}"


async def connections() -> str:
    used, most = (
        await health.one_query(
            "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
            " current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        )
    )[0]
    if used > most * MOST_IN_USE:
        cure = "lower DOORBELL_DATABASE_POOL, or raise PostgreSQL's max_connections"
        raise Fault("connections_used_up", f"{used} of {most} connections in use", cure)
    count = max(LEAST_PROCESSES, await _process_count())
    if (wanted := count * settings.ENVIRONMENT.database_pool) > most:
        cure = f"raise PostgreSQL's max_connections above {wanted}, or lower DOORBELL_DATABASE_POOL"
        what = f"{count} processes may want {wanted} connections, and there are {most}"
        raise Fault("connections_too_few", what, cure)
    return f"{used} of {most} in use, {count} processes may want {wanted}"


async def _process_count() -> int:
    """Workers that poll and processes with sockets, as far as anybody can say. Other checks tell who is away."""
    found = 0
    with contextlib.suppress(Exception):
        found += await actors.poller_count()
    with contextlib.suppress(Exception):
        found += len(await sync_to_async(processes.snapshots)())
    return found


async def clock() -> str:
    theirs: datetime = (await health.one_query("SELECT clock_timestamp()"))[0][0]
    skew = abs((theirs - datetime.now(UTC)).total_seconds())
    if skew > MAX_CLOCK_SKEW_S:
        what = f"the database's clock is {skew:.0f} s away from ours"
        raise Fault("clock_wrong", what, "run NTP on both machines")
    return f"{skew:.1f} s between here and the database"


async def migrations() -> str:
    try:
        await health.check_migrations()
    except health.NotReady as reason:
        raise not_migrated(str(reason)) from None
    return "all applied"


def not_migrated(what: str) -> Fault:
    """Also what other checks stumble over."""
    return Fault("migrations_behind", what, "manage.py migrate")


async def bus() -> str:
    if settings.REDIS_URL == UNSET_REDIS:
        raise Fault("redis_unset", "REDIS_URL is not set", START_REDIS)
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        info: dict[str, Any] = await client.info()
    finally:
        await client.aclose()
    version = str(info["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < MIN_REDIS:
        raise Fault("redis_old", f"Redis {version}", "upgrade to Redis 6.2 or later")
    if info["evicted_keys"]:
        # It carries hints, and may; but among them are who is connected, and how often somebody has tried.
        cure = "raise Redis' maxmemory, or give Doorbell a Redis of its own; CONFIG RESETSTAT begins the count anew"
        raise Fault("redis_full", f"its memory was full, and it threw {info['evicted_keys']} keys away", cure)
    return f"Redis {version}"
