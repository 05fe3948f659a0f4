"""What needs a person of the platform."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField
from web.orders.models.order import Order


class Alarm(models.Model):
    """Something that needs a person of the platform. It rings again at `ring_again_at` until somebody takes it.

    order, withdrawal_id: what it is about, one of both. owner: at which level it has to be looked after; due_at: by
    when, or it goes to the next level. closed_by, note: of one that a person closed.
    """

    NOBODY_ACCEPTS, LATE_TO_DEPART, LATE_TO_ARRIVE = "nobody_accepts", "late_to_depart", "late_to_arrive"
    WORKER_SILENT, START_CODE_LOCKED, NEEDS_OPS = "worker_silent", "start_code_locked", "needs_ops"
    CASE_OPEN, CASE_OVERDUE = "case_open", "case_overdue"
    EXCEPTION_OPEN, EXCEPTION_SAFETY = "exception_open", "exception_safety"
    EXCEPTION_UNANSWERED, EXCEPTION_UNSOLVED = "exception_unanswered", "exception_unsolved"
    START_NEAR, NOT_DEPARTED, NOT_ARRIVED = "start_near", "not_departed", "not_arrived"
    ABSENCE, NOT_STARTED, OVERRUN, COMPENSATION_DUE = "absence", "not_started", "overrun", "compensation_due"
    BY_HAND, CHANNEL_BROKEN = "by_hand", "channel_broken"
    WITHDRAWAL_DUE, PAYOUT_STUCK = "withdrawal_due", "payout_stuck"
    KINDS = {
        NOBODY_ACCEPTS: "无人接单",
        BY_HAND: "待人工派单",
        START_NEAR: "临近未派",
        LATE_TO_DEPART: "未按时出发",
        NOT_DEPARTED: "迟迟未出发",
        LATE_TO_ARRIVE: "未按时到达",
        NOT_ARRIVED: "服务人员未到场",
        WORKER_SILENT: "服务人员失联",
        ABSENCE: "用户不在待核实",
        NOT_STARTED: "到达后迟迟未开始",
        OVERRUN: "服务超时未完成",
        START_CODE_LOCKED: "服务码锁定",
        CASE_OPEN: "售后申请",
        CASE_OVERDUE: "售后超时未答复",
        NEEDS_OPS: "需要人工处理",
        EXCEPTION_SAFETY: "人身安全异常",
        EXCEPTION_OPEN: "订单异常待处理",
        EXCEPTION_UNANSWERED: "异常无人响应",
        EXCEPTION_UNSOLVED: "异常超时未解决",
        COMPENSATION_DUE: "待支付补偿",
        CHANNEL_BROKEN: "通知渠道故障",
        WITHDRAWAL_DUE: "提现待审核",
        PAYOUT_STUCK: "提现打款受阻",
    }
    NEXT_STEPS = {
        BY_HAND: "选择合适的服务人员手动指派",
        NOBODY_ACCEPTS: "手动指派；没有合适的人就联系用户，或由平台取消订单",
        START_NEAR: "立即手动指派；无人可派就联系用户，或由平台取消订单",
        LATE_TO_DEPART: "联系服务人员确认是否出发",
        NOT_DEPARTED: "改派他人，或与用户商定后取消订单",
        LATE_TO_ARRIVE: "联系服务人员，并告知用户预计到达时间",
        NOT_ARRIVED: "联系双方：改派他人，或取消订单并全额退款",
        WORKER_SILENT: "联系服务人员确认安全",
        ABSENCE: "联系用户和服务人员核实；确认不在就取消订单",
        NOT_STARTED: "联系双方了解为何还没开始",
        OVERRUN: "联系服务人员了解进度，并告知用户",
        START_CODE_LOCKED: "核实双方身份后重置服务码",
        CASE_OPEN: "查看用户的售后申请并答复",
        CASE_OVERDUE: "立即答复用户的售后申请，或上报主管",
        NEEDS_OPS: "检查支付渠道后重试",
        EXCEPTION_SAFETY: "立即电话确认双方安全，必要时报警",
        EXCEPTION_OPEN: "联系双方了解情况，给出处理结果",
        EXCEPTION_UNANSWERED: "主管介入：指定专人立即响应",
        EXCEPTION_UNSOLVED: "主管介入：当场给出处理结果",
        COMPENSATION_DUE: "补偿正自动打款给用户；未能到账就重新打款，或以其他方式支付并登记",
        CHANNEL_BROKEN: "查看发送记录：为短信账户充值，或修正模板、签名、密钥；恢复后自动解除",
        WITHDRAWAL_DUE: "核对后通过或驳回",
        PAYOUT_STUCK: "检查打款渠道后重试",
    }

    LASTING = (NEEDS_OPS, COMPENSATION_DUE, CHANNEL_BROKEN)
    """About money, or what all orders need: whatever becomes of the visit, they stand until that is done, or somebody
    closes them by hand.
    """

    DISPATCHER, MANAGER = "dispatcher", "manager"
    OWNERS = {DISPATCHER: "调度员", MANAGER: "主管"}
    LEVELS = {
        EXCEPTION_SAFETY: MANAGER,
        EXCEPTION_UNANSWERED: MANAGER,
        EXCEPTION_UNSOLVED: MANAGER,
        CHANNEL_BROKEN: MANAGER,
    }

    kind = models.CharField(max_length=20, choices=list(KINDS.items()))
    city = models.CharField(max_length=20)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="alarms")
    withdrawal_id = models.BigIntegerField(null=True, blank=True)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    ring_again_at = models.DateTimeField()
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    owner = models.CharField(max_length=10, choices=list(OWNERS.items()), default=DISPATCHER, db_default=DISPATCHER)
    due_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    note = EncryptedTextField(blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"], condition=models.Q(cleared_at=None), name="alarm_one_open"
            ),
            models.UniqueConstraint(
                fields=["withdrawal_id", "kind"],
                condition=models.Q(cleared_at=None),
                name="alarm_one_open_withdrawal",
            ),
            models.CheckConstraint(
                condition=models.Q(order=None) ^ models.Q(withdrawal_id=None), name="alarm_about_one_thing"
            ),
        ]
