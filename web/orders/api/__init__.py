"""The order over HTTP: booking it, reading it, commanding it, and the worker's side of it."""

from ninja import Router

from web.orders.api import booking, commands, reading, ties, working

router = Router()
for part in (booking, commands, reading, ties, working):
    router.add_router("", part.router)
