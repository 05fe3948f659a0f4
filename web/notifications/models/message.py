"""What people are told."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Message(models.Model):
    """A message to one person, written in the transaction of what it tells of. It holds public fields only.

    kind: a key of KINDS, no choice of the column's, so that a new kind needs no migration. link: a path of the client.
    fields: what its text was made of, for the channels' own templates. useful_until: after it nobody is written to
    outside the app. planned_at: when its deliveries were decided on; until then it is the outbox.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=24)
    order_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=40)
    body = models.CharField(max_length=200)
    link = models.CharField(max_length=120, blank=True)
    fields = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    useful_until = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        indexes = [
            models.Index(fields=["user", "-id"], name="message_of_user"),
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="message_unread"),
            models.Index(fields=["id"], condition=models.Q(planned_at=None), name="message_unplanned"),
        ]

    def __str__(self) -> str:
        return f"message:{self.pk}"
