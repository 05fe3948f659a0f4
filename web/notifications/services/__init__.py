"""Writing messages, bringing them to people, and what people allow and refuse."""

from web.notifications.services.notifying import About, notify
from web.notifications.services.reading import mark_read

__all__ = ["About", "mark_read", "notify"]
