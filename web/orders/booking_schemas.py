"""Bodies of slots, quotes, bookings and payments."""

from typing import Annotated, Literal, Self

from pydantic import Field

from web.scheduling.selectors import Slot
from web.schemas import Id, Instant, Lat, Lng, Schema, text


class Position(Schema):
    """Where an ordered topic stood before the state beside it was read: subscribe from here and miss nothing."""

    topic: str
    epoch: str
    offset: int


class SlotCard(Schema):
    """A time a visit can start, and how many workers are free for it."""

    starts_at: Instant
    workers: int


class DaySlots(Schema):
    """The free times of a day in Asia/Shanghai."""

    day: str
    slots: list[SlotCard]


class MoveSlot(SlotCard):
    """As SlotCard, for a visit that is to move. same_worker: whether the worker who has it is among them."""

    same_worker: bool

    @classmethod
    def of(cls, slot: Slot, *, worker_id: int | None) -> Self:
        """worker_id: who has the order."""
        return cls(starts_at=slot.starts_at, workers=slot.workers, same_worker=worker_id in slot.worker_ids)


class MoveSlots(Schema):
    """The free times of a day in Asia/Shanghai for a visit that is to move; the one it has is left out."""

    day: str
    slots: list[MoveSlot]


class RescheduleRequest(Schema):
    """When instead."""

    starts_at: Instant


class QuoteRequest(Schema):
    """What is to be priced."""

    service_id: Id
    address_id: Id


class LineCard(Schema):
    """One line of a price. rule: where it comes from."""

    name: str
    quantity: int
    unit_price_fen: int
    amount_fen: int
    rule: str


class Quote(Schema):
    """A price, line by line; the lines sum to the total to the fen."""

    lines: list[LineCard]
    total_fen: int


class OrderRequest(Schema):
    """A booking. quoted_fen: the total that was shown; another price is refused with `price_changed`."""

    service_id: Id
    address_id: Id
    starts_at: Instant
    quoted_fen: Annotated[int, Field(ge=0)]
    request: Annotated[str, text(500)] = ""


class Contact(Schema):
    """Whom to ask for, and where exactly."""

    name: str
    phone: str
    place: str
    door: str
    lng: Lng
    lat: Lat


class PayRequest(Schema):
    """By which channel."""

    channel: Literal["sandbox"]


class PaymentOpened(Schema):
    """A payment to be made before `due_at`. gateway_no: null while the gateway has not answered; ask again."""

    payment_id: int
    channel: str
    amount_fen: int
    due_at: Instant
    gateway_no: str | None
