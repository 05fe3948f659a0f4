"""The order's conversation, and the photos of its steps."""

from ninja import Router, Status

import hub
from web.accounts.auth import SignedRequest, require
from web.accounts.rates import RateLimit
from web.errors import DoorbellError
from web.notifications import services as notifications
from web.openapi import refusals
from web.orders import conversation
from web.orders.api.booking import IdempotencyKey, required, visible_order
from web.orders.api.commands import WORKER
from web.orders.api.reading import BEFORE
from web.orders.booking_schemas import Position
from web.orders.conversation_schemas import ConversationMessage, MessageRequest, StepPhotosRequest
from web.orders.schemas import ConversationPage
from web.orders.services.conversation import add_step_photos, post_message
from web.schemas import Id
from workflows.transitions import Role

EVERYBODY = require(Role.CUSTOMER, Role.WORKER, Role.STAFF)

router = Router(auth=EVERYBODY)

PAGE = 50
MESSAGES = RateLimit("messages", "20/minute", "500/day")


@router.get("/orders/{order_id}/messages", response=ConversationPage, openapi_extra=refusals("not_found"))
def list_messages(request: SignedRequest, order_id: Id, before: int = BEFORE) -> ConversationPage:
    """What was said, newest first. Follow `stream`; each `message.posted` there names a message to be read here."""
    topic = conversation.topic_of(order_id)
    head = hub.heads([topic])[topic]
    order = visible_order(request.auth, order_id)
    messages = conversation.messages_for(request.auth, order)
    if not before:
        notifications.mark_seen(user=request.auth, order_id=order_id, kind="conversation")
    if before:
        messages = messages.filter(pk__lt=before)
    page = list(messages[: PAGE + 1])
    return ConversationPage(
        items=conversation.message_cards(page[:PAGE], request.auth),
        next_before=page[PAGE - 1].pk if len(page) > PAGE else None,
        open=conversation.is_open(order),
        open_until=conversation.open_until(order),
        stream=Position(topic=topic, epoch=str(head["epoch"]), offset=int(str(head["offset"]))),
    )


@router.post(
    "/orders/{order_id}/messages",
    response={200: ConversationMessage, 201: ConversationMessage},
    openapi_extra=refusals("not_found", "conversation_closed", "photo_unknown", "idempotency_mismatch"),
)
def send_message(
    request: SignedRequest, order_id: Id, payload: MessageRequest, key: IdempotencyKey = ""
) -> Status[ConversationMessage]:
    """Say something: open from the payment until a day after the end of the visit; 200 where this key had said it."""
    order = visible_order(request.auth, order_id)
    key = required(key)
    if not payload.text and not payload.photos:
        raise DoorbellError("invalid_request", details={"fields": [{"field": "text", "problem": "missing"}]})
    MESSAGES.spend(str(request.auth.pk))
    message, fresh = post_message(
        author=request.auth, order=order, key=key, text=payload.text, photo_ids=payload.photos
    )
    return Status(201 if fresh else 200, conversation.message_cards([message], request.auth)[0])


@router.post(
    "/orders/{order_id}/steps/{step}/photos",
    auth=WORKER,
    response={204: None},
    openapi_extra=refusals("not_found", "not_allowed", "step_unknown", "photo_unknown"),
)
def add_photos(request: SignedRequest, order_id: Id, step: Id, payload: StepPhotosRequest) -> Status[None]:
    """Photos of a step of mine, before or after it; sending them again changes nothing."""
    order = visible_order(request.auth, order_id)
    add_step_photos(worker=request.auth, order=order, step=step, stage=payload.stage, photo_ids=payload.photos)
    return Status(204, None)
