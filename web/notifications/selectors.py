"""Reading messages, consents and the switchboard."""

from collections.abc import Collection

from django.db.models import Count, QuerySet
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


def _kinds_for(role: Role) -> dict[str, Kind]:
    readers = {Reader.CUSTOMER} if role == Role.CUSTOMER else {Reader.WORKER, Reader.ASIDE}
    said = {text.kind for told in CONCERNS.values() for reader, text in told.items() if reader in readers}
    return {name: kind for name, kind in KINDS.items() if name in said}


def due_deliveries(*, limit: int, without: Collection[str] = ()) -> list[tuple[int, str]]:
    """(id, channel) of what should be sent now, the longest due first. without: channels to leave alone."""
    due = Delivery.objects.filter(state=Delivery.PENDING, due_at__lte=timezone.now()).exclude(channel__in=list(without))
    return list(due.order_by("due_at", "pk").values_list("pk", "channel")[:limit])
