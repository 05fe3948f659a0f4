"""Bodies of the message centre."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from web.notifications.kinds import KINDS
from web.notifications.models import Message
from web.orders.booking_schemas import Position
from web.schemas import Id, Instant, Schema, line

READ_AT_ONCE = 100


class MessageCard(Schema):
    """A message as its reader sees it. link: a path of the client; label: the kind in words."""

    id: int
    kind: str
    label: str
    title: str
    body: str
    link: str
    order_id: int | None
    created_at: Instant
    read: bool

    @classmethod
    def of(cls, message: Message) -> Self:
        """The card of a row."""
        kind = KINDS.get(message.kind)
        return cls(
            id=message.pk,
            kind=message.kind,
            label=kind.label if kind else "",
            title=message.title,
            body=message.body,
            link=message.link,
            order_id=message.order_id,
            created_at=message.created_at,
            read=message.read_at is not None,
        )


class MessagePage(Schema):
    """One's messages, newest first; `next_before` asks for the next page."""

    items: list[MessageCard]
    next_before: int | None
    unread: int
    stream: Position


class ReadRequest(Schema):
    """Which messages were read: these, or all up to one. Exactly one of the two."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=READ_AT_ONCE)] | None = None
    up_to: Id | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.ids is None) == (self.up_to is None):
            raise ValueError("either ids or up_to")
        return self


Template = Annotated[str, Field(max_length=24, pattern=r"^[a-z_]+$")]


class Subscription(Schema):
    """A template that one may be asked to allow. id: WeChat's, for its dialogue; "" where there is none here."""

    template: str
    label: str
    id: str
    sends_left: int


class Tap(Schema):
    """What WeChat's dialogue said of each template that it asked for."""

    accepted: Annotated[list[Template], Field(max_length=3)]
    rejected: Annotated[list[Template], Field(max_length=3)] = []


class Preference(Schema):
    """A kind that goes outside the app. on: he wants that; a critical one is always on."""

    kind: str
    label: str
    critical: bool
    on: bool


class PreferenceChange(Schema):
    """Whether one wants a kind outside the app."""

    kind: Annotated[str, Field(max_length=24)]
    on: bool


class WeChatLogin(Schema):
    """What wx.login gave the mini program: good for one use, within five minutes."""

    code: Annotated[str, line(128, minimum=1)]


class Badge(Schema):
    """How many messages nobody has read."""

    unread: int
