"""Old messages are let go, their deliveries with them, and what providers said of those."""

from datetime import datetime

import hub
from web.notifications.models import Consent, Message, Receipt

PRUNED_AT_ONCE = 1000


def prune_messages(*, before: datetime) -> int:
    """Delete messages, spent consents and receipts from before then, PRUNED_AT_ONCE of each at most; how many of the
    longest list. A message that nobody has decided on yet stays: it is the outbox.
    """
    with hub.atomic():
        old = (
            Message.objects.filter(created_at__lt=before).exclude(planned_at=None),
            Consent.objects.filter(used_at__lt=before),
            Receipt.objects.filter(at__lt=before),
        )
        lists = [(rows.model, list(rows.order_by("pk").values_list("pk", flat=True)[:PRUNED_AT_ONCE])) for rows in old]
        for model, ids in lists:
            model._default_manager.filter(pk__in=ids).delete()
    return max(len(ids) for _, ids in lists)
