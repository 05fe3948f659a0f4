"""One delivery: claimed in a transaction, sent outside of any, closed in another.

Guarantees at most one send per delivery: who has claimed it is the only one to ask the provider, and when nobody knows
what the provider did, it is not asked again; the next channel is. What was certainly not sent is tried again, slower
each time, while the message is worth it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db.models import F
from django.utils import timezone

import hub
from web.accounts.models import User
from web.notifications import switchboard
from web.notifications.channels import Away, Outgoing, Rejected, Sender, Unclear
from web.notifications.channels.sms import SmsSender
from web.notifications.channels.wechat import WeChatSender
from web.notifications.kinds import KINDS, Channel
from web.notifications.models import ChannelTemplate, Delivery, Message, WeChatAccount
from web.notifications.services.consenting import return_consent, spend_consent, void_consents
from web.orders import selectors as orders
from web.workforce import selectors as workforce

log = structlog.get_logger(__name__)

SENDERS: dict[Channel, Sender] = {Channel.WECHAT: WeChatSender(), Channel.SMS: SmsSender()}

CODE_LENGTH = 80
TOO_LATE = "too_late"

PUT_OFF = Delivery.PENDING
"""What `deliver` answers when the provider is away."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
PATIENCE = timedelta(minutes=2)
"""So long, and no longer than half of its life, a message waits for a provider that is away while another channel is
left.
"""

LOST_AFTER = timedelta(seconds=60)
"""A send takes seconds. Whoever has claimed one for so long is dead."""


@dataclass(frozen=True)
class _Claimed:
    delivery: Delivery
    outgoing: Outgoing


class _Pointless(Exception):
    """It need not be sent any more, by whatever channel. Its first argument is the code."""


class _Impossible(Exception):
    """It cannot go by this channel; another may do. Its first argument is the code."""


def deliver(*, delivery_id: int) -> str:
    """Try one delivery that is due; its state afterwards, "" where it is not due or somebody else has it."""
    claimed = _claim(delivery_id)
    if not isinstance(claimed, _Claimed):
        return claimed
    delivery = claimed.delivery
    channel = Channel(delivery.channel)
    try:
        number = SENDERS[channel].send(claimed.outgoing)
    except Away as away:
        return _put_off(delivery, away.code)
    except Rejected as rejected:
        return _reject(delivery, rejected)
    except Unclear:
        return close(delivery, Delivery.UNKNOWN, "unclear", and_then=True)
    except Exception as error:
        # An adapter that does not keep to its interface: its class and nothing more, and never again.
        log.error("a channel failed", channel=delivery.channel, error=type(error).__name__)
        return close(delivery, Delivery.UNKNOWN, "unclear", and_then=True, fault=True)
    return close(delivery, Delivery.SENT, "", provider_id=number)


def close_lost_deliveries() -> int:
    """Close those whose process died while it asked the provider; how many. Nobody knows whether they were sent."""
    lost = Delivery.objects.filter(state=Delivery.SENDING, claimed_at__lt=timezone.now() - LOST_AFTER)
    found = list(lost.select_related("message").order_by("pk")[:100])
    for delivery in found:
        close(delivery, Delivery.UNKNOWN, "unclear", and_then=True)
    return len(found)


def _claim(delivery_id: int) -> _Claimed | str:
    now = timezone.now()
    with hub.atomic():
        due = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("message")
        delivery = due.filter(pk=delivery_id, state=Delivery.PENDING, due_at__lte=now).first()
        if delivery is None:
            return ""
        try:
            _check(delivery.message, Channel(delivery.channel), now)
            outgoing = _outgoing(delivery)
        except _Pointless as pointless:
            # One that has been tried and is now too late was given up because its provider was away all the time.
            late = str(pointless) == TOO_LATE and delivery.attempts > 0
            return close(delivery, Delivery.SKIPPED, str(pointless), unsent=True, was=Delivery.PENDING, fault=late)
        except _Impossible as impossible:
            skipped, why = Delivery.SKIPPED, str(impossible)
            return close(delivery, skipped, why, and_then=True, unsent=True, was=Delivery.PENDING)
        changes = {"state": Delivery.SENDING, "attempts": F("attempts") + 1, "claimed_at": now}
        Delivery.objects.filter(pk=delivery.pk).update(**changes)
        delivery.attempts += 1
    return _Claimed(delivery, outgoing)


