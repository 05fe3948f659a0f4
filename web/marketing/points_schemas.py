"""Bodies of points, gifts and what one wishes of marketing."""

from typing import Self

from pydantic import Field

from web.marketing.models import Exchange, Gift, PointsEntry
from web.marketing.points_selectors import Terms
from web.schemas import Id, Instant, Schema


class Lapsing(Schema):
    """So many points lapse then."""

    points: int
    expires_at: Instant


class PointsTerms(Schema):
    """What points are worth: per_yuan of them a yuan; so much of a total, spend_step at a time."""

    per_yuan: int
    earn_bp: int
    earn_max: int
    review: int
    spend_bp: int
    spend_step: int
    months: int
    version: int

    @classmethod
    def of(cls, terms: Terms) -> Self:
        """The rules of a city."""
        said = terms.points.model_dump(exclude={"grace_days", "remind_days"})
        return cls(version=terms.version, **said)


class Balance(Schema):
    """What one can spend; owed: taken off the next earnings; lapsing: what goes when, the first in front."""

    balance: int
    owed: int
    lapsing: list[Lapsing]
    terms: PointsTerms


class EntryCard(Schema):
    """A line. lapsed: so many would have come back, but their time was over."""

    id: int
    kind: str
    label: str
    points: int
    owed: int
    lapsed: int
    order_id: int | None
    note: str
    at: Instant

    @classmethod
    def of(cls, entry: PointsEntry) -> Self:
        """The card of a row."""
        names = ("kind", "points", "owed", "lapsed", "order_id", "note", "at")
        return cls(id=entry.pk, label=entry.KINDS[entry.kind], **{name: getattr(entry, name) for name in names})


class EntryPage(Schema):
    """Lines, newest first; `next_before` asks for the next page."""

    items: list[EntryCard]
    next_before: int | None


class GiftCard(Schema):
    """What points are exchanged for. coupon: it is one, and one's own at once; else an address is needed."""

    id: int
    name: str
    introduction: str
    coupon: bool
    points: int
    left: int
    per_person: int
    until_at: Instant | None

    @classmethod
    def of(cls, gift: Gift) -> Self:
        """The card of a row."""
        names = ("name", "introduction", "points", "left", "per_person", "until_at")
        return cls(id=gift.pk, coupon=not gift.is_thing, **{name: getattr(gift, name) for name in names})


class ExchangeRequest(Schema):
    """points: the price that was shown. address_id: one's own, where a thing goes."""

    points: int = Field(ge=1, le=2**31 - 1)
    address_id: Id | None = None


class ExchangeCard(Schema):
    """An exchange, as its customer sees it. note: how it was given; place: where it goes."""

    id: int
    gift_id: int
    gift: str
    points: int
    state: str
    label: str
    place: str
    note: str
    at: Instant
    done_at: Instant | None

    @classmethod
    def of(cls, exchange: Exchange) -> Self:
        """The card of a row."""
        names = ("gift_id", "points", "state", "place", "note", "at", "done_at")
        shown = {name: getattr(exchange, name) for name in names}
        return cls(id=exchange.pk, gift=exchange.gift_name, label=exchange.STATES[exchange.state], **shown)


class ExchangePage(Schema):
    """Exchanges, newest first; `next_before` asks for the next page."""

    items: list[ExchangeCard]
    next_before: int | None


class MarketingWish(Schema):
    """Whether one accepts messages of campaigns. What one's orders are about comes all the same."""

    accepts: bool
