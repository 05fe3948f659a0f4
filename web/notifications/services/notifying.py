"""An event becomes messages, in the transaction of the event: one statement, however many people it concerns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

import hub
from web.notifications.concerns import CONCERNS, Reader, Said
from web.notifications.kinds import KINDS
from web.notifications.models import Message
from web.prepared import insert


@dataclass(frozen=True)
class About:
    """What a message is about. link: a path of the client. fields: see `concerns.FIELDS`; what the templates do not
    name is kept for the channels'. useful_until: where the event knows it better than its kind does.
    """

    link: str = ""
    order_id: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    useful_until: datetime | None = None


def notify(*, event: str, people: Mapping[Reader, Iterable[int]], about: About) -> None:
    """Tell everybody whom `event` concerns, inside the caller's hub.atomic(): a row each, and `message.new` on his
    topic. people: user ids. An event that the table does not know concerns nobody.
    """
    said = CONCERNS.get(event, {})
    told = [(reader, _message(said[reader], user, about)) for reader in said for user in people.get(reader, ())]
    if not told:
        return
    insert([message for _, message in told])
    for reader, message in told:
        topic = f"customer:{message.user_id}" if reader is Reader.CUSTOMER else f"worker:{message.user_id}"
        card = {"id": message.pk, "kind": message.kind, "title": message.title, "link": message.link}
        hub.publish(topic, type="message.new", subject=f"message:{message.pk}", data={"message": card})


def notify_once(*, event: str, people: Mapping[Reader, Iterable[int]], about: About) -> None:
    """As `notify`, for what comes again and again: at most one message of its kind about an order, unread or read. Who
    has not read the last one gets no other, and of whoever has the last one goes.
    """
    kinds = {said.kind for said in CONCERNS.get(event, {}).values()}
    concerned = {reader: list(users) for reader, users in people.items()}
    everybody = [user for users in concerned.values() for user in users]
    last = Message.objects.filter(order_id=about.order_id, kind__in=kinds, user__in=everybody)
    last.exclude(read_at=None).delete()
    waiting = set(last.values_list("user_id", flat=True))
    left = {reader: [user for user in users if user not in waiting] for reader, users in concerned.items()}
    notify(event=event, people=left, about=about)


def _message(said: Said, user_id: int, about: About) -> Message:
    now = timezone.now()
    return Message(
        user_id=user_id,
        kind=said.kind,
        order_id=about.order_id,
        title=said.title.format_map(about.fields),
        body=said.body.format_map(about.fields),
        link=about.link,
        fields=dict(about.fields),
        created_at=now,
        useful_until=about.useful_until or now + timedelta(seconds=KINDS[said.kind].valid_for_s),
    )
