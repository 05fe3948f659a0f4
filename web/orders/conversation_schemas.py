"""Bodies and answers of an order's conversation, and of the photos of its steps."""

from typing import Annotated, Literal

from pydantic import Field

from web.photos.schemas import PhotoCard
from web.schemas import Id, Instant, Schema, text

PHOTOS_MAX = 9

Photos = Annotated[list[Id], Field(max_length=PHOTOS_MAX)]
Said = Annotated[str, text(1000)]


class MessageRequest(Schema):
    """What to say: a text, photos that I have sent, or both."""

    text: Said = ""
    photos: Photos = []


class StepPhotosRequest(Schema):
    """Photos of a step, that I have sent, taken before or after it."""

    stage: Literal["before", "after"]
    photos: Annotated[list[Id], Field(min_length=1, max_length=PHOTOS_MAX)]


class ConversationMessage(Schema):
    """A message. by: who said it; a customer is "用户"."""

    id: int
    role: str
    by: str
    mine: bool
    text: str
    photos: list[PhotoCard]
    at: Instant


class StepPhoto(Schema):
    """A photo of a step. stage: before or after."""

    stage: str
    photo: PhotoCard
