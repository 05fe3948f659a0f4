"""Where an order of before comes from, when it was not placed here."""

from django.db import models
from django.utils import timezone

from web.orders.models.order import Order


class ImportedOrder(models.Model):
    """What the books that an order was imported from said of it, beyond its row. Written once.

    source, external_id: which books, and its number there, which is imported once; body_hash: of the line it came as.
    channel: by what it was paid there; rating: one to five, null where nobody gave one.
    """

    order = models.OneToOneField(Order, on_delete=models.PROTECT, primary_key=True, related_name="imported")
    source = models.CharField(max_length=20)
    external_id = models.CharField(max_length=50)
    body_hash = models.CharField(max_length=64)
    channel = models.CharField(max_length=20, blank=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "历史订单"
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="imported_once"),
            models.CheckConstraint(
                condition=models.Q(rating=None) | models.Q(rating__gte=1, rating__lte=5), name="imported_rating"
            ),
        ]
