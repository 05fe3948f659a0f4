"""Points: what people have, why, and until when. Append only.

The triggers of the migration are the rule. A line (`PointsEntry`) and its parts (`PointsPart`, one a lot) are written
once; they alone change a balance and what is left of a lot, in the database itself; a line is the sum of its parts at
commit; nothing falls below zero. So a balance is the sum of its lines and the sum of its lots, whoever writes.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone


class PointsRule(models.Model):
    """The terms of a city's points (city "": of every city without its own) from `created_at` on. Append only: its id
    is the version that lines name. data: overrides of `web.marketing.points.Points`.
    """

    city = models.CharField(max_length=20, blank=True)
    data = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "积分规则"
        indexes = [models.Index(fields=["city", "-id"], name="points_rule_of_city")]

    def __str__(self) -> str:
        return f"第 {self.pk} 条"


class PointsAccount(models.Model):
    """A person's points; its row is the lock under which they change. balance: with those whose time is over and whose
    end nobody has written yet. owed: what was to be taken back and he had no more; his next earnings pay it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="points"
    )
    balance = models.IntegerField(default=0)
    owed = models.IntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "积分账户"
        constraints = [
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="points_balance_not_negative"),
            models.CheckConstraint(condition=models.Q(owed__gte=0), name="points_owed_not_negative"),
        ]


class PointsEntry(models.Model):
    """A line: so many points more or less, and so many owed more or less. key: once.

    rule: the `PointsRule` it was reckoned by, 0 for none. base_fen: the money of the order that an earning was reckoned
    from, or what spent points pay of it; where some came back because its price fell, what the others pay. lapsed: so
    many would have come back, but their time was over. by, note: of staff who corrected.
    """

    EARNED, REVIEWED, TAKEN_BACK, OWED_PAID = "earned", "reviewed", "taken_back", "owed_paid"
    SPENT, GIVEN_BACK, EXPIRED = "spent", "given_back", "expired"
    EXCHANGED, EXCHANGE_OFF, CORRECTED = "exchanged", "exchange_off", "corrected"
    KINDS = {
        EARNED: "消费得积分",
        REVIEWED: "评价得积分",
        TAKEN_BACK: "退款扣回积分",
        OWED_PAID: "抵扣欠扣积分",
        SPENT: "下单抵扣",
        GIVEN_BACK: "退还积分",
        EXPIRED: "积分过期",
        EXCHANGED: "兑换礼品",
        EXCHANGE_OFF: "兑换取消，退还积分",
        CORRECTED: "平台调整",
    }

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=list(KINDS.items()))
    points = models.IntegerField()
    owed = models.IntegerField(default=0)
    lapsed = models.PositiveIntegerField(default=0)
    rule = models.BigIntegerField(default=0)
    order_id = models.BigIntegerField(null=True, blank=True)
    base_fen = models.PositiveIntegerField(null=True, blank=True)
    key = models.CharField(max_length=80, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "积分明细"
        indexes = [
            models.Index(fields=["user", "-id"], name="points_entry_of_user"),
            models.Index(fields=["order_id"], condition=models.Q(order_id__isnull=False), name="points_entry_of_order"),
        ]

    def __str__(self) -> str:
        return f"第 {self.pk} 笔"


class PointsLot(models.Model):
    """Points that came together and lapse together. left: what is left of them; the database keeps it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(PointsEntry, on_delete=models.PROTECT, related_name="lots")
    points = models.PositiveIntegerField()
    left = models.IntegerField(default=0)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "积分批次"
        indexes = [
            models.Index(fields=["user", "expires_at"], condition=models.Q(left__gt=0), name="points_lot_left"),
            models.Index(fields=["expires_at"], condition=models.Q(left__gt=0), name="points_lot_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(left__gte=0, left__lte=models.F("points")), name="points_lot_within"
            )
        ]


class PointsPart(models.Model):
    """A line's part in one lot."""

    entry = models.ForeignKey(PointsEntry, on_delete=models.PROTECT, related_name="parts")
    lot = models.ForeignKey(PointsLot, on_delete=models.PROTECT, related_name="parts")
    points = models.IntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "积分分录"
        constraints = [
            models.UniqueConstraint(fields=["entry", "lot"], name="points_part_once"),
            models.CheckConstraint(condition=~models.Q(points=0), name="points_part_not_zero"),
        ]
