"""Working out a trial, in a thread of its own: it reads a month of orders."""

from collections.abc import Callable
from functools import partial
from threading import Event

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from temporalio import activity

from web.marketing.services import what_ifs


@activity.defn
async def replay_month(run_id: int) -> None:
    """Find and keep the result of a trial."""
    ended = Event()
    try:
        await _in_a_thread(partial(what_ifs.work_out, run_id=run_id, has_ended=ended.is_set))
    finally:
        # An attempt that was cut off leaves its thread behind: that one looks here after each page.
        ended.set()


@activity.defn
async def give_up(run_id: int) -> None:
    """There will be none."""
    await _in_a_thread(partial(what_ifs.give_up, run_id=run_id))


async def _in_a_thread(work: Callable[[], None]) -> None:
    def alone() -> None:
        try:
            work()
        finally:
            close_old_connections()

    await sync_to_async(alone, thread_sensitive=False)()
