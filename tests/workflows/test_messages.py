"""The message centre beside a real actor: what happens to an order reaches people, and the background brings it on."""

import pytest

from hub.models import Event
from tests.world.town import Town, in_database
from tests.world.waiting import until
from web.notifications.models import Delivery, Message

pytestmark = pytest.mark.django_db


def ways(order_id: int, kind: str) -> dict[str, tuple[str, str]]:
    """Channel -> (state, code) of the order's deliveries of one kind."""
    rows = Delivery.objects.filter(message__order_id=order_id, message__kind=kind)
    return {row.channel: (row.state, row.code) for row in rows}


def undecided(order_id: int) -> bool:
    return Message.objects.filter(order_id=order_id, planned_at=None).exists()


async def test_an_orders_messages_are_decided_on_and_sent(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        told = [event["message"]["kind"] for event in await in_database(pushed, trade.customer.id)]
        assert told == ["order_placed", "order_paid", "worker_found"]

        async def sent() -> dict[str, tuple[str, str]] | None:
            found = await in_database(ways, order_id, "worker_found")
            return found if found.get("sms", ("", ""))[0] == "sent" else None

        found = await until(sent, within_s=60)
        # This town has no mini program: the critical ones go by SMS, which is the sandbox's.
        assert found["wechat"] == ("skipped", "channel_off")
        assert not await in_database(undecided, order_id)


def pushed(user_id: int) -> list[dict[str, dict[str, str]]]:
    events = Event.objects.filter(topic=f"customer:{user_id}", type="message.new").order_by("offset")
    return [event.data for event in events]
