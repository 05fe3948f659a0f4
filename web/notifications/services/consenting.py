"""What people allow and refuse. The consent ledger: one tap on 允许 is one message that WeChat lets us send."""

from collections.abc import Iterable

from django.utils import timezone

import hub
from web.errors import DoorbellError
from web.notifications.kinds import KINDS
from web.notifications.models import Consent, Delivery, OptOut, WeChatAccount


def give_consents(*, user_id: int, templates: Iterable[str], key: str) -> None:
    """What a tap allowed. key: the tap's; the same again adds nothing."""
    rows = [Consent(user_id=user_id, template=template, key=key) for template in sorted(set(templates))]
    with hub.atomic():
        Consent.objects.bulk_create(rows, ignore_conflicts=True)


def spend_consent(delivery: Delivery, *, template: str) -> bool:
    """Spend one on this delivery, in the caller's transaction; whether there is one. One that a try before spent on it
    counts.
    """
    if Consent.objects.filter(delivery=delivery).exists():
        return True
    left = Consent.objects.filter(user_id=delivery.message.user_id, template=template, used_at=None)
    one = left.select_for_update(skip_locked=True).order_by("pk").first()
    if one is None:
        return False
    return Consent.objects.filter(pk=one.pk).update(used_at=timezone.now(), delivery=delivery) == 1


def return_consent(delivery: Delivery) -> None:
    """Nothing was sent for it: it is good for another message."""
    Consent.objects.filter(delivery=delivery).update(used_at=None, delivery=None)


def void_consents(*, user_id: int, template: str) -> None:
    """WeChat says that he allows nothing more, whatever we have counted."""
    Consent.objects.filter(user_id=user_id, template=template, used_at=None).update(used_at=timezone.now())


def put_wechat_account(*, user_id: int, openid: str) -> None:
    """Who he is to WeChat; a new phone's login replaces the old one."""
    with hub.atomic():
        defaults = {"openid": openid, "at": timezone.now()}
        WeChatAccount.objects.update_or_create(user_id=user_id, defaults=defaults)


def choose(*, user_id: int, kind: str, on: bool) -> None:
    """Whether he wants a kind outside the app. Raises DoorbellError invalid_request for one that is critical, or none
    of ours.
    """
    if kind not in KINDS or (KINDS[kind].critical and not on):
        raise DoorbellError("invalid_request", details={"fields": [{"field": "kind", "problem": "not_optional"}]})
    with hub.atomic():
        if on:
            OptOut.objects.filter(user_id=user_id, kind=kind).delete()
        else:
            OptOut.objects.bulk_create([OptOut(user_id=user_id, kind=kind)], ignore_conflicts=True)
