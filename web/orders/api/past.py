"""Time travel: an order as it was at a minute of its life."""

from datetime import datetime, timedelta

from django.utils import timezone
from ninja import Query, Router

from web.accounts.auth import SIGNED_IN, SignedRequest
from web.openapi import refusals
from web.orders.api.booking import visible_order
from web.orders.details import detail_at
from web.orders.schemas import OrderAt
from web.schemas import Id, Instant

router = Router(auth=SIGNED_IN)

WIRE_TICK = timedelta(milliseconds=1)
"""Times go out in milliseconds: whoever asks for an event's own time means the whole of it."""


@router.get("/orders/{order_id}/at", response=OrderAt, openapi_extra=refusals("not_found", "not_recorded"))
def get_order_at(request: SignedRequest, order_id: Id, time: Query[Instant]) -> OrderAt:
    """The order as it was at `time`, rebuilt from its timeline; a time that is still to come is now."""
    return detail_at(visible_order(request.auth, order_id), at=_moment(time), actor=request.auth)


def _moment(time: datetime) -> datetime:
    # The last moment that there is has no millisecond after it.
    time = min(time, now := timezone.now())
    tick = time.replace(microsecond=time.microsecond // 1000 * 1000)
    return min(tick + WIRE_TICK - timedelta.resolution, now)
