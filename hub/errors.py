"""What can go wrong for a caller of the hub, one small exception per meaning; `code` is stable."""


class HubError(Exception):
    code = "hub_error"


class NotInAtomic(HubError):
    """publish() was called where no `hub.atomic()` is open, so the event could not commit with its change."""

    code = "not_in_atomic"


class AlreadyFlushed(HubError):
    """A second flush in one transaction: two sorted lock rounds deadlock where one does not."""

    code = "already_flushed"


class UnknownTopic(HubError):
    """No registered pattern matches the topic, or the topic is of the other kind."""

    code = "unknown_topic"


class BadEvent(HubError):
    """The event's data cannot be stored: not plain JSON, contains U+0000, or is too large."""

    code = "bad_event"


class InvalidToken(HubError):
    code = "invalid_token"


class ExpiredToken(HubError):
    code = "expired_token"
