"""Saying something in an order's conversation, and adding photos to what belongs to an order."""

import json
from collections.abc import Iterable

from django.db import IntegrityError

import hub
from web.accounts.duties import check_allowed
from web.accounts.encryption import keyed_hash
from web.accounts.models import User
from web.errors import DoorbellError
from web.notifications.concerns import Reader
from web.orders import conversation
from web.orders.models import AfterSalesCase, Message, Order, OrderException, OrderPhoto, ServiceRecord
from web.orders.services.change import Step, refusing
from web.orders.telling import tell
from web.photos.selectors import photos_of_owner
from workflows.transitions import Phase, Role

PHOTO_PHASES = (Phase.ARRIVED, Phase.IN_SERVICE)


def post_message(*, author: User, order: Order, key: str, text: str, photo_ids: list[int]) -> tuple[Message, bool]:
    """Say something; (the message, whether it is new). The caller has asked whether the order is his to see.

    The topic learns that there is a message, of whose role and of what kind; what it says is read by HTTP: the hub's
    log is not sealed. Raises DoorbellError forbidden for staff whose duty it is not, conversation_closed,
    photo_unknown, idempotency_mismatch.
    """
    if author.is_staff:
        check_allowed(author, "orders.write_message")
    digest = keyed_hash(json.dumps([order.pk, text, photo_ids]))
    try:
        with hub.atomic():
            return _post(author, order, key, digest, text, photo_ids), True
    except (IntegrityError, DoorbellError):
        message = Message.objects.select_related("author").filter(author=author, key=key).first()
        if message is None:
            raise
    if message.body_hash != digest:
        raise DoorbellError("idempotency_mismatch")
    return message, False


def _post(author: User, order: Order, key: str, digest: str, text: str, photo_ids: list[int]) -> Message:
    # The step that takes a worker off has the same lock: he has written before it, or not at all.
    locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if not conversation.is_open(locked) or (author.role == Role.WORKER and locked.worker_id != author.pk):
        raise DoorbellError("conversation_closed")
    message = Message.objects.create(order=order, author=author, role=author.role, text=text, key=key, body_hash=digest)
    attach(order=order, owner_id=author.pk, photo_ids=photo_ids, message=message)
    data = {"message_id": message.pk, "role": author.role, "has_text": bool(text), "photos": len(set(photo_ids))}
    hub.publish(conversation.topic_of(order.pk), type="message.posted", subject=f"message:{message.pk}", data=data)
    _tell_others(locked, author)
    return message


def _tell_others(order: Order, author: User) -> None:
    """Who does not look at the conversation now, hears that there is something in it; one unread at a time."""
    parties = {Reader.CUSTOMER: order.customer_id, Reader.WORKER: order.worker_id}
    others = {reader: [user_id] for reader, user_id in parties.items() if user_id and user_id != author.pk}
    tell(order, event="conversation.said", people=others, once=True)


def add_step_photos(*, worker: User, order: Order, step: int, stage: str, photo_ids: list[int]) -> None:
    """Add photos to a step of the service, once each, while its worker is at the door or at work.

    Raises DoorbellError step_unknown, not_allowed, photo_unknown.
    """
    with hub.atomic():
        locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
        if locked.phase_behind not in PHOTO_PHASES or locked.worker_id != worker.pk:
            raise DoorbellError("not_allowed", details={"state": locked.phase})
        record = ServiceRecord.objects.filter(order=order, position=step).first()
        if record is None:
            raise DoorbellError("step_unknown", details={"step": step})
        attach(order=order, owner_id=worker.pk, photo_ids=photo_ids, record=record, stage=stage)
        data = {"step": step, "stage": stage}
        hub.publish(conversation.topic_of(order.pk), type="step.photos", subject=f"order:{order.pk}", data=data)


def attach(
    *,
    order: Order,
    owner_id: int,
    photo_ids: Iterable[int],
    case: AfterSalesCase | None = None,
    exception: OrderException | None = None,
    message: Message | None = None,
    record: ServiceRecord | None = None,
    stage: str = "",
) -> None:
    """Make photos that somebody has sent part of one thing of the order's, in the caller's transaction.

    Raises DoorbellError photo_unknown for one that is not his.
    """
    of = {"case": case, "exception": exception, "message": message, "record": record, "stage": stage}
    rows = [OrderPhoto(order=order, photo=photo, **of) for photo in photos_of_owner(owner_id, photo_ids)]
    OrderPhoto.objects.bulk_create(rows, ignore_conflicts=record is not None)


def attach_sent(step: Step, *, case: AfterSalesCase | None = None, exception: OrderException | None = None) -> None:
    """Attach the photos that the step's command came with: its choice `photos`, ids with commas between.

    Refused photo_unknown.
    """
    ids = [int(one) for one in str(step.command.choice.get("photos", "")).split(",") if one]
    with refusing():
        attach(order=step.order, owner_id=step.command.actor_id, photo_ids=ids, case=case, exception=exception)
