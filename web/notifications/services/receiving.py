"""What providers say afterwards: their receipts, kept as they come and brought to the deliveries by the next round.

A receipt may come before the answer to the send that it is of has been written, twice, or never: so it is a row first.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

import hub
from web.notifications.channels import Report
from web.notifications.channels.wechat import NO_CONSENT
from web.notifications.kinds import KINDS, Channel
from web.notifications.models import Delivery, Receipt
from web.notifications.services.consenting import void_consents
from web.notifications.services.delivering import close

AT_ONCE = 200
WAIT = timedelta(minutes=10)
"""So long a receipt waits for the delivery that it is of; then there is none."""

SETTLED = (Delivery.SENT, Delivery.UNKNOWN)
"""A delivery in these states can still hear what became of it; nothing goes back from what is certain."""


def keep_receipts(*, channel: Channel, reports: Sequence[Report]) -> None:
    """Keep them; the same number again changes nothing."""
    rows = [Receipt(channel=channel, **vars(report)) for report in reports]
    with hub.atomic():
        Receipt.objects.bulk_create(rows, ignore_conflicts=True)


def settle_receipts() -> int:
    """Bring the oldest that wait to their deliveries; how many found one."""
    waiting = Receipt.objects.filter(done_at=None).order_by("pk").values_list("pk", flat=True)
    return sum(_settle(receipt_id) for receipt_id in waiting[:AT_ONCE])


def _settle(receipt_id: int) -> bool:
    now = timezone.now()
    with hub.atomic():
        receipt = Receipt.objects.select_for_update(skip_locked=True).filter(pk=receipt_id, done_at=None).first()
        if receipt is None:
            return False
        # Asked first: what has been written by then, the next statement finds by its number.
        may_come = _may_come(receipt)
        delivery = _delivery_of(receipt)
        sending = delivery is not None and delivery.state == Delivery.SENDING
        if (sending or (delivery is None and may_come)) and now - receipt.at < WAIT:
            return False
        Receipt.objects.filter(pk=receipt.pk).update(done_at=now)
        if delivery is None or delivery.state not in SETTLED:
            return False
        _tell(delivery, receipt)
    return True


def _may_come(receipt: Receipt) -> bool:
    """Whether the delivery that it is of may still have to be written. One that is known by its number alone is of a
    send that was asked for before it came, or of none of ours: of a login code, of which there are many.
    """
    if receipt.delivery_id or receipt.user_id:
        return True
    asked = Delivery.objects.filter(channel=receipt.channel, state=Delivery.SENDING, claimed_at__lte=receipt.at)
    return asked.exists()


def _tell(delivery: Delivery, receipt: Receipt) -> None:
    if receipt.arrived:
        close(delivery, Delivery.DELIVERED, "", was=delivery.state, provider_id=receipt.provider_id)
        return
    kind = KINDS.get(delivery.message.kind)
    if kind and receipt.channel == Channel.WECHAT and receipt.code == str(NO_CONSENT):
        void_consents(user_id=delivery.message.user_id, template=kind.template)
    # A next channel that has had its turn (the answer was unclear) has its row, and does not get another.
    close(delivery, Delivery.FAILED, receipt.code, and_then=True, was=delivery.state, provider_id=receipt.provider_id)


def _delivery_of(receipt: Receipt) -> Delivery | None:
    ours = Delivery.objects.select_for_update(of=("self",)).select_related("message").filter(channel=receipt.channel)
    found = ours.filter(provider_id=receipt.provider_id).first()
    if found is None and receipt.delivery_id:
        found = ours.filter(pk=receipt.delivery_id).first()
    if found is None and receipt.user_id:
        # WeChat does not tell its number to everybody who sends: the oldest of his that has not been heard of.
        kinds = [name for name, kind in KINDS.items() if kind.template == receipt.template]
        his = ours.filter(message__user_id=receipt.user_id, message__kind__in=kinds, provider_id="")
        found = his.filter(state__in=(Delivery.SENDING, *SETTLED)).order_by("pk").first()
    return found