def _check(message: Message, channel: Channel, now: datetime) -> None:
    if now > message.useful_until:
        raise _Pointless(TOO_LATE)
    if message.read_at:
        raise _Pointless("read")
    if message.kind == "offer_made" and not orders.is_asked(order_id=message.order_id or 0, worker_id=message.user_id):
        raise _Pointless("offer_closed")
    rule = switchboard.current().rule(message.kind, channel)
    if not rule.on:
        raise _Impossible("switched_off")
    if rule.only_away and workforce.is_in_front(message.user_id):
        raise _Pointless("in_front")
    if not SENDERS[channel].is_on():
        raise _Impossible("channel_off")


def _outgoing(delivery: Delivery) -> Outgoing:
    message, channel = delivery.message, Channel(delivery.channel)
    name = KINDS[message.kind].template if message.kind in KINDS else ""
    template = ChannelTemplate.objects.filter(channel=channel, template=name).first()
    to = _address(message.user_id, channel)
    if not to:
        raise _Impossible("no_address")
    if channel is Channel.WECHAT and template is None:
        raise _Impossible("no_template")
    if channel is Channel.WECHAT and not spend_consent(delivery, template=name):
        raise _Impossible("no_consent")
    said = {**message.fields, "title": message.title, "body": message.body}
    return Outgoing(
        to=to,
        template=template.code if template else "",
        values={slot: said.get(ours, "") for slot, ours in template.fields.items()} if template else {},
        text=f"{message.title}：{message.body}",
        link=message.link,
        reference=str(delivery.pk),
    )


def _address(user_id: int, channel: Channel) -> str:
    if channel is Channel.SMS:
        user = User.objects.filter(pk=user_id, is_active=True).first()
        return user.phone if user else ""
    account = WeChatAccount.objects.filter(pk=user_id, user__is_active=True).first()
    return account.openid if account else ""


def _put_off(delivery: Delivery, code: str) -> str:
    """The provider is away: later again, or another way."""
    message, now = delivery.message, timezone.now()
    pause_s = min(FIRST_PAUSE_S * 2 ** (delivery.attempts - 1), LONGEST_PAUSE_S)
    due_at = now + timedelta(seconds=pause_s)
    patience = min(PATIENCE, (message.useful_until - message.created_at) / 2)
    another = switchboard.current().after(message.kind, Channel(delivery.channel))
    if due_at > (message.created_at + patience if another else message.useful_until):
        return close(delivery, Delivery.FAILED, code, and_then=True, unsent=True, fault=another is None)
    ours = Delivery.objects.filter(pk=delivery.pk, state=Delivery.SENDING)
    ours.update(state=Delivery.PENDING, due_at=due_at, code=code[:CODE_LENGTH])
    log.warning("a channel is away", channel=delivery.channel, code=code, attempts=delivery.attempts)
    return PUT_OFF


def _reject(delivery: Delivery, rejected: Rejected) -> str:
    message = delivery.message
    if rejected.ours:
        # Somebody must mend it, or nothing of this kind goes out: `broken_channels` calls him.
        log.error("a provider refuses what we send", channel=delivery.channel, kind=message.kind, code=rejected.code)
    if rejected.no_consent:
        void_consents(user_id=message.user_id, template=KINDS[message.kind].template)
    unsent = not rejected.no_consent
    return close(delivery, Delivery.FAILED, rejected.code, and_then=True, unsent=unsent, fault=rejected.ours)


def close(
    delivery: Delivery,
    state: str,
    code: str,
    *,
    and_then: bool = False,
    unsent: bool = False,
    fault: bool = False,
    was: str = Delivery.SENDING,
    provider_id: str = "",
) -> str:
    """Leave `was` for `state`; "" where it had left it. and_then: the next channel's turn. unsent: certainly nothing
    was sent, so its consent is good for another. fault: somebody of the platform has to mend something.
    """
    now, message = timezone.now(), delivery.message
    changes = {"state": state, "code": code[:CODE_LENGTH], "done_at": now, "fault": fault}
    if provider_id:
        changes["provider_id"] = provider_id
    with hub.atomic():
        ours = Delivery.objects.filter(pk=delivery.pk, state=was)
        if ours.update(**changes) != 1:
            # It was taken for lost, and closed.
            return ""
        if unsent:
            return_consent(delivery)
        next_one = switchboard.current().after(message.kind, Channel(delivery.channel)) if and_then else None
        if next_one and now <= message.useful_until:
            Delivery.objects.get_or_create(message=message, channel=str(next_one), defaults={"due_at": now})
    return state
