"""What a customer gives his worker on top."""

from django.db import models
from django.utils import timezone

from web.orders.models.order import Order


class Tip(models.Model):
    """Offered, and the worker's once it is paid: whole, because the platform takes no part of it."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="tips")
    amount_fen = models.PositiveIntegerField()
    offered_at = models.DateTimeField(default=timezone.now)
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "打赏"
