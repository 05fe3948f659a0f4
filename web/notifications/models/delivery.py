"""A message's way to somebody who does not look at the app."""

from django.db import models
from django.utils import timezone

from web.notifications.kinds import CHANNEL_NAMES
from web.notifications.models.message import Message


class Delivery(models.Model):
    """One message by one channel, once.

    SENDING: a process has it and asks the provider; if that process dies, nobody knows what the provider did: it is
    UNKNOWN, and never asked again. SENT: the provider took it. DELIVERED: its receipt says that it arrived. due_at:
    not before. code: why it was skipped or failed, or what made it wait: the provider's number or a word of ours.
    fault: it did not go out for a reason that somebody of the platform has to mend. provider_id: the provider's number
    of it, by which a receipt names it.
    """

    PENDING, SENDING, SENT, DELIVERED = "pending", "sending", "sent", "delivered"
    UNKNOWN, FAILED, SKIPPED = "unknown", "failed", "skipped"
    STATES = [
        *((PENDING, "待发送"), (SENDING, "发送中"), (SENT, "已发送"), (DELIVERED, "已送达")),
        *((UNKNOWN, "结果未知"), (FAILED, "失败"), (SKIPPED, "未发送")),
    ]

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=[(str(name), label) for name, label in CHANNEL_NAMES.items()])
    state = models.CharField(max_length=10, choices=STATES, default=PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=80, blank=True)
    fault = models.BooleanField(default=False, db_default=False)
    provider_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    due_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发送记录"
        constraints = [models.UniqueConstraint(fields=["message", "channel"], name="delivery_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="pending"), name="delivery_due"),
            models.Index(fields=["claimed_at"], condition=models.Q(state="sending"), name="delivery_sending"),
            models.Index(fields=["done_at"], condition=models.Q(fault=True), name="delivery_fault"),
            models.Index(fields=["provider_id"], condition=~models.Q(provider_id=""), name="delivery_of_provider"),
        ]

    def __str__(self) -> str:
        return f"delivery:{self.pk}"


class Receipt(models.Model):
    """What a provider says became of a message that it took: its inbox. The round of sending brings it to the delivery.

    provider_id: the provider's number, once a channel. delivery_id: ours, where the provider repeats it. user_id,
    template: whose and which, for a provider that names its message in no other way. done_at: it was brought there,
    or there is nothing that it belongs to.
    """

    channel = models.CharField(max_length=10, choices=[(str(name), label) for name, label in CHANNEL_NAMES.items()])
    provider_id = models.CharField(max_length=80)
    delivery_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(null=True)
    template = models.CharField(max_length=24, blank=True)
    arrived = models.BooleanField()
    code = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "送达回执"
        constraints = [models.UniqueConstraint(fields=["channel", "provider_id"], name="receipt_once")]
        indexes = [models.Index(fields=["id"], condition=models.Q(done_at=None), name="receipt_waiting")]
