"""What people allow and refuse. The consent ledger: one tap on 允许 is one message that WeChat lets us send."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

import hub
from web.accounts.encryption import keyed_hash
from web.accounts.models import User
from web.errors import DoorbellError
from web.notifications.kinds import KINDS
from web.notifications.models import Consent, Delivery, OptOut, WeChatAccount

TOLD_BY_WECHAT = "wechat event "
"""With this begins the key of a tap that WeChat itself told of; no page's key can, which has no blank."""

SAME_TAP = timedelta(minutes=2)
"""The page and WeChat's event tell of one tap within this, in whatever order."""


def give_consents(*, user_id: int, templates: Iterable[str], key: str) -> None:
    """What a tap allowed. key: the tap's; the same again adds nothing, nor does the other of the two who tell of it."""
    wanted = sorted(set(templates))
    with hub.atomic():
        # One tap of his at a time: what the page and WeChat tell at the same moment is counted by one of them.
        User.objects.select_for_update(no_key=True).get(pk=user_id)
        his = Consent.objects.filter(user_id=user_id, template__in=wanted)
        known = set(his.filter(Q(key=key) | Q(other_key=key)).values_list("template", flat=True))
        for template in wanted:
            if template not in known and not _is_told_of(user_id, template, key):
                Consent.objects.create(user_id=user_id, template=template, key=key)


def _is_told_of(user_id: int, template: str, key: str) -> bool:
    """Whether the other one has told of this tap; then it is noted that both have."""
    by_wechat = Q(key__startswith=TOLD_BY_WECHAT)
    others = ~by_wechat if key.startswith(TOLD_BY_WECHAT) else by_wechat
    fresh = Consent.objects.filter(others, user_id=user_id, template=template, other_key="")
    one = fresh.filter(given_at__gte=timezone.now() - SAME_TAP).order_by("pk").first()
    return one is not None and Consent.objects.filter(pk=one.pk).update(other_key=key) == 1


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


def void_consents(*, user_id: int, template: str, before: datetime | None = None) -> None:
    """WeChat says that he allows nothing more, whatever we have counted. before: what he allowed later holds."""
    his = Consent.objects.filter(user_id=user_id, template=template, used_at=None)
    if before is not None:
        his = his.filter(given_at__lte=before)
    his.update(used_at=timezone.now())


def put_wechat_account(*, user_id: int, openid: str) -> None:
    """Who he is to WeChat; a new phone's login replaces the old one."""
    with hub.atomic():
        defaults = {"openid": openid, "openid_hash": keyed_hash(openid), "at": timezone.now()}
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
