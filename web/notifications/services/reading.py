"""Marking messages as read."""

from collections.abc import Sequence

from django.utils import timezone

import hub
from web.accounts.models import User
from web.notifications import selectors


def mark_seen(*, user: User, order_id: int, kind: str) -> None:
    """He has seen what his messages of a kind about an order tell of: they are read."""
    unread = selectors.visible_to(user).filter(order_id=order_id, kind=kind, read_at=None)
    ids = list(unread.values_list("pk", flat=True))
    if ids:
        mark_read(user=user, ids=ids)


def mark_read(*, user: User, ids: Sequence[int] | None = None, up_to: int | None = None) -> int:
    """Mark these of his messages, or all up to one, as read; how many are unread now. His other devices hear of it."""
    with hub.atomic():
        chosen = selectors.visible_to(user).filter(read_at=None)
        chosen = chosen.filter(pk__in=ids) if ids is not None else chosen.filter(pk__lte=up_to)
        changed = chosen.order_by().update(read_at=timezone.now())
        unread = selectors.unread(user)
        if changed:
            hub.publish(f"{user.role}:{user.pk}", type="message.read", data={"unread": unread})
    return unread
