"""Writing messages, bringing them to people, and what people allow and refuse."""

from web.notifications.services.notifying import About, notify

__all__ = ["About", "notify"]
