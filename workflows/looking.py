"""Looking at an order's actor, for people: what Temporal knows of it, without a payload."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from workflows.client import AWAY, connect
from workflows.messages import order_workflow_id

if TYPE_CHECKING:
    from collections.abc import Iterable

PATIENCE_S = 3.0
NAMES = {
    "RUNNING": "运行中",
    "COMPLETED": "已结束",
    "FAILED": "已失败",
    "CANCELED": "已撤销",
    "TERMINATED": "被终止",
    "CONTINUED_AS_NEW": "已续接",
    "TIMED_OUT": "已超时",
}


@dataclass(frozen=True)
class Pending:
    """An activity that is being tried: its type, the attempt, what the last failure was called."""

    name: str
    attempt: int
    failure: str


@dataclass(frozen=True)
class Actor:
    """status: in Chinese; none for no actor, away while Temporal does not answer. details: its own lines, Markdown."""

    workflow_id: str
    status: str
    run_id: str = ""
    started_at: datetime | None = None
    closed_at: datetime | None = None
    events: int = 0
    details: str = ""
    pending: Iterable[Pending] = field(default_factory=list)


def described(order_id: int) -> Actor:
    """The actor of an order as it is now; never raises, takes three seconds at most."""
    return async_to_sync(_described)(order_id)


async def _described(order_id: int) -> Actor:
    workflow_id = order_workflow_id(order_id)
    try:
        async with asyncio.timeout(PATIENCE_S):
            client = await connect()
            handle = client.get_workflow_handle(workflow_id)
            found = await handle.describe()
    except RPCError as error:
        gone = error.status is RPCStatusCode.NOT_FOUND
        return Actor(workflow_id, "没有工作流" if gone else "暂时无法连接 Temporal")
    except AWAY:
        return Actor(workflow_id, "暂时无法连接 Temporal")
    raw = found.raw_description
    details = await _said(handle) if found.status is WorkflowExecutionStatus.RUNNING else ""
    return Actor(
        workflow_id,
        NAMES.get(found.status.name if found.status else "", ""),
        run_id=found.run_id,
        started_at=found.start_time,
        closed_at=found.close_time,
        events=found.history_length,
        details=details,
        pending=[
            Pending(one.activity_type.name, one.attempt, one.last_failure.message) for one in raw.pending_activities
        ],
    )


async def _said(handle: WorkflowHandle[Any, Any]) -> str:
    """What the actor says of itself: a worker has to answer, so it may be away."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            metadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    except (*AWAY, WorkflowQueryFailedError):
        return ""
    return str(metadata.current_details)
