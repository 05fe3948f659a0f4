"""A message's way to somebody who does not look at the app."""

from django.db import models
from django.utils import timezone

from web.notifications.kinds import CHANNEL_NAMES
from web.notifications.models.message import Message


class Delivery(models.Model):
    """One message by one channel, once.

    SENDING: a process has it and asks the provider; if that process dies, nobody knows what the provider did, and it
    is never asked again. due_at: not before. code: why it was skipped or failed, or what made it wait: the provider's
    number or a word of ours.
    """

    PENDING, SENDING, SENT, FAILED, SKIPPED = "pending", "sending", "sent", "failed", "skipped"
    STATES = [(PENDING, "待发送"), (SENDING, "发送中"), (SENT, "已发送"), (FAILED, "失败"), (SKIPPED, "未发送")]

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=[(str(name), label) for name, label in CHANNEL_NAMES.items()])
    state = models.CharField(max_length=10, choices=STATES, default=PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发送记录"
        constraints = [models.UniqueConstraint(fields=["message", "channel"], name="delivery_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="pending"), name="delivery_due"),
            models.Index(fields=["claimed_at"], condition=models.Q(state="sending"), name="delivery_sending"),
        ]

    def __str__(self) -> str:
        return f"delivery:{self.pk}"
