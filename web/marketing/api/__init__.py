"""Marketing over HTTP: what is on offer, and what one has of it."""

from ninja import Router

from web.marketing.api import coupons, gifts, points

router = Router()
for part in (coupons, points, gifts):
    router.add_router("", part.router)
