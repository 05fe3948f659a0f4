"""Every setting of the hub, typed, with its default. In Django's settings each is `HUB_` + the name in capitals.

Guarantees that a misspelt HUB_ setting stops the start; not that a value makes sense. Reading them opens nothing.
"""

from dataclasses import dataclass, fields
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, kw_only=True)
class HubSettings:
    # HS256 keys of connection and subscription tokens, newest first: the first signs, all verify.
    keys: tuple[str, ...] = ()
    # `aud` of tokens. With None, tokens made by others need neither `aud` nor `exp`, nor `sub` (anonymous).
    token_audience: str | None = "hub"  # noqa: S105
    # Life of an issued token; up to a quarter more is added at random, so that refreshes spread.
    token_lifetime_s: int = 3600
    # For so long a connection or subscription whose token ran out may still bring a new one.
    expired_grace_s: float = 25.0
    # Whether a connection without a token, or of a token without a user, is let in (as user "").
    allow_anonymous: bool = False
    # Values of the Origin header that may connect; None: any (the token travels in a message, never in a cookie).
    allowed_origins: tuple[str, ...] | None = None
    # CloudEvents `source` of every event.
    source: str = "/hub"
    # What an operator is told that a process runs.
    version: str = ""
    # redis:// or unix:// address of the bus and of presence, and the prefix of all its names.
    redis_url: str = "redis://127.0.0.1:6379/0"
    redis_prefix: str = "hub"
    # Largest `data` of an event, and largest event that travels inside its hint, in bytes.
    event_bytes_max: int = 65536
    hint_bytes_max: int = 8192
    # Events, and bytes of them, that one recovery may bring; who missed more starts from a snapshot. So many events are
    # also the most that one page of history has.
    recovery_limit: int = 300
    recovery_bytes: int = 128 * 1024
    # How long the newest values of latest-value topics are kept for who comes back; 0: not at all.
    latest_ttl_s: int = 300
    # Period of the comparison of heads: the longest that a lost hint delays its event.
    head_check_s: float = 1.0
    # Frames of the same topic within this time are joined into one write per socket.
    join_ms: float = 4.0
    # Bytes of a socket that the kernel may hold (more would be stale before it is read), and bytes that may wait here
    # when the server's transport is full as well.
    window_bytes: int = 256 * 1024
    queue_bytes: int = 1024 * 1024
    # Protocol ping, and how long its pong may take once everything before it has come through.
    ping_interval_s: float = 25.0
    pong_timeout_s: float = 8.0
    # Time until the first message must bring `connect`.
    connect_timeout_s: float = 10.0
    # Threads for what applications register: so many for `may_read`, and as many for rpc methods and `may_publish`.
    app_threads: int = 4
    # Calls of rpc methods, and publications of clients, that may run or wait in the process; above it they are refused.
    rpc_waiting_max: int = 64
    # Limits of one connection.
    frame_bytes_max: int = 65536
    commands_max: int = 1024
    subscriptions_max: int = 256
    # Connections of one user to the process; 0: any number.
    user_connections_max: int = 0
    # Clients that `presence` lists; of a topic that has more, only `presence_stats` can be had.
    members_max: int = 2000
    # On SIGTERM the sockets are closed within this time, in random batches.
    drain_s: float = 3.0
    # A process' presence is forgotten this long after its last sign of life.
    presence_ttl_s: int = 30
    # Whoever sends it as bearer token may read the metrics; with none, nobody.
    metrics_token: str = ""


@cache
def current() -> HubSettings:
    """The settings of this process; ImproperlyConfigured names a HUB_ setting that does not exist."""
    known = {f"HUB_{field.name.upper()}": field.name for field in fields(HubSettings)}
    unknown = sorted(name for name in dir(settings) if name.startswith("HUB_") and name not in known)
    if unknown:
        raise ImproperlyConfigured(f"Unknown hub settings: {', '.join(unknown)}")
    if isinstance(getattr(settings, "HUB_KEYS", ()), str):
        # Its letters would be the keys.
        raise ImproperlyConfigured("HUB_KEYS is a list of keys, not a text")
    return HubSettings(**{field: getattr(settings, name) for name, field in known.items() if hasattr(settings, name)})
