"""What happened to an order: its timeline, and the steps that were taken."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.orders.models.order import Order


class OrderEvent(models.Model):
    """The timeline: append only (a trigger refuses anything else), never pruned. `version` is the order's after it.

    changes: what it wrote to the row, see `web.orders.past`; None for events from before that was kept.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    version = models.PositiveIntegerField()
    type = models.CharField(max_length=30)
    phase_before = models.CharField(max_length=24)
    phase = models.CharField(max_length=24)
    role = models.CharField(max_length=10)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    key = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    changes = models.JSONField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("version",)
        constraints = [models.UniqueConstraint(fields=["order", "version"], name="order_event_once")]


class OrderStep(models.Model):
    """The idempotency of a transition: one row per (order, key), with the result that a repetition gets back."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT)
    key = models.CharField(max_length=80)
    result = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "key"], name="order_step_once")]
