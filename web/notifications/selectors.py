"""Reading messages, consents and the switchboard."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from web.accounts.models import User
from web.notifications import switchboard
from web.notifications.concerns import CONCERNS, Reader
from web.notifications.kinds import KINDS, TEMPLATES, Channel, Kind
from web.notifications.models import ChannelTemplate, Consent, Delivery, Message, OptOut
from workflows.transitions import Role


def visible_to(actor: User) -> QuerySet[Message]:
    """One's own, newest first: a message is for one person, and staff read the order instead."""
    return Message.objects.filter(user=actor).order_by("-pk")


def unread(actor: User) -> int:
    """The number on the badge."""
    return Message.objects.filter(user=actor, read_at=None).count()


def sends_left(*, user_id: int, template: str) -> int:
    """How many subscription messages of this template WeChat still lets us send him: one per consent."""
    return Consent.objects.filter(user_id=user_id, template=template, used_at=None).count()


def with_sends_left(user_ids: Collection[int], *, template: str) -> set[int]:
    """Who of these may still be sent a subscription message of this template."""
    return set(
        Consent.objects.filter(user_id__in=user_ids, template=template, used_at=None).values_list("user_id", flat=True)
    )


def templates_for(role: Role) -> list[str]:
    """The templates of what somebody of this role may be told, in the order of their kinds."""
    return list(dict.fromkeys(kind.template for kind in _kinds_for(role).values() if kind.template))


def subscriptions_of(user: User) -> list[tuple[str, str, str, int]]:
    """(template, label, WeChat's id of it, sends left) of all that he may be asked to allow."""
    ids = dict(ChannelTemplate.objects.filter(channel=Channel.WECHAT).values_list("template", "code"))
    given = Consent.objects.filter(user=user, used_at=None).values_list("template")
    left = dict(given.annotate(number=Count("pk")))
    return [(name, TEMPLATES[name], ids.get(name, ""), left.get(name, 0)) for name in templates_for(Role(user.role))]


def preferences_of(user: User) -> list[tuple[str, Kind, bool]]:
    """(name, kind, whether he wants it) of the kinds that go outside the app and may concern him."""
    board = switchboard.current()
    refused = set(OptOut.objects.filter(user=user).values_list("kind", flat=True))
    return [
        (name, kind, kind.critical or name not in refused)
        for name, kind in _kinds_for(Role(user.role)).items()
        if board.channels(name)
    ]


def refusing(kind: str) -> QuerySet[OptOut, Any]:
    """The ids of people who do not want messages of that kind."""
    return OptOut.objects.filter(kind=kind).order_by().values("user")


def _kinds_for(role: Role) -> dict[str, Kind]:
    readers = {Reader.CUSTOMER} if role == Role.CUSTOMER else {Reader.WORKER, Reader.ASIDE}
    said = {text.kind for told in CONCERNS.values() for reader, text in told.items() if reader in readers}
    return {name: kind for name, kind in KINDS.items() if name in said}


def is_stuck(*, user_id: int, order_id: int, kind: str, since: datetime) -> bool:
    """Whether his newest message of this kind since then should have gone outside the app and has not, for no reason of
    his: it waits, or its provider failed. A number that nobody answers is his affair.
    """
    his = Message.objects.filter(user_id=user_id, order_id=order_id, kind=kind, created_at__gte=since)
    message = his.order_by("-pk").first()
    if message is None:
        return False
    if message.planned_at is None:
        return True
    ours = message.deliveries.exclude(state__in=(Delivery.SKIPPED, Delivery.FAILED), fault=False)
    states = set(ours.values_list("state", flat=True))
    return bool(states) and not states & {Delivery.SENT, Delivery.DELIVERED}


def broken_orders(*, since: datetime) -> dict[int, datetime]:
    """Order -> when the last message about it did not go out for a reason that somebody here has to mend. Of each kind
    and channel the newest delivery counts: what goes out again is mended.
    """
    if not Delivery.objects.filter(fault=True, done_at__gte=since).exists():
        return {}
    tried = Q(fault=True) | Q(state__in=(Delivery.SENT, Delivery.DELIVERED))
    newest = (
        Delivery.objects.filter(tried, done_at__gte=since)
        .order_by("channel", "message__kind", "-done_at")
        .distinct("channel", "message__kind")
        .values_list("fault", "message__order_id", "done_at")
    )
    # The last one of an order is its moment.
    broken = sorted((at, order_id) for fault, order_id, at in newest if fault and order_id and at)
    return {order_id: at for at, order_id in broken}


def due_deliveries(*, limit: int, without: Collection[str] = ()) -> list[tuple[int, str]]:
    """(id, channel) of what should be sent now, the longest due first. without: channels to leave alone."""
    due = Delivery.objects.filter(state=Delivery.PENDING, due_at__lte=timezone.now()).exclude(channel__in=list(without))
    return list(due.order_by("due_at", "pk").values_list("pk", "channel")[:limit])
