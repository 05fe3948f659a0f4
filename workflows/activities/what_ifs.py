"""Working out a trial, in a thread of its own: it reads a month of orders."""

from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from temporalio import activity

from web.marketing.services import what_ifs


@activity.defn
async def replay_month(run_id: int) -> None:
    """Find and keep the result of a trial."""
    await sync_to_async(_alone, thread_sensitive=False)(what_ifs.work_out, run_id)


@activity.defn
async def give_up(run_id: int) -> None:
    """There will be none."""
    await sync_to_async(_alone, thread_sensitive=False)(what_ifs.give_up, run_id)


def _alone(work: Callable[..., None], run_id: int) -> None:
    try:
        work(run_id=run_id)
    finally:
        close_old_connections()
