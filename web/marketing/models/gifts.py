"""Gifts: what points are exchanged for, and who has."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField


class Gift(models.Model):
    """A thing, or a coupon, of a city or (city "") of all. coupon_kind: the kind of coupon; null for a thing.

    stock: so many there are in all; taken: so many of them are given or promised. per_person: so many somebody may
    have; 0 for no limit. from_at, until_at: when it can be had; null for always. on: it is shown at all.
    """

    city = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=40)
    introduction = models.CharField(max_length=200, blank=True)
    coupon_kind_id = models.BigIntegerField(null=True, blank=True)
    points = models.PositiveIntegerField()
    stock = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    per_person = models.PositiveSmallIntegerField(default=0)
    from_at = models.DateTimeField(null=True, blank=True)
    until_at = models.DateTimeField(null=True, blank=True)
    on = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "积分礼品"
        indexes = [models.Index(fields=["city", "position"], condition=models.Q(on=True), name="gift_on")]
        constraints = [
            models.CheckConstraint(condition=models.Q(taken__lte=models.F("stock")), name="gift_within_stock"),
            models.CheckConstraint(condition=models.Q(points__gt=0), name="gift_costs_something"),
            models.CheckConstraint(
                condition=models.Q(from_at=None) | models.Q(until_at=None) | models.Q(from_at__lt=models.F("until_at")),
                name="gift_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def left(self) -> int:
        """How many can still be had."""
        return self.stock - self.taken

    @property
    def is_thing(self) -> bool:
        """It has to be brought to somebody."""
        return self.coupon_kind_id is None

    def is_open(self, now: datetime) -> bool:
        """Whether it can be had at that moment, as far as its own time says."""
        begun = self.from_at is None or self.from_at <= now
        return self.on and begun and (self.until_at is None or now < self.until_at)


class Exchange(models.Model):
    """Somebody had a gift for his points: waiting until staff gave it (a coupon is given at once), or off, his points
    back. city: the gift's. contact_name, contact_phone, place: of a thing, where to. note: of staff, how it went there;
    its receiver reads it. by, reason: who decided it, and why, where it was staff. key: his Idempotency-Key.
    """

    WAITING, GIVEN, OFF = "waiting", "given", "off"
    STATES = {WAITING: "待发放", GIVEN: "已发放", OFF: "已取消"}

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="exchanges")
    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="exchanges")
    city = models.CharField(max_length=20, blank=True)
    gift_name = models.CharField(max_length=40)
    points = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=list(STATES.items()), default=WAITING)
    contact_name = EncryptedTextField(blank=True)
    contact_phone = EncryptedTextField(blank=True)
    place = EncryptedTextField(blank=True)
    note = EncryptedTextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    key = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "礼品兑换"
        indexes = [
            models.Index(fields=["user", "-id"], name="exchange_of_user"),
            models.Index(fields=["city", "id"], condition=models.Q(state="waiting"), name="exchange_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="exchange_key_once"),
            models.CheckConstraint(
                condition=models.Q(state="waiting", done_at=None)
                | models.Q(state__in=("given", "off"), done_at__isnull=False),
                name="exchange_state_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"兑换 {self.pk}"
