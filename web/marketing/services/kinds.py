"""Batches of coupons are drafted, published and ended: by staff of their city."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone

import hub
from web.accounts.models import User
from web.errors import DoorbellError, refuse_faulty
from web.marketing.models import CouponKind
from web.marketing.models.campaign import DRAFT, ENDED, LIVE
from web.marketing.selectors import kinds_visible_to
from web.marketing.services.acting import check_in_charge
from web.marketing.services.faults import Fault, odd_steps
from web.orders.discounts import Discount


@dataclass(frozen=True)
class KindDraft:
    """What a batch is to be; see `CouponKind`."""

    name: str
    terms: Discount
    how: str
    city: str = ""
    introduction: str = ""
    stock: int | None = None
    per_person: int = 1
    grab_from: datetime | None = None
    grab_until: datetime | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    days: int | None = None
    return_days: int = 0
    remind_days: int = 3
    after_fen: int = 0

    def columns(self) -> dict[str, Any]:
        """Of its row. Raises DoorbellError coupon_kind_wrong (details {faults})."""
        refuse_faulty("coupon_kind_wrong", self._faults())
        return asdict(self) | {"terms": self.terms.model_dump(mode="json")}

    def _faults(self) -> Iterator[Fault]:
        if self.how not in CouponKind.HOW:
            yield Fault("how_unknown", "how")
        if self.days is None and not (self.from_at and self.until_at):
            yield Fault("time_missing", "until_at")
        if self.days is not None and (self.from_at or self.until_at):
            yield Fault("time_twice", "days")
        if self.days is not None and self.days < 1:
            yield Fault("days_zero", "days")
        if self.from_at and self.until_at and self.from_at >= self.until_at:
            yield Fault("ends_before_start", "until_at")
        if self.grab_from and self.grab_until and self.grab_from >= self.grab_until:
            yield Fault("grab_ends_before_start", "grab_until")
        yield from odd_steps(self.terms)


def create_kind(*, actor: User, draft: KindDraft) -> CouponKind:
    """A draft of a batch. Raises DoorbellError forbidden, coupon_kind_wrong."""
    check_in_charge(actor, draft.city)
    with hub.atomic():
        return CouponKind.objects.create(by=actor, **draft.columns())


def revise_kind(*, actor: User, kind_id: int, draft: KindDraft) -> CouponKind:
    """Before it is published. Raises DoorbellError not_found, forbidden, coupon_kind_wrong, coupon_kind_published."""
    check_in_charge(actor, draft.city)
    with hub.atomic():
        kind = mine(actor, kind_id)
        if kind.state != DRAFT:
            raise DoorbellError("coupon_kind_published")
        columns = draft.columns()
        for name, value in columns.items():
            setattr(kind, name, value)
        kind.save(update_fields=list(columns))
    return kind


def publish_kind(*, actor: User, kind_id: int) -> CouponKind:
    """It can be had from now on; again: nothing. Raises DoorbellError not_found, forbidden, coupon_closed (ended)."""
    with hub.atomic():
        kind = mine(actor, kind_id)
        if kind.shown_state(timezone.now()) == ENDED:
            raise DoorbellError("coupon_closed", message="优惠券已结束，不能发布")
        kind.state = LIVE
        kind.save(update_fields=["state"])
    return kind


def end_kind(*, actor: User, kind_id: int) -> CouponKind:
    """Nobody gets one any more; who has one keeps it. Raises DoorbellError not_found, forbidden."""
    with hub.atomic():
        kind = mine(actor, kind_id)
        if kind.state != ENDED:
            kind.state, kind.ended_at = ENDED, timezone.now()
            kind.save(update_fields=["state", "ended_at"])
    return kind


def add_stock(*, actor: User, kind_id: int, more: int) -> CouponKind:
    """So many more, or fewer, and never fewer than were given out; nothing for a batch without a limit.

    Raises DoorbellError not_found, forbidden, coupons_issued (details {issued}).
    """
    with hub.atomic():
        kind = mine(actor, kind_id)
        if kind.stock is not None and kind.stock + more < kind.issued:
            raise DoorbellError("coupons_issued", details={"issued": kind.issued})
        CouponKind.objects.filter(pk=kind.pk).update(stock=F("stock") + more)
        kind.refresh_from_db()
    return kind


def mine(actor: User, kind_id: int) -> CouponKind:
    """Locked, for who may change it. Raises DoorbellError not_found, forbidden."""
    kind = kinds_visible_to(actor).select_for_update(of=("self",)).filter(pk=kind_id).first()
    if kind is None:
        raise DoorbellError("not_found")
    check_in_charge(actor, kind.city)
    return kind
