"""What needs a person of the platform."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.orders.models.order import Order


class Alarm(models.Model):
    """Something that needs a person of the platform. It rings again at `ring_again_at` until somebody takes it."""

    NOBODY_ACCEPTS, LATE_TO_DEPART, LATE_TO_ARRIVE = "nobody_accepts", "late_to_depart", "late_to_arrive"
    WORKER_SILENT, START_CODE_LOCKED, NEEDS_OPS = "worker_silent", "start_code_locked", "needs_ops"
    START_NEAR, BY_HAND = "start_near", "by_hand"
    KINDS = {
        NOBODY_ACCEPTS: "无人接单",
        BY_HAND: "待人工派单",
        START_NEAR: "临近未派",
        LATE_TO_DEPART: "未按时出发",
        LATE_TO_ARRIVE: "未按时到达",
        WORKER_SILENT: "服务人员失联",
        START_CODE_LOCKED: "服务码锁定",
        NEEDS_OPS: "需要人工处理",
    }
    NEXT_STEPS = {
        NOBODY_ACCEPTS: "手动指派；没有合适的人就联系用户",
        BY_HAND: "选择合适的服务人员手动指派",
        START_NEAR: "立即手动指派，或联系用户改约",
        LATE_TO_DEPART: "联系服务人员确认是否出发",
        LATE_TO_ARRIVE: "联系服务人员，并告知用户预计到达时间",
        WORKER_SILENT: "联系服务人员确认安全",
        START_CODE_LOCKED: "核实双方身份后重置服务码",
        NEEDS_OPS: "检查支付渠道后重试",
    }

    kind = models.CharField(max_length=20, choices=list(KINDS.items()))
    city = models.CharField(max_length=20)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="alarms")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    ring_again_at = models.DateTimeField()
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"], condition=models.Q(cleared_at=None), name="alarm_one_open"
            )
        ]
