"""Rate limits: counted in Redis by one Lua script each, so exact over all processes.

Not a django-ninja throttle: these run outside its error handling, and before the body is read that names the phone.
"""

import ipaddress
import time
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.storage import RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter

from web.errors import DoorbellError


class RateLimit:
    """So many uses per key and time. `scope` keeps the keys of one limit apart from another's."""

    def __init__(self, scope: str, *rates: str) -> None:
        """rates: "5/10 minutes" and the like; each must hold."""
        self.scope = scope
        self.items: list[RateLimitItem] = [parse(rate) for rate in rates]

    def spend(self, key: str) -> None:
        """Counts one use. Raises DoorbellError `rate_limited` with the seconds until the next is possible."""
        limiter = _limiter()
        for item in self.items:
            if not limiter.hit(item, "rate", self.scope, key):
                reset = limiter.get_window_stats(item, "rate", self.scope, key).reset_time
                raise DoorbellError("rate_limited", details={"retry_after_s": max(1, round(reset - time.time()))})

    def forget(self, key: str) -> None:
        """Starts the key's count anew: whoever proved to be himself was not guessing."""
        for item in self.items:
            _limiter().clear(item, "rate", self.scope, key)


def client_address(request: HttpRequest) -> str:
    """Who asks, as far as the network tells: an IPv4 address, or the /64 that one IPv6 customer commands.

    X-Forwarded-For counts only behind a proxy of ours, and then only its last entry: the rest is the client's claim.
    """
    address = request.META.get("REMOTE_ADDR") or "local"
    if settings.ENVIRONMENT.proxied:
        address = request.headers.get("X-Forwarded-For", address).rsplit(",", 1)[-1].strip()
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(_storage(_storage_url()))


def _storage_url() -> str:
    url: str = settings.REDIS_URL
    return f"redis+{url}" if url.startswith("unix:") else url


@lru_cache(maxsize=4)
def _storage(url: str) -> Storage:
    return RedisStorage(url, socket_timeout=1, socket_connect_timeout=1)
