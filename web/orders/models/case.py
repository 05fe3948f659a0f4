"""售后: what a customer complains of once the work is done, and what the platform answered."""

from typing import Literal

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField
from web.orders.models.order import Order
from web.orders.models.refund import RefundDecision


class AfterSalesCase(models.Model):
    """A claim about a completed order; the order stays open until it is answered. One open case per order.

    opened_at: when the customer complained. due_at: until then the platform owes an answer. outcome: "" while it is
    open. refund, rework: what it led to.
    """

    KINDS = {"quality": "服务质量", "damage": "物品损坏", "overcharge": "费用争议", "other": "其他"}
    DECLINED, NOTED, REFUNDED, REWORK = "declined", "noted", "refunded", "rework"
    OUTCOMES = {DECLINED: "不予支持", NOTED: "已核实并记录", REFUNDED: "同意退款", REWORK: "安排返工"}

    NOT_HIM = frozenset({"damage"})
    """Kinds in which somebody else had better come to make it good."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="cases")
    kind = models.CharField(max_length=12, choices=list(KINDS.items()))
    text = EncryptedTextField()
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=list(OUTCOMES.items()), blank=True)
    answer = EncryptedTextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    refund = models.OneToOneField(RefundDecision, on_delete=models.PROTECT, null=True, related_name="case")
    rework = models.OneToOneField(Order, on_delete=models.PROTECT, null=True, related_name="asked_by")

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=models.Q(answered_at=None), name="case_one_open")
        ]

    @property
    def rework_by(self) -> Literal["first", "another"]:
        """Who had best make it good, a key of `Order.REWORK_BY`: who did it, unless the reason speaks against him."""
        return "another" if self.kind in self.NOT_HIM else "first"
