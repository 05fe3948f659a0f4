"""What the doctor looks at of Temporal, and of the processes that serve and work."""

from datetime import UTC, datetime, timedelta

from asgiref.sync import sync_to_async
from django.conf import settings
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from config import health
from config.doctor.fault import Fault
from config.stack.temporal import SEARCH_ATTRIBUTES
from hub import processes
from workflows.messages import BACKGROUND_QUEUE, ORDER_QUEUE, REPORT_QUEUE

QUEUES = (ORDER_QUEUE, BACKGROUND_QUEUE, REPORT_QUEUE)
RPC_TIMEOUT = timedelta(seconds=3)
START_TEMPORAL = "start Temporal and set TEMPORAL_ADDRESS to it; embedded: make demo"
MIN_RETENTION = timedelta(days=1)
"""So long an ended actor must be found, or what is told to it late would begin another one of its name."""


async def temporal() -> str:
    client = await _client()
    namespace = settings.TEMPORAL_NAMESPACE
    try:
        found = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace), timeout=RPC_TIMEOUT
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        cure = f"temporal operator namespace create --retention 72h --namespace {namespace}"
        raise Fault("namespace_missing", f"there is no namespace {namespace}", cure) from None
    kept = found.config.workflow_execution_retention_ttl.ToTimedelta()
    if kept < MIN_RETENTION:
        cure = f"temporal operator namespace update --retention 72h --namespace {namespace}"
        raise Fault("retention_short", f"what ended is kept for {kept} only", cure)
    return f"{settings.TEMPORAL_ADDRESS}, namespace {namespace}, what ended is kept for {kept.days} days"


async def search_attributes() -> str:
    client = await _client()
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=settings.TEMPORAL_NAMESPACE), timeout=RPC_TIMEOUT
    )
    missing = [name for name in SEARCH_ATTRIBUTES if name not in answer.custom_attributes]
    if missing:
        commands = " ".join(f"--name {name} --type {SEARCH_ATTRIBUTES[name]}" for name in missing)
        cure = f"temporal operator search-attribute create {commands}"
        raise Fault("search_attributes_missing", "missing: " + ", ".join(missing), cure)
    return ", ".join(SEARCH_ATTRIBUTES)


async def workers() -> str:
    found = {queue: len(await _pollers(queue)) for queue in QUEUES}
    idle = [queue for queue, count in found.items() if count == 0]
    if idle:
        cure = "start workers: python -m workflows.worker, at least two"
        raise Fault("no_worker", "nobody polls " + ", ".join(idle), cure)
    if found[ORDER_QUEUE] == 1:
        cure = "start a second one: a single worker that dies stalls every order"
        raise Fault("one_worker", "one worker only", cure)
    return ", ".join(f"{count} on {queue}" for queue, count in found.items())


async def poller_count() -> int:
    """How many worker processes there are. Raises while Temporal is away."""
    return len(set[str]().union(*[await _pollers(queue) for queue in QUEUES]))


async def _pollers(queue: str) -> set[str]:
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
    return {p.identity for p in answer.pollers if p.last_access_time.ToDatetime(tzinfo=UTC) > alive}


async def servers() -> str:
    found = await sync_to_async(processes.snapshots)()
    if not found:
        cure = "start one: python -m config.serve; is REDIS_URL the same for all?"
        raise Fault("no_server", "no process with sockets tells of itself", cure)
    deaf = [node.process for node in found if node.silent_s > MAX_SILENCE_S]
    if deaf:
        cure = "see its log; PostgreSQL's pg_stat_activity for locks and a full max_connections"
        raise Fault("server_deaf", "has not read the hub's log: " + ", ".join(deaf), cure)
    return f"{len(found)} with {sum(node.connections for node in found)} sockets"


MAX_SILENCE_S = 10.0


async def _client() -> Client:
    if not settings.TEMPORAL_ADDRESS:
        raise Fault("temporal_unset", "TEMPORAL_ADDRESS is not set", START_TEMPORAL)
    return await health.temporal_client()
