"""Reading an order's conversation and its photos, as one person may see them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.db.models import QuerySet
from django.utils import timezone

from web.accounts.models import User
from web.orders import selectors
from web.orders.conversation_schemas import ConversationMessage
from web.orders.models import Message, Offer, Order, OrderPhoto
from web.photos.schemas import PhotoCard
from web.photos.selectors import photo_card
from workflows.transitions import Phase, Role


def topic_of(order_id: int) -> str:
    """Where it is told that something was said."""
    return f"conversation:{order_id}"


def open_until(order: Order) -> datetime | None:
    """Until when people may write; None while the order goes on. It begins with the payment.

    Counted from the end of the visit, not of its review.
    """
    if order.phase not in (Phase.COMPLETED, Phase.CANCELLED):
        return None
    ended = order.events.filter(phase=order.phase).order_by("version").values_list("at", flat=True).first()
    terms = selectors.policies_of(order).conversation
    return (ended or order.phase_since) + timedelta(seconds=terms.open_after_s)


def is_open(order: Order) -> bool:
    """Whether somebody may write now."""
    until = open_until(order)
    return order.paid_at is not None and (until is None or timezone.now() < until)


def message_cards(messages: Iterable[Message], actor: User) -> list[ConversationMessage]:
    """Messages with their photos: two queries however many they are. A customer is "用户" to the others."""
    shown = list(messages)
    photos = _photos_by(OrderPhoto.objects.filter(message__in=shown), "message_id")
    return [
        ConversationMessage(
            id=message.pk,
            role=message.role,
            by=message.author.display_name if message.role != Role.CUSTOMER else "用户",
            mine=message.author_id == actor.pk,
            text=message.text,
            photos=[photo for _, photo in photos[message.pk]],
            at=message.at,
        )
        for message in shown
    ]


def photos_of(order: Order, kind: Literal["case", "exception"]) -> dict[int, list[PhotoCard]]:
    """Id of the order's case, or exception -> its photos."""
    found = _photos_by(OrderPhoto.objects.filter(order=order, **{f"{kind}__isnull": False}), f"{kind}_id")
    return {of_id: [photo for _, photo in photos] for of_id, photos in found.items()}


def photos_of_records(order: Order, *, until: datetime | None = None) -> dict[int, list[tuple[str, PhotoCard]]]:
    """Step of the service -> (before or after, photo), of those that were there at `until`."""
    photos = OrderPhoto.objects.filter(order=order, record__isnull=False)
    return dict(_photos_by(photos.filter(at__lte=until) if until else photos, "record_id"))


def _photos_by(rows: QuerySet[OrderPhoto], column: str) -> dict[int, list[tuple[str, PhotoCard]]]:
    found: dict[int, list[tuple[str, PhotoCard]]] = defaultdict(list)
    for row in rows.select_related("photo").order_by("pk"):
        found[getattr(row, column)].append((row.stage, photo_card(row.photo)))
    return found


def messages_for(actor: User, order: Order) -> QuerySet[Message]:
    """What was said, newest first; for a worker, since the order is his: what was said to another is not for him."""
    messages = Message.objects.filter(order=order).select_related("author").order_by("-pk")
    return messages.filter(at__gte=may_read_since(actor, order))


def may_read_since(actor: User, order: Order) -> datetime:
    """From when on he may read what the order's people wrote; a worker, to whom it is not given, never."""
    if actor.role != Role.WORKER:
        return order.placed_at
    his = Offer.objects.filter(order=order, worker=actor, state=Offer.ACCEPTED).values_list("closed_at", flat=True)
    return his.first() or datetime.max.replace(tzinfo=UTC)
