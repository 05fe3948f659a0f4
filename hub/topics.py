"""The registry of topics: which names exist, of which kind they are, and who may read them.

Applications register patterns, usually in `AppConfig.ready()`. Guarantees that they are asked at every subscribe, at
every recovery and after a revocation, with nothing cached, and that a name has one meaning: that of the first pattern
it matches. Not that who loses access is noticed by itself: hub/revoke.py is told.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hub.errors import UnknownTopic


class Kind(Enum):
    # Durable, numbered, recoverable: every event arrives, in order, once.
    ORDERED = "ordered"
    # Only the newest value of each key counts; older ones may be skipped.
    LATEST = "latest"


ORDERED = Kind.ORDERED
LATEST = Kind.LATEST

NAME_LENGTH_MAX = 255
# The hub's own rows of the log, log.py says what for: no pattern, however wide, lets a client at them.
RESERVED = ("$revocations", "$log")
# As re.escape() leaves it.
_PLACEHOLDER = re.compile(r"\\\{(\w+)(?::(str|int|rest))?\\\}")
# No leading zeros and ASCII digits only: one thing must not be readable under two names.
_CONVERTERS = {"str": r"[^:]+", "int": r"0|[1-9][0-9]{0,17}", "rest": r".+"}


@dataclass(frozen=True)
class TopicPattern:
    """What register() was given, and `regex`, whose groups are the placeholders."""

    regex: re.Pattern[str]
    integers: frozenset[str]
    kind: Kind
    may_read: Callable[..., bool]
    may_publish: Callable[..., bool] | None
    history: bool
    presence: bool
    join_leave: bool
    keep_s: float | None
    keep_events: int | None


@dataclass(frozen=True)
class TopicMatch:
    """The pattern that a name belongs to, and what its placeholders stand for in it."""

    pattern: TopicPattern
    captured: dict[str, Any]

    @property
    def kind(self) -> Kind:
        return self.pattern.kind

    def may_read(self, identity: object) -> bool:
        """Asks the application; runs in the caller's thread and may read the database."""
        return bool(self.pattern.may_read(identity, **self.captured))

    def may_publish(self, identity: object) -> bool:
        """Asks the application, as may_read does; no where it registered nothing to ask."""
        ask = self.pattern.may_publish
        return ask is not None and bool(ask(identity, **self.captured))


# By their text, in the order of their first registration.
_patterns: dict[str, TopicPattern] = {}


def register(
    *,
    pattern: str,
    kind: Kind,
    may_read: Callable[..., bool],
    may_publish: Callable[..., bool] | None = None,
    history: bool = False,
    presence: bool = False,
    join_leave: bool = False,
    keep_s: float | None = None,
    keep_events: int | None = None,
) -> None:
    """Declares the topics whose name matches `pattern`.

    Placeholders: `{id}` is text without a colon, `{id:int}` a number without leading zeros (given to `may_read` as
    int), `{name:rest}` anything. `may_read(identity, **placeholders)` is synchronous, runs in a thread and answers
    whether that person may read the topic now; `may_publish`, likewise, whether a client may publish to it (without it
    none may). Subscribers may ask for its `history` and who is subscribed (`presence`), and are told who comes and goes
    (`join_leave`), where these say so. The log keeps each topic's newest `keep_events`, and none longer than `keep_s`
    seconds; without them it keeps everything (retention.py). Registering the same pattern again replaces it; where
    several match, the one registered first counts.
    """
    regex = _PLACEHOLDER.sub(lambda found: f"(?P<{found[1]}>{_CONVERTERS[found[2] or 'str']})", re.escape(pattern))
    integers = frozenset(name for name, converter in _PLACEHOLDER.findall(re.escape(pattern)) if converter == "int")
    _patterns[pattern] = TopicPattern(
        re.compile(regex), integers, kind, may_read, may_publish, history, presence, join_leave, keep_s, keep_events
    )


def find(name: str) -> TopicMatch | None:
    """The registered pattern that `name` belongs to, or None; the hub's own topics belong to none."""
    # isprintable() keeps out control characters and lone surrogates, which PostgreSQL cannot store.
    if not 0 < len(name) <= NAME_LENGTH_MAX or not name.isprintable() or name in RESERVED:
        return None
    for pattern in _patterns.values():
        if (found := pattern.regex.fullmatch(name)) is not None:
            texts = found.groupdict().items()
            return TopicMatch(pattern, {key: int(text) if key in pattern.integers else text for key, text in texts})
    return None


def require(name: str, kind: Kind) -> None:
    """Raises UnknownTopic unless `name` is registered with that kind."""
    found = find(name)
    if found is None or found.kind is not kind:
        raise UnknownTopic(f"No pattern of the kind {kind.value} is registered for {name!r}")
