"""Coupons: a batch (kind) that an operator makes, and those that people have of it. Money is fen."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.marketing.models.campaign import DRAFT, STATES, shown_state
from web.orders.discounts import COUPON, Discount, Reduction
from web.orders.terms import stored


class CouponKind(models.Model):
    """批次: of a city or (city "") of all. Once published, what it says stays: people have it.

    terms: see `web.orders.discounts.Discount`. stock: so many there are, null for no limit; issued: so many were given
    out, revoked ones with them. per_person: so many somebody may have had; 0 for no limit.
    how: grabbed by people (between grab_from and grab_until), sent by staff, given by rule, or exchanged for points.
    from_at, until_at: when it can be used; or days: so long after receipt. return_days: one that comes back after its
    time, or shortly before, is good for so many days more (0: it has lapsed). remind_days: so many before it lapses its
    owner is told; 0 for never. after_fen: of one given by rule, for the completion of an order of so much.
    """

    GRABBED, SENT, BY_RULE, EXCHANGED = "grabbed", "sent", "by_rule", "exchanged"
    HOW = {GRABBED: "用户领取", SENT: "平台发放", BY_RULE: "规则赠送", EXCHANGED: "积分兑换"}

    city = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=40)
    introduction = models.CharField(max_length=200, blank=True)
    terms = models.JSONField()
    how = models.CharField(max_length=10, choices=list(HOW.items()))
    state = models.CharField(max_length=10, choices=list(STATES.items()), default=DRAFT)
    stock = models.PositiveIntegerField(null=True, blank=True)
    issued = models.PositiveIntegerField(default=0)
    per_person = models.PositiveSmallIntegerField(default=1)
    grab_from = models.DateTimeField(null=True, blank=True)
    grab_until = models.DateTimeField(null=True, blank=True)
    from_at = models.DateTimeField(null=True, blank=True)
    until_at = models.DateTimeField(null=True, blank=True)
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    return_days = models.PositiveSmallIntegerField(default=0)
    remind_days = models.PositiveSmallIntegerField(default=3)
    after_fen = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "优惠券批次"
        indexes = [models.Index(fields=["city"], condition=models.Q(state="live"), name="coupon_kind_live")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stock=None) | models.Q(issued__lte=models.F("stock")), name="coupon_within_stock"
            ),
            models.CheckConstraint(
                condition=models.Q(days=None, from_at__isnull=False, until_at__gt=models.F("from_at"))
                | models.Q(days__gt=0, from_at=None, until_at=None),
                name="coupon_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def shown_state(self, now: datetime) -> str:
        """As people read it: what is over by its time has ended."""
        return shown_state(self.state, self.until_at, now)

    @property
    def discount(self) -> Discount:
        """Its terms."""
        return stored(Discount, self.terms)

    @property
    def left(self) -> int | None:
        """How many are left; None for no limit."""
        return None if self.stock is None else self.stock - self.issued

    def good_for(self, now: datetime) -> tuple[datetime, datetime]:
        """From when until when one is good that somebody gets now."""
        if self.days is not None:
            return now, now + timedelta(days=self.days)
        if self.from_at is None or self.until_at is None:
            raise RuntimeError(f"{self} has no time")
        return self.from_at, self.until_at


class Coupon(models.Model):
    """One person's. order_id: of what it is kept for or was used on. nth: his nth of the kind, which the database keeps
    single. key: why he has it, once. That one has lapsed is no state: it is unused, and its time is over.
    """

    UNUSED, HELD, USED, REVOKED, EXPIRED = "unused", "held", "used", "revoked", "expired"
    STATES = {UNUSED: "未使用", HELD: "已占用", USED: "已使用", REVOKED: "已收回"}
    SHOWN = STATES | {EXPIRED: "已过期"}

    kind = models.ForeignKey(CouponKind, on_delete=models.PROTECT, related_name="coupons")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="coupons")
    nth = models.PositiveIntegerField()
    key = models.CharField(max_length=80)
    why = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=list(STATES.items()), default=UNUSED)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    order_id = models.BigIntegerField(null=True, blank=True)
    amount_fen = models.PositiveIntegerField(default=0)
    got_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    revoked_for = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "优惠券"
        indexes = [models.Index(fields=["user", "-id"], name="coupon_of_user")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "user", "nth"], name="coupon_nth"),
            models.UniqueConstraint(fields=["kind", "user", "key"], name="coupon_key_once"),
            models.UniqueConstraint(fields=["order_id"], name="coupon_one_an_order"),
            models.CheckConstraint(
                condition=models.Q(state__in=("held", "used"), order_id__isnull=False)
                | models.Q(state__in=("unused", "revoked"), order_id=None),
                name="coupon_held_for_an_order",
            ),
        ]

    def __str__(self) -> str:
        return f"优惠券 {self.pk}"

    def shown_state(self, now: datetime) -> str:
        """As people read it: one of SHOWN."""
        return self.EXPIRED if self.state == self.UNUSED and self.until_at <= now else self.state

    @property
    def reduction(self) -> Reduction:
        """As a price is reckoned with it. The version is its kind: what that says never changes."""
        kind = self.kind
        return Reduction(self.pk, f"{COUPON}{self.pk}", kind.pk, kind.name, kind.discount, kind.city)
