"""Terms as data."""

from django.db import models
from django.utils import timezone

from web.catalog.models import Service


class Policy(models.Model):
    """Terms as data: the newest row of a kind that fits city and service wins, the more specific before the newer.

    data: overrides of the defaults in `web.orders.policies`, snapshotted whole on each order at purchase.
    """

    kind = models.CharField(max_length=20)
    city = models.CharField(max_length=20, blank=True)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True)
    data = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = "规则", "规则与价格"
        indexes = [models.Index(fields=["kind", "city"], name="policy_kind_city")]

    def __str__(self) -> str:
        return f"第 {self.pk} 条"
