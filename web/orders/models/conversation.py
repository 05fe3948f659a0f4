"""What the people of an order say to each other, and the photos that belong to it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField
from web.orders.models.case import AfterSalesCase
from web.orders.models.exception import OrderException
from web.orders.models.order import Order, ServiceRecord
from web.photos.models import Photo
from workflows.transitions import Role


class Message(models.Model):
    """One message in an order's conversation: a text, photos, or both. Never changed.

    key, body_hash: the Idempotency-Key that it was sent with, and what was.
    """

    ROLES = [(Role.CUSTOMER.value, "用户"), (Role.WORKER.value, "服务人员"), (Role.STAFF.value, "平台")]

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=ROLES)
    text = EncryptedTextField(blank=True)
    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "订单会话"
        constraints = [models.UniqueConstraint(fields=["author", "key"], name="message_once")]
        indexes = [models.Index(fields=["order", "-id"], name="message_of_order")]


class OrderPhoto(models.Model):
    """A photo as part of an order: of a 售后 case, an exception, a message, or a step of the service (before or after
    it).
    """

    STAGES = {"before": "服务前", "after": "服务后"}

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="photos")
    photo = models.ForeignKey(Photo, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(AfterSalesCase, on_delete=models.PROTECT, null=True, related_name="photos")
    exception = models.ForeignKey(OrderException, on_delete=models.PROTECT, null=True, related_name="photos")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="photos")
    record = models.ForeignKey(ServiceRecord, on_delete=models.PROTECT, null=True, related_name="photos")
    stage = models.CharField(max_length=10, blank=True, choices=list(STAGES.items()))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(case=None, exception=None, message=None, record__isnull=False)
                | models.Q(case=None, exception=None, message__isnull=False, record=None)
                | models.Q(case=None, exception__isnull=False, message=None, record=None)
                | models.Q(case__isnull=False, exception=None, message=None, record=None),
                name="order_photo_of_one",
            ),
            models.UniqueConstraint(fields=["record", "stage", "photo"], name="order_photo_once"),
        ]
