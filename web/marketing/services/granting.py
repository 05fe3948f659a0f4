"""Somebody gets a coupon: he grabs it, staff send it, a rule gives it, points are exchanged for it. And it is revoked.

One way for all: the coupon's row, which the database keeps single by owner and number, and then one of the stock by a
guarded update, last, so that nobody waits for its row longer than a commit takes. When there is none left people are
told by a plain read, and do not queue.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import F, Max, Q
from django.utils import timezone

import hub
from web.accounts.models import User
from web.errors import DoorbellError
from web.marketing import audiences
from web.marketing.models import Coupon, CouponKind
from web.marketing.models.campaign import LIVE
from web.marketing.selectors import coupons_visible_to, kinds_visible_to
from web.marketing.services.acting import check_in_charge
from web.prepared import insert_once
from workflows.transitions import Role

TRIES = 5
"""So many coupons somebody may be getting at the very same time."""


def grab_coupon(*, user: User, kind_id: int) -> Coupon:
    """One for him, who asks for it.

    Raises DoorbellError not_found, coupon_closed (not now), coupons_gone, coupon_limit (he has had his).
    """
    now = timezone.now()
    kind = CouponKind.objects.filter(pk=kind_id, how=CouponKind.GRABBED).exclude(state="draft").first()
    if kind is None:
        raise DoorbellError("not_found")
    too_soon = kind.grab_from is not None and kind.grab_from > now
    too_late = kind.grab_until is not None and kind.grab_until <= now
    if too_soon or too_late:
        raise DoorbellError("coupon_closed")
    with hub.atomic():
        return _give(kind, user.pk, key="", why="", now=now)


def grant_coupon(*, kind_id: int, user_id: int, why: str, key: str) -> Coupon:
    """One for somebody, for a reason that people read; in the caller's transaction where there is one. The same key
    again returns the coupon of the batch that it made for him.

    Raises DoorbellError not_found, coupon_closed, coupons_gone, coupon_limit.
    """
    kind = CouponKind.objects.filter(pk=kind_id).first()
    if kind is None:
        raise DoorbellError("not_found")
    with hub.atomic():
        had = Coupon.objects.select_related("kind").filter(kind=kind, user_id=user_id, key=key).first()
        return had or _give(kind, user_id, key=key, why=why, now=timezone.now())


def send_coupons(*, actor: User, kind_id: int, user_ids: Collection[int], why: str, key: str) -> Mapping[int, str]:
    """One for each of these customers who accepts marketing, once per key: what was cut off is sent again whole. What
    became of each: "" or the code of the refusal.

    Raises DoorbellError not_found, forbidden, coupon_closed for a batch that is not one to be sent.
    """
    with hub.atomic():
        return _send(check_sent(actor, kind_id), user_ids, why=why, key=key)


def check_sent(actor: User, kind_id: int) -> CouponKind:
    """A batch that the actor may send. Raises DoorbellError not_found, forbidden, coupon_closed for one that is had in
    another way.
    """
    kind = kinds_visible_to(actor).filter(pk=kind_id).first()
    if kind is None:
        raise DoorbellError("not_found")
    check_in_charge(actor, kind.city)
    if kind.how != CouponKind.SENT:
        raise DoorbellError("coupon_closed")
    return kind


def lock_kind(kind_id: int) -> None:
    """Before coupons of one batch are given to many in one transaction: two that did so in turns, each holding the
    batch and waiting for the other's coupon, would wait for ever.
    """
    CouponKind.objects.select_for_update(no_key=True).filter(pk=kind_id).values("pk").first()


def _send(kind: CouponKind, user_ids: Collection[int], *, why: str, key: str) -> Mapping[int, str]:
    lock_kind(kind.pk)
    named = User.objects.filter(pk__in=user_ids, role=Role.CUSTOMER)
    customers = set(named.values_list("pk", flat=True))
    accepting = set(audiences.accepting(named).values_list("pk", flat=True))
    outcome = {}
    for user_id in sorted(set(user_ids)):
        try:
            if user_id not in customers:
                raise DoorbellError("not_found")
            if user_id not in accepting:
                raise DoorbellError("marketing_refused")
            grant_coupon(kind_id=kind.pk, user_id=user_id, why=why, key=key)
            outcome[user_id] = ""
        except DoorbellError as refused:
            outcome[user_id] = refused.code
    return outcome


def grant_by_rule(*, user_id: int, city: str, spent_fen: int, key: str) -> list[Coupon]:
    """What a customer gets for an order that is done, in the caller's transaction: one of each batch that says so and
    has one left for him. key: of the order.
    """
    now, given = timezone.now(), []
    kinds = CouponKind.objects.filter(
        Q(until_at=None) | Q(until_at__gt=now),
        state=LIVE,
        how=CouponKind.BY_RULE,
        city__in=["", city],
        after_fen__lte=spent_fen,
    )
    for kind in kinds.order_by("pk"):
        try:
            with hub.atomic():
                given.append(grant_coupon(kind_id=kind.pk, user_id=user_id, why="完成订单", key=f"{key}:{kind.pk}"))
        except DoorbellError:
            continue  # He has had his, or they are gone: the order is none the worse for it.
    return given


def revoke_coupon(*, actor: User, coupon_id: int, reason: str) -> Coupon:
    """Take an unused one back; it is not put into the stock again. Again: nothing.

    Raises DoorbellError not_found, forbidden, coupon_unusable (details {why}) where it is kept for an order, or used.
    """
    with hub.atomic():
        coupon = coupons_visible_to(actor).select_for_update(of=("self",)).filter(pk=coupon_id).first()
        if coupon is None:
            raise DoorbellError("not_found")
        check_in_charge(actor, coupon.kind.city)
        if coupon.state in (Coupon.HELD, Coupon.USED):
            raise DoorbellError("coupon_unusable", details={"why": coupon.state})
        if coupon.state == Coupon.UNUSED:
            coupon.state, coupon.revoked_at = Coupon.REVOKED, timezone.now()
            coupon.revoked_by, coupon.revoked_for = actor, reason
            coupon.save(update_fields=["state", "revoked_at", "revoked_by", "revoked_for"])
    return coupon


def _give(kind: CouponKind, user_id: int, *, key: str, why: str, now: datetime) -> Coupon:
    if kind.state != LIVE or (kind.until_at and kind.until_at <= now):
        raise DoorbellError("coupon_closed")
    if kind.left is not None and kind.left <= 0:
        raise DoorbellError("coupons_gone")
    coupon, fresh = _inserted(kind, user_id, key, why, now)
    there = CouponKind.objects.filter(Q(stock=None) | Q(issued__lt=F("stock")), pk=kind.pk, state=LIVE)
    if fresh and there.update(issued=F("issued") + 1) != 1:
        raise DoorbellError("coupons_gone")
    return coupon


def _inserted(kind: CouponKind, user_id: int, key: str, why: str, now: datetime) -> tuple[Coupon, bool]:
    """(the coupon, whether it is new)."""
    from_at, until_at = kind.good_for(now)
    for _ in range(TRIES):
        last = Coupon.objects.filter(kind=kind, user_id=user_id).aggregate(nth=Max("nth"))["nth"] or 0
        if kind.per_person and last >= kind.per_person:
            break
        coupon = Coupon(
            kind=kind,
            user_id=user_id,
            nth=last + 1,
            key=key or f"grab:{last + 1}",
            why=why,
            from_at=from_at,
            until_at=until_at,
            got_at=now,
        )
        if insert_once(coupon):
            return coupon, True
        # Another request of his was faster: it had the same key, or this number is its.
        if key and (made := Coupon.objects.filter(kind=kind, user_id=user_id, key=key).first()):
            return made, False
    raise DoorbellError("coupon_limit")
