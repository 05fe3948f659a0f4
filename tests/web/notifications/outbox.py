"""Messages on their way outside, for tests: told, planned, sent, without Temporal."""

from datetime import timedelta

import hub
from web.accounts.models import User
from web.notifications import selectors, services
from web.notifications.concerns import Reader
from web.notifications.models import ChannelTemplate, Delivery, Message

FIELDS = {
    "service": "日常保洁",
    "when": "12月1日 10:00",
    "time": "2026年12月1日 10:00",
    "worker": "王师傅",
    "district": "西湖区",
}
SLOTS = {"thing1": "service", "time2": "time"}


def put_template(name: str, *, channel: str = "wechat", code: str = "") -> str:
    """A template as the provider approved it; its number there."""
    code = code or f"TEMPLATE-{name}"
    ChannelTemplate.objects.create(channel=channel, template=name, code=code, fields=SLOTS)
    return code


def tell(
    user: User, event: str = "accepted", *, reader: Reader = Reader.CUSTOMER, order_id: int | None = None
) -> Message:
    """An event concerns somebody; his message."""
    about = services.About(link="/orders/7", order_id=order_id, fields=FIELDS)
    with hub.atomic():
        services.notify(event=event, people={reader: [user.pk]}, about=about)
    return Message.objects.filter(user=user).latest("pk")


def round_of_sending() -> list[str]:
    """Plan and send what is due, as the background does, until nothing is; the states in order."""
    services.plan_deliveries()
    states = []
    while due := selectors.due_deliveries(limit=10):
        done = [services.deliver(delivery_id=delivery_id) for delivery_id, _ in due]
        assert any(done), "due, and nobody could have it"
        states += done
    return states


def ways(message: Message) -> dict[str, tuple[str, str]]:
    """Channel -> (state, code) of a message's deliveries."""
    rows = Delivery.objects.filter(message=message).order_by("pk")
    return {row.channel: (row.state, row.code) for row in rows}


def later(message: Message, *, seconds: float = 0) -> None:
    """So much time goes by for it."""
    ago = timedelta(seconds=seconds)
    row = Message.objects.get(pk=message.pk)
    Message.objects.filter(pk=message.pk).update(created_at=row.created_at - ago, useful_until=row.useful_until - ago)
    for delivery in Delivery.objects.filter(message=message):
        delivery.due_at -= ago
        delivery.claimed_at = delivery.claimed_at and delivery.claimed_at - ago
        delivery.save(update_fields=["due_at", "claimed_at"])
