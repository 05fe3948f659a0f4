"""Bodies of slots, quotes, bookings and payments."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints

from web.catalog.schemas import CityCode
from web.errors import DoorbellError
from web.orders.models import OrderLine
from web.orders.pricing import ADD_ON, OPTION, PICKED, WAY, Chosen, Price
from web.orders.quoting import WorkerQuote
from web.orders.visit_fee import kilometres
from web.scheduling.selectors import Slot
from web.schemas import Id, Instant, Lat, Lng, Schema, listed, text

if TYPE_CHECKING:
    from web.orders.services.discounting import Deal, Fit
    from web.orders.services.points import PointsOffer


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


class AddOnRequest(Schema):
    """So many of an item of the service's price list."""

    item_id: Id
    quantity: Annotated[int, Field(ge=1, le=1_000)]


Key = Annotated[str, StringConstraints(min_length=1, max_length=30)]


class ChosenService(Schema):
    """A service with what is chosen of it. answers: by option's key, the key of a choice, of several, or a number."""

    service_id: Id
    answers: Annotated[dict[Key, Key | Annotated[list[Key], Field(max_length=50)] | int], Field(max_length=50)] = {}
    add_ons: Annotated[list[AddOnRequest], Field(max_length=50)] = []

    @property
    def chosen(self) -> Chosen:
        """As the price is made of it. Raises DoorbellError invalid_request for an item that is named twice."""
        add_ons = {one.item_id: one.quantity for one in self.add_ons}
        if len(add_ons) < len(self.add_ons):
            raise DoorbellError("invalid_request", details={"add_ons": "an item is named twice"})
        answers = {key: tuple(said) if isinstance(said, list) else said for key, said in self.answers.items()}
        return Chosen(answers, add_ons)


class WantedService(ChosenService):
    """The same, at an address of the customer's."""

    address_id: Id


Points = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Spot(Schema):
    """A place in a city, for who has not said more yet."""

    city: CityCode
    lng: Lng
    lat: Lat


class QuoteRequest(ChosenService):
    """What is to be priced, at an address of the customer's or, for strangers too, at a place. starts_at: null while no
    time is chosen; then nothing is added for it. worker_id: whom the customer picks; null for whoever comes.
    coupon_id: one of his that is to be used; points: so many pay a part.
    """

    address_id: Id | None = None
    spot: Spot | None = None
    starts_at: Instant | None = None
    worker_id: Id | None = None
    coupon_id: Id | None = None
    points: Points = 0


class WorkersRequest(WantedService):
    """Who could come then, and what it costs with each, with a coupon of the customer's where one is named."""

    starts_at: Instant
    coupon_id: Id | None = None


class LineCard(Schema):
    """One line of a price: amount = quantity × unit price. rule: where it comes from, and in which version of it."""

    name: str
    quantity: int
    unit: str
    unit_price_fen: int
    amount_fen: int
    rule: str
    rule_version: int


class ChoiceLine(Schema):
    """What a customer has answered, or added: for whoever does the work, so without its price."""

    name: str
    quantity: int
    unit: str

    @classmethod
    def all_of(cls, lines: Iterable[OrderLine]) -> list[Self]:
        """Of an order's lines those that are the customer's choice."""
        chosen = [line for line in lines if line.rule.startswith((OPTION, ADD_ON))]
        return [cls(name=line.name, quantity=line.quantity, unit=line.unit) for line in chosen]


WHY_NOT = {
    "": "可用",
    "below_threshold": "未达到使用门槛",
    "other_service": "不适用于此服务",
    "other_city": "不适用于此城市",
    "new_customers_only": "仅限新用户",
    "not_yet": "未到使用时间",
    "campaign_is_better": "活动价更优惠，不能同时使用",
    "nothing_left": "已是最低价",
}
"""Why a coupon does not fit, and as people read it."""


class CouponFit(Schema):
    """A coupon of the customer's: how much less there is to pay with it. why: "" where it fits, else why not."""

    id: int
    name: str
    until_at: Instant
    off_fen: int
    why: Annotated[str, listed(WHY_NOT)]

    @classmethod
    def of(cls, fit: "Fit") -> Self:
        """As it was judged."""
        coupon = fit.coupon
        return cls(id=coupon.pk, name=coupon.kind.name, until_at=coupon.until_at, off_fen=fit.off_fen, why=fit.why)


class SpendablePoints(Schema):
    """What could be paid with points before any are: so many of the balance at most, and the fen that they pay."""

    balance: int
    most: int
    off_fen: int


class Quote(Schema):
    """A price, line by line; the lines sum to the total to the fen. How long it takes, and how many come.

    coupons: his, the best in front; best_coupon_id: the one that leaves him least to pay. points: null where none are
    taken.
    """

    lines: list[LineCard]
    total_fen: int
    duration_s: int
    staff: int
    coupons: list[CouponFit] = []
    best_coupon_id: int | None = None
    points: SpendablePoints | None = None

    @classmethod
    def of(cls, price: Price) -> Self:
        """As it was worked out."""
        return cls(
            lines=[LineCard.model_validate(line) for line in price.lines],
            total_fen=price.total_fen,
            duration_s=price.duration_s,
            staff=price.staff,
        )

    @classmethod
    def of_deal(cls, deal: "Deal", *, points: "PointsOffer | None" = None) -> Self:
        """As it was worked out for a customer, with his coupons."""
        quote = cls.of(deal.price)
        quote.coupons = [CouponFit.of(fit) for fit in deal.fits]
        quote.best_coupon_id = deal.best.pk if deal.best else None
        quote.points = SpendablePoints.model_validate(points) if points else None
        return quote


class WorkerQuoteCard(Schema):
    """Somebody who is free. rating: "4.87", "" before the first. distance_km: from where his day begins, begun ones.
    way_fen: what of the total is for his way.
    """

    id: int
    name: str
    rating: str
    rating_count: int
    favourite: bool
    distance_km: int
    way_fen: int
    total_fen: int

    @classmethod
    def of(cls, quote: WorkerQuote) -> Self:
        """As it was worked out."""
        return cls(
            **quote.worker,
            favourite=quote.favourite,
            distance_km=kilometres(quote.distance_m),
            way_fen=quote.price.fen_of(WAY, PICKED),
            total_fen=quote.price.total_fen,
        )


class WorkerQuotes(Schema):
    """Those who are free then, favourites first, then by price and way; at most thirty."""

    starts_at: Instant
    workers: list[WorkerQuoteCard]


class OrderRequest(WantedService):
    """A booking. quoted_fen: the total that was shown; another price is refused with `price_changed`, and so is another
    version of the service than the one that was shown, where it is named. worker_id: whom the customer picks;
    coupon_id: the one of his coupons that is used; points: so many of them pay a part.
    """

    version: Annotated[int, Field(ge=1)] | None = None
    starts_at: Instant
    worker_id: Id | None = None
    quoted_fen: Annotated[int, Field(ge=0)]
    request: Annotated[str, text(500)] = ""
    coupon_id: Id | None = None
    points: Points = 0


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
