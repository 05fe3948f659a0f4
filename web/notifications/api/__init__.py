"""The message centre over HTTP."""

from ninja import Router

from web.notifications.api import reading

router = Router()
for part in (reading,):
    router.add_router("", part.router)
