"""What is sent to an audience, to whom it went, and what people are reminded of."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Sending(models.Model):
    """A message, with or without a coupon, to everybody of an audience who accepts marketing messages.

    city: whose staff send it; "" is staff of every city, to people of all. audience: `audiences.Audience`.
    coupon_kind_id: each gets one; who cannot have it gets no message either. per_minute: so many people.
    next_at: when the next of them are due, null before it was started and once it is through; last_id: the last person
    looked at. told, passed_over: how many got it, and how many did not.
    """

    DRAFT, RUNNING, STOPPED, DONE = "draft", "running", "stopped", "done"
    STATES = {DRAFT: "草稿", RUNNING: "发送中", STOPPED: "已停止", DONE: "已完成"}

    city = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=40)
    text = models.CharField(max_length=200)
    link = models.CharField(max_length=120, blank=True)
    audience = models.JSONField()
    coupon_kind_id = models.BigIntegerField(null=True, blank=True)
    per_minute = models.PositiveIntegerField(default=600)
    state = models.CharField(max_length=8, choices=list(STATES.items()), default=DRAFT)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    starts_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    last_id = models.BigIntegerField(default=0)
    told = models.PositiveIntegerField(default=0)
    passed_over = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "营销发送"
        indexes = [models.Index(fields=["next_at"], condition=models.Q(state="running"), name="sending_due")]
        constraints = [
            models.CheckConstraint(condition=models.Q(per_minute__gt=0), name="sending_moves"),
            models.CheckConstraint(
                condition=~models.Q(state="running") | models.Q(starts_at__isnull=False, next_at__isnull=False),
                name="sending_running_is_due",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SendingPerson(models.Model):
    """A sending has been to somebody, once. code: why he got nothing; "" when he did."""

    sending = models.ForeignKey(Sending, on_delete=models.CASCADE, related_name="people")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "发送对象"
        constraints = [models.UniqueConstraint(fields=["sending", "user"], name="sending_once_a_person")]


class Reminder(models.Model):
    """Somebody was reminded of what lapses then, once: his points, or one coupon of his (subject: its id)."""

    POINTS, COUPON = "points", "coupon"
    KINDS = {POINTS: "积分", COUPON: "优惠券"}

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=list(KINDS.items()))
    subject = models.BigIntegerField(default=0)
    due_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "到期提醒"
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "subject", "due_at"], name="reminder_once"),
        ]
