"""Double entry, append only: every journal's postings sum to zero, and the database refuses anything else.

The triggers of the first migration are the rule: a deferred one checks the sum at commit, another refuses UPDATE,
DELETE and TRUNCATE. Amounts are integer fen; a debit is positive, a credit negative.

| account | what its balance is |
|---|---|
| cash (by channel) | debit: what the platform holds at a gateway |
| in_transit | credit: what customers paid for work that is not settled yet |
| refunds_payable | credit: what was promised back and no gateway has given back yet; by customer: his compensation |
| worker_frozen (by worker) | credit: earned, and kept for the days that the terms say |
| worker_payable (by worker) | credit: his to withdraw; a debit is what he owes, recovered from what he earns next |
| payouts (by payee) | credit: on its way to a worker's or a customer's wallet |
| commission, fees | credit: the platform's part of finished and of cancelled orders |
| compensation | debit: what the platform gave at its own expense |
| coupons | debit: what coupons took off prices, at the platform's expense |

Rounding: a share is rounded down to the fen, and the other side, the last one, takes the remainder (`web.money.share`).
"""

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField


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
        (IN_TRANSIT, "用户在途资金"),
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

    KINDS = {
        "payment": "用户付款",
        "settlement": "订单结算",
        "release": "收入解冻",
        "refund_agreed": "同意退款",
        "price_fallen": "价格下调",
        "cancellation": "取消订单",
        "late_payment": "迟到的付款",
        "coupons_corrected": "优惠成本更正",
        "compensation": "补偿",
        "refund": "退款到账",
        "tip": "打赏",
        "withdrawal": "提现",
        "withdrawal_paid": "提现到账",
        "withdrawal_returned": "提现退回",
    }

    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=list(KINDS.items()))
    order_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "账目"

    def __str__(self) -> str:
        return f"第 {self.pk} 笔"


class Posting(models.Model):
    """One side of a journal: fen, debit positive, credit negative, never zero."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    amount_fen = models.BigIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = "分录"
        constraints = [models.CheckConstraint(condition=~models.Q(amount_fen=0), name="ledger_posting_not_zero")]


class Withdrawal(models.Model):
    """Money for somebody's wallet: a worker asks for what he has earned, or a customer is paid a compensation.

    The database keeps a worker's to one that is open at a time, and a compensation to one that is not off.
    compensation_id, order_id: what a customer's is for; null for a worker's.
    WAITING: the channel has it and waits for the receiver to confirm it in his wallet. RETURNED: the channel did not
    pay, so that it is the worker's balance, or owed to the customer, again. gateway_no: the channel's number.
    key: the Idempotency-Key of who asked. OTHERWISE is the channel of what staff paid by other means; note says how.
    """

    REQUESTED, APPROVED, WAITING = "requested", "approved", "waiting"
    PAID, DECLINED, RETURNED = "paid", "declined", "returned"
    STATES = {
        REQUESTED: "待审核",
        APPROVED: "打款中",
        WAITING: "待收款确认",
        PAID: "已到账",
        DECLINED: "审核未通过",
        RETURNED: "打款失败，已退回余额",
    }
    OPEN = (REQUESTED, APPROVED, WAITING)
    OTHERWISE = "otherwise"
    OWED_AGAIN = "打款失败，平台处理中"
    REASONS = {"identity": "身份信息不一致", "dispute": "有未处理的纠纷", "risk": "账户存在风险", "other": "其他原因"}

    payee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="withdrawals")
    compensation_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    order_id = models.BigIntegerField(null=True, blank=True)
    key = models.CharField(max_length=80)
    channel = models.CharField(max_length=20)
    amount_fen = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=list(STATES.items()), default=REQUESTED)
    reason = models.CharField(max_length=20, blank=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    needs_ops = models.BooleanField(default=False)
    gateway_no = models.CharField(max_length=64, blank=True)
    note = EncryptedTextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "提现"
        constraints = [
            models.UniqueConstraint(fields=["payee", "key"], name="withdrawal_once"),
            models.UniqueConstraint(
                fields=["payee"],
                condition=models.Q(state__in=("requested", "approved", "waiting"), compensation_id=None),
                name="withdrawal_one_open",
            ),
            models.UniqueConstraint(
                fields=["compensation_id"],
                condition=models.Q(state__in=("approved", "waiting", "paid")),
                name="withdrawal_one_compensation",
            ),
        ]

    @property
    def waits_for_review(self) -> bool:
        """Whether somebody has to decide on it."""
        return self.state == self.REQUESTED

    @property
    def is_stuck(self) -> bool:
        """Whether its channel does not move it, and is asked on."""
        return self.needs_ops and self.state in self.OPEN

    @property
    def is_paid(self) -> bool:
        """Whether its payee has it."""
        return self.state == self.PAID

    @property
    def label(self) -> str:
        """Its state, as people read it."""
        return self.OWED_AGAIN if self.compensation_id and self.state == self.RETURNED else self.STATES[self.state]
