"""The order's side of scheduling: which time it needs, and keeping it for a worker."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import hub
from web.errors import DoorbellError
from web.orders import selectors
from web.orders.models import Order
from web.scheduling import selectors as scheduling_selectors
from web.scheduling import services as scheduling
from web.scheduling.fit import Job
from web.scheduling.routing import Place
from web.workforce import selectors as workforce

HOLD_TRIES = 3
"""So many of the best are tried when others are booking the same minute."""


def job_of(order: Order) -> Job:
    """The time an order needs, with the buffer its policies give it."""
    return Job.lasting(
        order.duration_s,
        starts_at=order.starts_at,
        buffer_s=selectors.policies_of(order).booking.buffer_s,
        place=Place(order.lng, order.lat),
    )


def keep_slot(order: Order, *, worker_id: int) -> None:
    """Keep the order's time for this worker, taking it from whoever held it. Raises DoorbellError slot_taken."""
    if scheduling_selectors.holder_of(order.pk) != worker_id:
        move_slot(order, worker_id=worker_id)


def move_slot(order: Order, *, worker_id: int) -> None:
    """As `keep_slot`, for an order whose time or place is not the one that is kept: also from himself to himself.

    Raises DoorbellError slot_taken; the caller's savepoint then brings the old time back.
    """
    holder = scheduling_selectors.holder_of(order.pk)
    # Both at once and in the order of their ids: two orders that swap their workers must not wait for each other.
    scheduling.lock_workers([worker_id, holder] if holder else [worker_id])
    _release(order, holder)
    home, caps = workforce.home_and_caps_of(worker_id, at=order.starts_at)
    scheduling.reserve(
        order_id=order.pk,
        worker_id=worker_id,
        home=Place(*home),
        job=job_of(order),
        travel=selectors.policies_of(order).travel,
        caps=caps,
    )


def hold_best(order: Order, worker_ids: Iterable[int], *, keep: Callable[..., Any] = keep_slot) -> bool:
    """Keep the order's time for the first of these workers who still has it, instead of whoever held it.

    keep: `keep_slot`, or `move_slot`. False where none has: then whoever held it still does.
    """
    for worker_id in list(worker_ids)[:HOLD_TRIES]:
        try:
            with hub.atomic():
                keep(order, worker_id=worker_id)
        except DoorbellError:
            continue
        return True
    return False


def release_slot(order: Order) -> None:
    """Free the order's time, if any is kept."""
    holder = scheduling_selectors.holder_of(order.pk)
    if holder:
        scheduling.lock_workers([holder])
        _release(order, holder)


def lengthen_slot(order: Order, *, by_s: float) -> None:
    """Keep the time of the worker who has the order for so much longer than the order says (0: no longer than that).

    Raises DoorbellError slot_taken where his next job would be hit. Where no time is kept any more, or another than the
    order's (it has just been moved), nothing is done.
    """
    holder, job = scheduling_selectors.holder_of(order.pk), job_of(order)
    if holder:
        scheduling.lock_workers([holder])
        ends_at = job.ends_at + timedelta(seconds=by_s)
        scheduling.end_at(order_id=order.pk, starts_at=job.starts_at, ends_at=ends_at)


def _release(order: Order, holder: int | None) -> None:
    if holder:
        scheduling.release(order_id=order.pk, home_of=_home_of, travel=selectors.policies_of(order).travel)


def _home_of(worker_id: int, at: datetime) -> Place:
    return Place(*workforce.home_and_caps_of(worker_id, at=at)[0])
