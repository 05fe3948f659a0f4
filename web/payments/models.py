"""Money in and money back, and the inbox of what gateways tell us. Amounts are integer fen."""

from django.db import models
from django.utils import timezone

LATE = ":late"
"""How the key of a refund ends that gives back money which came too late."""


class Payment(models.Model):
    """An attempt to pay by one channel. `gateway_no` is the gateway's number, unique once known.

    purpose: what of the order is paid: ORDER its price as placed; SUPPLEMENT what was agreed later; TIP. subject_id:
    the row that this is about, 0 for ORDER. One charge is (order, purpose, subject). needs_ops: whether it was paid its
    gateway does not say, or says otherwise each time; it is asked on.
    """

    ORDER, SUPPLEMENT, TIP = "order", "supplement", "tip"
    PURPOSES = [(ORDER, "订单"), (SUPPLEMENT, "补差价"), (TIP, "打赏")]

    OPEN, PAID, CLOSED = "open", "paid", "closed"
    STATES = [(OPEN, "待支付"), (PAID, "已支付"), (CLOSED, "已关闭")]

    order_id = models.BigIntegerField(db_index=True)
    purpose = models.CharField(max_length=12, choices=PURPOSES, default=ORDER, db_default=ORDER)
    subject_id = models.BigIntegerField(default=0, db_default=0)
    channel = models.CharField(max_length=20)
    amount_fen = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=STATES, default=OPEN)
    gateway_no = models.CharField(max_length=64, unique=True, null=True, blank=True)
    needs_ops = models.BooleanField(default=False, db_default=False)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "支付"
        constraints = [
            models.UniqueConstraint(
                fields=["order_id", "purpose", "subject_id", "channel"],
                condition=models.Q(state="open"),
                name="payment_one_open",
            )
        ]


class Refund(models.Model):
    """Money on its way back to a customer. `key` names why: one reason gives a payment's money back once.

    A trigger keeps the sum of a payment's refunds within what was paid.
    """

    PENDING, DONE = "pending", "done"
    STATES = [(PENDING, "待退款"), (DONE, "已退款")]

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    key = models.CharField(max_length=80)
    amount_fen = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=STATES, default=PENDING)
    gateway_no = models.CharField(max_length=64, unique=True, null=True, blank=True)
    needs_ops = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "退款"
        indexes = [models.Index(fields=["created_at"], condition=models.Q(state="pending"), name="refund_pending")]
        constraints = [models.UniqueConstraint(fields=["payment", "key"], name="refund_once")]

    @property
    def is_late_money(self) -> bool:
        """Whether it gives money back that came too late: it never was the order's, nor is this refund."""
        return self.key.endswith(LATE)


class GatewayMessage(models.Model):
    """The inbox: one row per event of a gateway, however often it calls. Signalled to its workflow until that is
    done.
    """

    gateway_id = models.CharField(max_length=80, unique=True)
    channel = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True)
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True)
    amount_fen = models.PositiveIntegerField()
    gateway_no = models.CharField(max_length=64)
    received_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "支付通知"


class SandboxTrade(models.Model):
    """The sandbox gateway's own books: it stands outside the platform and is reached only by its client and its
    callbacks. part_of: for a refund, the number of the payment that it is of.
    """

    number = models.CharField(max_length=64, unique=True)
    out_number = models.CharField(max_length=80, unique=True)
    part_of = models.CharField(max_length=80, blank=True, db_index=True)
    kind = models.CharField(max_length=10)
    amount_fen = models.PositiveIntegerField()
    state = models.CharField(max_length=20)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "沙箱交易"


class SandboxMood(models.Model):
    """How the sandbox was told to misbehave about one number of ours: see `web.payments.sandbox.misbehave`."""

    out_number = models.CharField(max_length=80, unique=True)
    mood = models.CharField(max_length=20)

    class Meta:
        verbose_name = verbose_name_plural = "沙箱故障"
