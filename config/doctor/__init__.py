"""What `manage.py doctor` looks at: each check says what it found, or what is wrong and the cure."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis.asyncio
from django.conf import settings
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from config import health, secrets
from config.settings import UNSET_REDIS
from config.stack.temporal import SEARCH_ATTRIBUTES
from workflows.messages import BACKGROUND_QUEUE, ORDER_QUEUE

PATIENCE_S = 5.0
MIN_POSTGRES, MIN_REDIS = 15, (6, 2)
MIN_FREE_BYTES = 1 << 30
MAX_CLOCK_SKEW_S = 2.0
RPC_TIMEOUT = timedelta(seconds=3)


class Fault(Exception):
    """Something is wrong: what, and how to cure it. No value of a setting, no personal data."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure


@dataclass(frozen=True)
class Finding:
    name: str
    healthy: bool
    text: str
    cure: str = ""

    def lines(self) -> Iterator[str]:
        yield f"{'✓' if self.healthy else '✗'} {self.name}: {self.text}"
        if self.cure:
            yield f"    cure: {self.cure}"


Check = Callable[[], Awaitable[str]]


async def examine(only: Iterable[str] = ()) -> list[Finding]:
    """Every check, or those named, one after the other, none longer than 5 s."""
    names = list(only) or list(CHECKS)
    return [await _finding(name, CHECKS[name]) for name in names]


async def _finding(name: str, check: Check) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return Finding(name, True, await check())
    except Fault as fault:
        return Finding(name, False, fault.what, fault.cure)
    except TimeoutError:
        return Finding(name, False, f"no answer within {PATIENCE_S:g} s", CURES.get(name, "see the service's log"))
    except Exception as error:
        return Finding(name, False, f"failed ({type(error).__name__})", CURES.get(name, "see the service's log"))


async def configuration() -> str:
    environment = settings.ENVIRONMENT
    if environment.debug and not environment.plain_http:
        raise Fault("DOORBELL_DEBUG is on where HTTPS is served", "unset DOORBELL_DEBUG: it shows code and data")
    if not environment.plain_http and (environment.sms == "sandbox" or environment.payment_sandbox):
        raise Fault("a sandbox is on where HTTPS is served", "unset DOORBELL_SMS and DOORBELL_PAYMENT_SANDBOX")
    return f"{len(environment.model_fields_set)} variables set, all known"


async def secrets_file() -> str:
    home: Path = settings.ENVIRONMENT.home
    try:
        found = secrets.read(home)
    except secrets.SecretsError as error:
        cure = (
            f"restore {home / secrets.FILE_NAME} from the backup (mode 0600); on a first start it is written by itself"
        )
        raise Fault(str(error), cure) from None
    return f"0600, {len(found.jwt_keys)} token keys, {len(found.field_keys)} field keys"


async def database() -> str:
    if settings.ENVIRONMENT.database_url is None:
        raise Fault("DATABASE_URL is not set", CURES["database"])
    version = int((await health.one_query("SHOW server_version_num"))[0][0]) // 10_000
    if version < MIN_POSTGRES:
        raise Fault(f"PostgreSQL {version}", f"upgrade to PostgreSQL {MIN_POSTGRES} or later")
    used, most = (
        await health.one_query(
            "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
            " current_setting('max_connections')::int"
        )
    )[0]
    if used > most * 0.9:
        raise Fault(f"{used} of {most} connections in use", "lower DOORBELL_DATABASE_POOL or raise max_connections")
    return f"PostgreSQL {version}, {used} of {most} connections in use"


async def clock() -> str:
    theirs: datetime = (await health.one_query("SELECT clock_timestamp()"))[0][0]
    skew = abs((theirs - datetime.now(UTC)).total_seconds())
    if skew > MAX_CLOCK_SKEW_S:
        raise Fault(f"the database's clock is {skew:.0f} s away from ours", "run NTP on both machines")
    return f"{skew:.1f} s between here and the database"


async def migrations() -> str:
    try:
        await health.check_migrations()
    except health.NotReady as reason:
        raise Fault(str(reason), "manage.py migrate") from None
    return "all applied"


