"""What people allowed us to send them by WeChat, and where it goes."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField
from web.notifications.models.delivery import Delivery


class Consent(models.Model):
    """One tap on 允许: WeChat lets us send one message of this template for it. key: the tap's, so that it counts once.

    Two tell of the same tap: the page, and WeChat's own event. other_key: what the second one called it.
    used_at: spent by `delivery`, or worth nothing since WeChat said so (43101), when `delivery` is null.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    template = models.CharField(max_length=24)
    key = models.CharField(max_length=80)
    other_key = models.CharField(max_length=80, blank=True, default="", db_default="")
    given_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)
    delivery = models.OneToOneField(Delivery, on_delete=models.SET_NULL, null=True, blank=True, related_name="consent")

    class Meta:
        verbose_name = verbose_name_plural = "订阅授权"
        constraints = [models.UniqueConstraint(fields=["user", "template", "key"], name="consent_once")]
        indexes = [
            models.Index(fields=["user", "template"], condition=models.Q(used_at=None), name="consent_left"),
        ]


class WeChatAccount(models.Model):
    """The user of our mini program that a person is. openid_hash: keyed, by which WeChat's events find him."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    openid = EncryptedTextField()
    openid_hash = models.CharField(max_length=64, default="", db_default="", db_index=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "微信账号"
