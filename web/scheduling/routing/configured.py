"""The vendors that this deployment has: Tencent before Valhalla, so that the dearer and better one is asked first."""

from functools import cache, partial

from django.conf import settings

from web.scheduling.routing import budget
from web.scheduling.routing.tencent import Tencent
from web.scheduling.routing.valhalla import Valhalla
from web.scheduling.routing.vendors import Asked


def vendors() -> tuple[Asked, ...]:
    """Whom to ask, in this order; none where only the estimate is to be used."""
    return _vendors(
        settings.TENCENT_MAP_KEY,
        settings.TENCENT_MAP_SK,
        settings.TENCENT_MAP_API,
        settings.VALHALLA_API,
        settings.ROUTING_TIMEOUT_MS,
        settings.ROUTING_DAILY_PAIRS,
    )


@cache
def _vendors(key: str, sk: str, tencent: str, valhalla: str, timeout_ms: int, daily: int) -> tuple[Asked, ...]:
    # Kept, because one that failed has to be remembered.
    found, timeout_s = [], timeout_ms / 1000
    if key:
        paid_for = partial(budget.take, Tencent.name, of=daily)
        found.append(Asked(Tencent(api=tencent, key=key, sk=sk, timeout_s=timeout_s), paid_for))
    if valhalla:
        found.append(Asked(Valhalla(api=valhalla, timeout_s=timeout_s)))
    return tuple(found)
