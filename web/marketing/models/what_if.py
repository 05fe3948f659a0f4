"""What was tried on last month's orders, and what it would have come to."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class WhatIfRun(models.Model):
    """One try: asked for, then worked out by a workflow of its own, then kept.

    trial: `web.marketing.what_if.Trial` as JSON; kind: which; subject_id: the campaign or the service it is about;
    name: what that was called.
    city: of whose orders, "" of all. since, until: when they were placed. result: numbers by name, null until it is
    done; code: why there will be none.
    """

    KINDS = {"campaign": "营销活动", "pricing": "价格与加价", "cancellation": "取消规则", "service": "服务项目"}

    kind = models.CharField(max_length=12, choices=list(KINDS.items()))
    subject_id = models.BigIntegerField(null=True, blank=True)
    name = models.CharField(max_length=40, blank=True)
    city = models.CharField(max_length=20, blank=True)
    trial = models.JSONField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    result = models.JSONField(null=True, blank=True)
    code = models.CharField(max_length=40, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "试算记录"
        indexes = [
            models.Index(fields=["asked_at"], condition=models.Q(done_at=None), name="what_if_waits"),
            models.Index(fields=["kind", "subject_id", "-id"], name="what_if_of_subject"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_at=None, result=None, code="")
                | models.Q(done_at__isnull=False, result__isnull=False, code="")
                | (models.Q(done_at__isnull=False, result=None) & ~models.Q(code="")),
                name="what_if_done_has_its_result",
            ),
        ]

    def __str__(self) -> str:
        return f"试算 {self.pk}"
