"""What a message about an order says of it, and telling its people, also of what is no event of the order's own."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from web.money import yuan
from web.notifications import services as notifications
from web.notifications.concerns import Reader
from web.orders.models import Order
from web.times import spoken


def tell(
    order: Order,
    *,
    event: str,
    people: Mapping[Reader, Iterable[int]],
    amount_fen: int | None = None,
    useful_until: datetime | None = None,
    once: bool = False,
) -> None:
    """Write a message to each of `people` (user ids) whom `event` concerns, inside the caller's hub.atomic().

    amount_fen: of the money that the event's text names, if it does. once: at most one of its kind about this order.
    `order.worker` should have been fetched.
    """
    fields = {
        "service": order.service_name,
        "when": spoken(order.starts_at),
        "time": spoken(order.starts_at, with_year=True),
        "district": order.district,
        "worker": order.worker.display_name if order.worker else "",
        "amount": "" if amount_fen is None else yuan(amount_fen),
    }
    about = notifications.About(link=f"/orders/{order.pk}", order_id=order.pk, fields=fields, useful_until=useful_until)
    write = notifications.notify_once if once else notifications.notify
    write(event=event, people=people, about=about)