async def bus() -> str:
    if settings.REDIS_URL == UNSET_REDIS:
        raise Fault("REDIS_URL is not set", CURES["redis"])
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        info: dict[str, Any] = await client.info("server")
    finally:
        await client.aclose()
    version = str(info["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < MIN_REDIS:
        raise Fault(f"Redis {version}", "upgrade to Redis 6.2 or later")
    return f"Redis {version}"


async def temporal() -> str:
    client = await _client()
    namespace = settings.TEMPORAL_NAMESPACE
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace), timeout=RPC_TIMEOUT
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        cure = f"temporal operator namespace create --namespace {namespace}"
        raise Fault(f"there is no namespace {namespace}", cure) from None
    return f"{settings.TEMPORAL_ADDRESS}, namespace {namespace}"


async def search_attributes() -> str:
    client = await _client()
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=settings.TEMPORAL_NAMESPACE), timeout=RPC_TIMEOUT
    )
    missing = [name for name in SEARCH_ATTRIBUTES if name not in answer.custom_attributes]
    if missing:
        commands = " ".join(f"--name {name} --type {SEARCH_ATTRIBUTES[name]}" for name in missing)
        raise Fault("missing: " + ", ".join(missing), f"temporal operator search-attribute create {commands}")
    return ", ".join(SEARCH_ATTRIBUTES)


async def workers() -> str:
    found = {queue: await _pollers(queue) for queue in (ORDER_QUEUE, BACKGROUND_QUEUE)}
    idle = [queue for queue, count in found.items() if count == 0]
    if idle:
        raise Fault("nobody polls " + ", ".join(idle), "start workers: python -m workflows.worker, at least two")
    if found[ORDER_QUEUE] == 1:
        raise Fault("one worker only", "start a second one: a single worker that dies stalls every order")
    return ", ".join(f"{count} on {queue}" for queue, count in found.items())


async def _pollers(queue: str) -> int:
    client = await _client()
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=settings.TEMPORAL_NAMESPACE,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=RPC_TIMEOUT,
    )
    # A poller is listed for five minutes after its last poll; one long poll lasts a minute.
    alive = datetime.now(UTC) - timedelta(seconds=75)
    return len({p.identity for p in answer.pollers if p.last_access_time.ToDatetime(tzinfo=UTC) > alive})


async def disk() -> str:
    home: Path = settings.ENVIRONMENT.home
    if not os.access(home, os.W_OK):
        raise Fault(f"{home} is not writable", f"give it to the user that runs Doorbell: chown … {home}")
    free = shutil.disk_usage(home).free
    if free < MIN_FREE_BYTES:
        raise Fault(f"{free >> 20} MB free on {home}", "free some space: PostgreSQL stops when its disk is full")
    return f"{free >> 30} GB free on {home}"


async def pages() -> str:
    built = settings.BASE_DIR / "web/board/static/board/dist/manifest.json"
    gathered = settings.STATIC_ROOT / "board/dist/manifest.json"
    if not built.exists() and not gathered.exists():
        raise Fault("the board is not built", "make setup, then manage.py collectstatic")
    return "built"


async def _client() -> Client:
    if not settings.TEMPORAL_ADDRESS:
        raise Fault("TEMPORAL_ADDRESS is not set", CURES["temporal"])
    return await health.temporal_client()


CHECKS: dict[str, Check] = {
    "configuration": configuration,
    "secrets": secrets_file,
    "disk": disk,
    "database": database,
    "clock": clock,
    "migrations": migrations,
    "redis": bus,
    "temporal": temporal,
    "search attributes": search_attributes,
    "workers": workers,
    "pages": pages,
}
CURES = {
    "database": "start PostgreSQL and set DATABASE_URL to it; embedded: make demo",
    "clock": "start PostgreSQL and set DATABASE_URL to it",
    "migrations": "start PostgreSQL and set DATABASE_URL to it",
    "redis": "start Redis and set REDIS_URL to it; embedded: make demo",
    "temporal": "start Temporal and set TEMPORAL_ADDRESS to it; embedded: make demo",
    "search attributes": "start Temporal and set TEMPORAL_ADDRESS to it",
    "workers": "start Temporal and set TEMPORAL_ADDRESS to it",
}
