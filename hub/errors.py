"""What can go wrong for a caller of the hub, one small exception per meaning; and how one of many may fail alone.

Guarantees that each is a HubError. Not that nothing else is raised: what the database says comes through as it is.
"""

import logging
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")

logger = logging.getLogger(__name__)


class HubError(Exception):
    pass


class NotInAtomic(HubError):
    """publish() was called where no `hub.atomic()` is open, so the event could not commit with its change."""


class UnknownTopic(HubError):
    """No registered pattern matches the topic, or the topic is of the other kind."""


class BadEvent(HubError):
    """The event's data cannot be stored: not plain JSON, contains U+0000, or is too large."""


class TooLarge(BadEvent):
    """The event's data has more than HUB_EVENT_BYTES_MAX."""


class InvalidToken(HubError):
    pass


class ExpiredToken(HubError):
    pass


def attempt(work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Does what concerns one of many; a failure is logged and keeps nothing from the others."""
    try:
        work(*args, **kwargs)
    except Exception:
        logger.exception("hub: one of many failed")
