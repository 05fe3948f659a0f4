"""People's commands to an order."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from web.accounts.encryption import EncryptedTextField
from web.orders.models.order import Order


class Command(models.Model):
    """A person's command: stored before Temporal hears of it, decided once, readable for ever.

    body: ids and listed choices only. typed: what must not travel further, the start code. Its id is the Update's id.
    outcome: {done, phase, version, code, details}.
    """

    PENDING, DONE, REFUSED, EXPIRED = "pending", "done", "refused", "expired"
    STATES = [(PENDING, "处理中"), (DONE, "已完成"), (REFUSED, "被拒绝"), (EXPIRED, "已超时")]

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="commands")
    key = models.CharField(max_length=80)
    move = models.CharField(max_length=30)
    role = models.CharField(max_length=10)
    body = models.JSONField()
    body_hash = models.CharField(max_length=64)
    typed = EncryptedTextField(blank=True)
    received_at = models.DateTimeField()
    valid_for_s = models.FloatField()
    state = models.CharField(max_length=10, choices=STATES, default=PENDING)
    outcome = models.JSONField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="command_once")]
        indexes = [models.Index(fields=["received_at"], condition=models.Q(state="pending"), name="command_pending")]

    @property
    def valid_until(self) -> datetime:
        """Nobody waits for it any longer."""
        return self.received_at + timedelta(seconds=self.valid_for_s)
