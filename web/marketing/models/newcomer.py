"""Somebody is new once."""

from django.conf import settings
from django.db import models


class Newcomer(models.Model):
    """A customer has an order with what only new customers get, of campaigns or of a coupon: one, which the database
    keeps single. Without a row where that order came to nothing.
    """

    customer = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    order_id = models.BigIntegerField(unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "新客优惠"
