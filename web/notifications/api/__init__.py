"""The message centre over HTTP."""

from ninja import Router

from web.notifications.api import pushes, reading, wishes

router = Router()
for part in (reading, wishes, pushes):
    router.add_router("", part.router)
