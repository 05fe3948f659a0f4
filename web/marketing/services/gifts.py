"""Gifts: making them, exchanging points for them, giving them, and calling an exchange off.

Locked in this order: the exchange, the account of points, the gift. The gift's row last, for everybody wants it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

import hub
from web.accounts import selectors as accounts
from web.accounts.models import Address, User
from web.errors import DoorbellError, refuse_faulty
from web.marketing import gifts_selectors, points_selectors
from web.marketing.models import CouponKind, Exchange, Gift, PointsEntry
from web.marketing.selectors import kinds_visible_to
from web.marketing.services import points
from web.marketing.services.acting import check_in_charge
from web.marketing.services.faults import Fault
from web.marketing.services.granting import grant_coupon
from web.marketing.services.points import Why
from web.notifications import services as notifications
from web.notifications.concerns import Reader
from web.prepared import insert_once

OFF_GRACE = timedelta(days=30)
"""Points that lapsed while somebody waited for a gift that staff called off are good for so long again."""


@dataclass(frozen=True)
class Offered:
    """What staff say of a gift; see `Gift`."""

    name: str
    points: int
    stock: int
    introduction: str = ""
    coupon_kind_id: int | None = None
    per_person: int = 0
    from_at: datetime | None = None
    until_at: datetime | None = None
    on: bool = False
    position: int = 0


def put_gift(*, actor: User, offered: Offered, city: str = "", gift_id: int | None = None) -> Gift:
    """A new gift, or another face of one; its city stays. Who has exchanged for it keeps what it was then.

    Raises DoorbellError forbidden, not_found, gift_wrong (details {faults}: fewer than are taken, no price, a time that
    ends before it begins, a coupon of no batch that the actor may exchange, or while somebody waits for a thing).
    """
    with hub.atomic():
        gift = Gift(city=city)
        if gift_id is not None:
            found = gifts_selectors.gifts_visible_to(actor).select_for_update(no_key=True).filter(pk=gift_id).first()
            if found is None:
                raise DoorbellError("not_found")
            gift = found
        check_in_charge(actor, gift.city)
        refuse_faulty("gift_wrong", _faults(actor, gift, offered))
        for name, value in asdict(offered).items():
            setattr(gift, name, value)
        gift.save()
        return gift


def exchange_gift(
    *, user: User, gift_id: int, points_shown: int, key: str, address_id: int | None = None
) -> tuple[Exchange, bool]:
    """A gift for a customer's points; (the exchange, whether it is new). A coupon is his at once.

    points_shown: the price that he saw. address_id: of his, where a thing goes. Raises DoorbellError not_found,
    gift_closed, gift_sold_out, gift_limit, price_changed, points_too_few, address_required, not_served_here,
    idempotency_mismatch, and what refuses a coupon.
    """
    with hub.atomic():
        # One exchange of his at a time: of two at once the second sees the first, and counts it.
        points.hold_account(user.pk)
        known = Exchange.objects.select_related("gift").filter(user=user, key=key).first()
        if known:
            if known.gift_id != gift_id:
                raise DoorbellError("idempotency_mismatch")
            return known, False
        gift = _open(user, gift_id, points_shown)
        exchange = Exchange(
            user=user,
            gift=gift,
            city=gift.city,
            gift_name=gift.name,
            points=gift.points,
            key=key,
            **_where_to(user, gift, address_id),
        )
        insert_once(exchange)
        why = Why(PointsEntry.EXCHANGED, f"exchange:{exchange.pk}", note=gift.name)
        points.spend(user_id=user.pk, points=gift.points, why=why)
        if gift.coupon_kind_id is not None:
            grant_coupon(kind_id=gift.coupon_kind_id, user_id=user.pk, why="积分兑换", key=why.key)
            exchange.state, exchange.done_at = Exchange.GIVEN, timezone.now()
            exchange.save(update_fields=["state", "done_at"])
        if gifts_selectors.left_of_stock().filter(pk=gift.pk).update(taken=F("taken") + 1) != 1:
            raise DoorbellError("gift_sold_out")
        return exchange, True


def give_exchange(*, actor: User, exchange_id: int, note: str, reason: str = "") -> Exchange:
    """Staff have given it, or sent it off; note: how, for its receiver, who is told; reason: for the staff.

    Raises DoorbellError not_found, exchange_decided.
    """
    with hub.atomic():
        exchange = _waiting(actor, exchange_id, of_staff=True)
        _decide(exchange, Exchange.GIVEN, actor, note=note, reason=reason)
        _tell(exchange, "exchange.given")
        return exchange


def call_off_exchange(*, actor: User, exchange_id: int, note: str = "", reason: str = "") -> Exchange:
    """Its customer, or staff, call off what nobody has given yet: his points are his again, the gift another's. note,
    reason: as of `give_exchange`.

    Raises DoorbellError not_found, exchange_decided.
    """
    with hub.atomic():
        exchange = _waiting(actor, exchange_id)
        _decide(exchange, Exchange.OFF, actor, note=note, reason=reason)
        points.hold_account(exchange.user_id)
        spent = PointsEntry.objects.get(key=f"exchange:{exchange.pk}")
        why = Why(PointsEntry.EXCHANGE_OFF, f"{spent.key}:off", note=exchange.gift_name)
        points.give_back(spent=spent, points=exchange.points, why=why, grace_until=_grace(actor, exchange))
        Gift.objects.filter(pk=exchange.gift_id).update(taken=F("taken") - 1)
        if actor.is_staff:
            _tell(exchange, "exchange.off")
        return exchange


def _faults(actor: User, gift: Gift, offered: Offered) -> Iterator[Fault]:
    if offered.stock < gift.taken:
        yield Fault("stock_taken", "stock")
    if offered.points <= 0:
        yield Fault("points_missing", "points")
    if offered.from_at and offered.until_at and offered.from_at >= offered.until_at:
        yield Fault("ends_before_start", "until_at")
    # What it is already it may stay, also when that batch is over.
    if offered.coupon_kind_id != gift.coupon_kind_id:
        if gift.pk is not None and gift.exchanges.filter(state=Exchange.WAITING).exists():
            yield Fault("thing_awaited", "coupon_kind_id")
        elif offered.coupon_kind_id is not None and not _is_exchanged(actor, gift, offered.coupon_kind_id):
            yield Fault("coupon_not_exchanged", "coupon_kind_id")


def _is_exchanged(actor: User, gift: Gift, kind_id: int) -> bool:
    kinds = kinds_visible_to(actor).filter(how=CouponKind.EXCHANGED, city__in={"", gift.city})
    return kinds.filter(pk=kind_id).exists()


def _open(user: User, gift_id: int, points_shown: int) -> Gift:
    gift = Gift.objects.filter(pk=gift_id).first()
    if gift is None:
        raise DoorbellError("not_found")
    if not gift.is_open(timezone.now()):
        raise DoorbellError("gift_closed")
    if gift.left <= 0:
        raise DoorbellError("gift_sold_out")
    had = Exchange.objects.filter(user=user, gift=gift).exclude(state=Exchange.OFF).count()
    if gift.per_person and had >= gift.per_person:
        raise DoorbellError("gift_limit")
    if gift.points != points_shown:
        raise DoorbellError("price_changed", details={"points": gift.points})
    return gift


def _where_to(user: User, gift: Gift, address_id: int | None) -> dict[str, Any]:
    if not gift.is_thing:
        return {}
    if address_id is None:
        raise DoorbellError("address_required")
    address: Address | None = accounts.addresses_visible_to(user).filter(pk=address_id).first()
    if address is None:
        raise DoorbellError("not_found")
    if gift.city not in ("", address.city):
        raise DoorbellError("not_served_here")
    return {
        "contact_name": address.contact_name,
        "contact_phone": address.contact_phone,
        "place": " ".join(part for part in (address.district, address.place, address.door) if part),
    }


def _waiting(actor: User, exchange_id: int, *, of_staff: bool = False) -> Exchange:
    found = gifts_selectors.exchanges_visible_to(actor).select_for_update(of=("self",), no_key=True)
    exchange = found.filter(pk=exchange_id).first()
    if exchange is None or (of_staff and not actor.is_staff):
        raise DoorbellError("not_found")
    if exchange.state != Exchange.WAITING:
        raise DoorbellError("exchange_decided")
    return exchange


def _decide(exchange: Exchange, state: str, actor: User, *, note: str, reason: str) -> None:
    exchange.state, exchange.done_at, exchange.by = state, timezone.now(), actor
    exchange.note, exchange.reason = note, reason
    exchange.save(update_fields=["state", "done_at", "by", "note", "reason"])


def _grace(actor: User, exchange: Exchange) -> datetime | None:
    if actor.is_staff:
        return timezone.now() + OFF_GRACE
    days = points_selectors.terms_in(exchange.city).points.grace_days
    return timezone.now() + timedelta(days=days) if days else None


def _tell(exchange: Exchange, event: str) -> None:
    about = notifications.About(link="/exchanges", fields={"what": exchange.gift_name})
    notifications.notify(event=event, people={Reader.CUSTOMER: [exchange.user_id]}, about=about)
