"""Marketing over HTTP: what is on offer, and what one has of it."""

from ninja import Router

from web.marketing.api import coupons

router = Router()
for part in (coupons,):
    router.add_router("", part.router)
