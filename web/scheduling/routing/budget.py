"""How much may be asked of a vendor that is paid for: so many pairs a day of Asia/Shanghai, all processes together."""

import structlog
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import RedisError

from web.times import SHANGHAI

KEPT_S = 2 * 86_400

log = structlog.get_logger(__name__)


def take(vendor: str, pairs: int, *, of: int) -> bool:
    """Whether so many pairs more may be asked today; they are counted then. Not, when nobody can tell."""
    key = f"routing:{vendor}:{timezone.now().astimezone(SHANGHAI):%Y-%m-%d}"
    try:
        cache.add(key, 0, timeout=KEPT_S)
        spent = cache.incr(key, pairs)
    except (RedisError, ValueError) as error:
        log.warning("the router's budget cannot be read", vendor=vendor, error=type(error).__name__)
        return False
    if spent > of:
        cache.decr(key, pairs)
        return False
    return True
