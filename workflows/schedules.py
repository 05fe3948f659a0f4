"""What is done again and again, one run at a time, in the background's queue."""

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)

from workflows import send, sweep
from workflows.messages import BACKGROUND_QUEUE

SCHEDULED: dict[str, timedelta] = {"sweep": sweep.EVERY, "send": send.EVERY}
"""Workflow type, which is the schedule's id too -> how often."""


async def ensure_schedules(client: Client) -> None:
    """Make those that there are not."""
    for name, every in SCHEDULED.items():
        schedule = Schedule(
            action=ScheduleActionStartWorkflow(name, id=name, task_queue=BACKGROUND_QUEUE),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
        )
        try:
            await client.create_schedule(name, schedule)
        except ScheduleAlreadyRunningError:
            continue
