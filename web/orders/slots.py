"""The order's side of scheduling: which time it needs, and keeping it for a worker."""

from datetime import datetime, timedelta

from web.orders import selectors
from web.orders.models import Order
from web.scheduling import selectors as scheduling_selectors
from web.scheduling import services as scheduling
from web.scheduling.fit import Job
from web.scheduling.routing import Place
from web.workforce import selectors as workforce


def job_of(order: Order) -> Job:
    """The time an order needs, with the buffer its policies give it."""
    return Job(
        starts_at=order.starts_at,
        ends_at=order.starts_at + timedelta(seconds=order.duration_s),
        buffer_s=selectors.policies_of(order).booking.buffer_s,
        place=Place(order.lng, order.lat),
    )


def keep_slot(order: Order, *, worker_id: int, job: Job, held_until: datetime | None = None) -> None:
    """Keep the order's time for this worker, taking it from whoever held it. Raises DoorbellError slot_taken."""
    holder = scheduling_selectors.holder_of(order.pk)
    if holder == worker_id:
        return
    scheduling.lock_workers([worker_id, holder] if holder else [worker_id])
    _release(order, holder)
    scheduling.reserve(
        order_id=order.pk,
        worker_id=worker_id,
        home=Place(*workforce.home_of(worker_id)),
        job=job,
        travel=selectors.policies_of(order).travel,
        held_until=held_until,
    )


def release_slot(order: Order) -> None:
    """Free the order's time, if any is kept."""
    holder = scheduling_selectors.holder_of(order.pk)
    if holder:
        scheduling.lock_workers([holder])
        _release(order, holder)


def _release(order: Order, holder: int | None) -> None:
    if holder:
        homes = {holder: Place(*workforce.home_of(holder))}
        scheduling.release(order_id=order.pk, homes=homes, travel=selectors.policies_of(order).travel)
