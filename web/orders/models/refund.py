"""What of an order's money the platform decided to give back."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.orders.models.order import Order, OrderLine


class RefundDecision(models.Model):
    """So much goes back to the customer, why, and at whose expense; the refunds of its payments carry it out.

    bearer: SHARED takes it off the price, so that platform and worker bear it by their shares; PLATFORM leaves the
    worker his earning. line: the line of the price that it is for, None for the order as a whole. tip_id: the tip that
    goes back, 0 for the price. settled: whether the order's money had been shared out by then. decided_by: who of the
    staff; None where a rule did. key: names the reason, so that one reason is decided once.
    """

    SHARED, PLATFORM = "shared", "platform"
    BEARERS = [(SHARED, "平台与服务人员按比例承担"), (PLATFORM, "平台承担")]
    REASONS = {
        "quality": "服务质量问题",
        "incomplete": "服务未全部完成",
        "damage": "物品损坏",
        "overcharged": "收费有误",
        "goodwill": "平台关怀",
        "agreed": "双方协商",
        "other": "其他原因",
    }

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refund_decisions")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, null=True, related_name="refund_decisions")
    tip_id = models.BigIntegerField(default=0)
    amount_fen = models.PositiveIntegerField()
    reason = models.CharField(max_length=20, choices=list(REASONS.items()))
    bearer = models.CharField(max_length=10, choices=BEARERS)
    settled = models.BooleanField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    key = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "退款决定"
