"""The order over HTTP: booking it, reading it, commanding it, and the worker's side of it."""

from importlib import import_module

from ninja import Router

PARTS = (
    *("after_sales", "booking", "changing", "commands", "compensations", "conversation", "endings", "exceptions"),
    *("past", "proposing", "reading", "refunds", "rescheduling", "ties", "tips", "working"),
)

router = Router()
for name in PARTS:
    router.add_router("", import_module(f"web.orders.api.{name}").router)
