"""The message centre over HTTP."""

from ninja import Router

from web.notifications.api import reading, wishes

router = Router()
for part in (reading, wishes):
    router.add_router("", part.router)
