"""What the platform pays because it, or somebody of its, could not keep a promise."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.orders.models.order import Order


class Compensation(models.Model):
    """Money of the platform's for a customer or a worker because of an order, fen; posted to the ledger with it.

    A worker's is among his earnings. A customer's is owed to him: no gateway gives back more than was paid, so it is
    paid out to his wallet (`web.ledger.withdrawals`), and the alarm 待支付补偿 stands until it is there.
    key: of the step that found it, so that each no-show is one of its own.
    """

    RULES = {"worker_no_show": "服务人员未到场", "staff": "平台补偿"}

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="compensations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=20, choices=list(RULES.items()))
    key = models.CharField(max_length=80)
    amount_fen = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "user", "rule", "key"], name="compensation_once")]
