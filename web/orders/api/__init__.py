"""The order over HTTP: booking it, reading it, commanding it, and the worker's side of it."""

from ninja import Router

from web.orders.api import (
    after_sales,
    booking,
    changing,
    commands,
    conversation,
    endings,
    exceptions,
    past,
    proposing,
    reading,
    refunds,
    rescheduling,
    ties,
    tips,
    working,
)

PARTS = (
    after_sales,
    booking,
    changing,
    commands,
    conversation,
    endings,
    exceptions,
    past,
    proposing,
    reading,
    refunds,
    rescheduling,
    ties,
    tips,
    working,
)

router = Router()
for part in PARTS:
    router.add_router("", part.router)
