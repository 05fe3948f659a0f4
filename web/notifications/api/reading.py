"""Reading one's messages."""

from typing import Any

from ninja import Router
from ninja.params import functions as param_functions

import hub
from web.accounts.auth import SignedRequest, require
from web.notifications import selectors, services
from web.notifications.schemas import Badge, MessageCard, MessagePage, ReadRequest
from web.orders.booking_schemas import Position
from workflows.transitions import Role

router = Router(auth=require(Role.CUSTOMER, Role.WORKER))

PAGE = 20
# Not Query[Annotated[int, …]]: django-ninja forgets the default of a number with bounds and asks for the parameter.
BEFORE: Any = param_functions.Query(0, ge=0, le=2**63 - 1)


@router.get("/messages", response=MessagePage)
def list_messages(request: SignedRequest, before: int = BEFORE) -> MessagePage:
    """One's messages, newest first."""
    topic = f"{request.auth.role}:{request.auth.pk}"
    heads = hub.heads([topic])
    messages = selectors.visible_to(request.auth)
    if before:
        messages = messages.filter(pk__lt=before)
    page = list(messages[: PAGE + 1])
    return MessagePage(
        items=[MessageCard.of(message) for message in page[:PAGE]],
        next_before=page[PAGE - 1].pk if len(page) > PAGE else None,
        unread=selectors.unread(request.auth),
        stream=Position(topic=topic, **heads[topic]),
    )


@router.get("/messages/badge", response=Badge)
def read_badge(request: SignedRequest) -> Badge:
    """How many of one's messages are unread."""
    return Badge(unread=selectors.unread(request.auth))


@router.post("/messages/read", response=Badge)
def mark_read(request: SignedRequest, payload: ReadRequest) -> Badge:
    """Mark one's messages as read: some, or all up to one. Others' ids change nothing. One's other devices are told."""
    return Badge(unread=services.mark_read(user=request.auth, ids=payload.ids, up_to=payload.up_to))
