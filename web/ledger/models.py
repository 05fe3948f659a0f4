"""Double entry, append only: every journal's postings sum to zero, and the database refuses anything else.

The triggers of the first migration are the rule: a deferred one checks the sum at commit, another refuses UPDATE,
DELETE and TRUNCATE. Amounts are integer fen; a debit is positive, a credit negative.
"""

from django.db import models
from django.utils import timezone


class Account(models.Model):
    """A place where money is. `owner` is a user's id for accounts that people own, else 0."""

    CASH = "cash"
    IN_TRANSIT = "in_transit"
    WORKER_PAYABLE = "worker_payable"
    COMMISSION = "commission"
    FEES = "fees"
    REFUNDS_PAYABLE = "refunds_payable"
    WORKER_FROZEN = "worker_frozen"
    PAYOUTS = "payouts"
    COMPENSATION = "compensation"
    COUPONS = "coupons"
    KINDS = [
        (CASH, "平台资金"),
        (IN_TRANSIT, "客户在途资金"),
        (WORKER_PAYABLE, "应付服务人员"),
        (COMMISSION, "平台佣金"),
        (FEES, "取消费收入"),
        (REFUNDS_PAYABLE, "应退款"),
        (WORKER_FROZEN, "服务人员冻结款"),
        (PAYOUTS, "提现在途"),
        (COMPENSATION, "补偿支出"),
        (COUPONS, "优惠券成本"),
    ]

    kind = models.CharField(max_length=20, choices=KINDS)
    channel = models.CharField(max_length=20, blank=True)
    owner = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "账户"
        constraints = [models.UniqueConstraint(fields=["kind", "channel", "owner"], name="ledger_account_once")]


class Journal(models.Model):
    """One business fact about money. `key` names the fact, so that it is posted once, for example `order:7:settled`."""

    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20)
    order_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "记账"


class Posting(models.Model):
    """One side of a journal: fen, debit positive, credit negative, never zero."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    amount_fen = models.BigIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "分录"
        constraints = [models.CheckConstraint(condition=~models.Q(amount_fen=0), name="ledger_posting_not_zero")]
