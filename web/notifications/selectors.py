"""Reading messages, consents and the switchboard."""

from django.db.models import QuerySet

from web.accounts.models import User
from web.notifications.models import Consent, Message


def visible_to(actor: User) -> QuerySet[Message]:
    """One's own, newest first: a message is for one person, and staff read the order instead."""
    return Message.objects.filter(user=actor).order_by("-pk")


def unread(actor: User) -> int:
    """The number on the badge."""
    return Message.objects.filter(user=actor, read_at=None).count()


def sends_left(*, user_id: int, template: str) -> int:
    """How many subscription messages of this template WeChat still lets us send him: one per consent."""
    return Consent.objects.filter(user_id=user_id, template=template, used_at=None).count()
