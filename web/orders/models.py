"""The order and everything that is kept about it. Money is fen, times UTC, durations seconds, coordinates GCJ-02
degrees.
"""

from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField
from web.catalog.models import Service
from workflows.transitions import PHASE_NAMES, Facts, Move, Phase, Role, allowed_moves


class Policy(models.Model):
    """Terms as data: the newest row of a kind that fits city and service wins, the more specific before the newer.

    data: overrides of the defaults in `web.orders.policies`, snapshotted whole on each order at purchase.
    """

    kind = models.CharField(max_length=20)
    city = models.CharField(max_length=20, blank=True)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True)
    data = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = verbose_name_plural = "规则"
        indexes = [models.Index(fields=["kind", "city"], name="policy_kind_city")]


class Order(models.Model):
    """The row that arbitrates: what a committed transaction says here has happened.

    Only the steps of `web.orders.services` write phase and version, each under `WHERE version = expected`. policies:
    the terms as they were at purchase. phase_since: when it entered its phase; late_told: this phase's alarm went.
    ended_at: the actor is through, nothing more can be asked of it. steps_done: how many of its records are ticked.
    key, body_hash: the Idempotency-Key it was placed with.
    """

    PHASES = [(phase.value, name) for phase, name in PHASE_NAMES.items()]

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs", null=True, blank=True
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    service_name = models.CharField(max_length=40)
    city = models.CharField(max_length=20)

    phase = models.CharField(max_length=24, choices=PHASES, default=Phase.AWAITING_PAYMENT.value)
    phase_since = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)
    exhausted = models.BooleanField(default=False)
    late_told = models.BooleanField(default=False)
    needs_ops = models.BooleanField(default=False)

    starts_at = models.DateTimeField()
    duration_s = models.PositiveIntegerField()
    request = EncryptedTextField(blank=True)
    contact_name = EncryptedTextField()
    contact_phone = EncryptedTextField()
    place = EncryptedTextField()
    door = EncryptedTextField(blank=True)
    district = models.CharField(max_length=20)
    lng = models.FloatField()
    lat = models.FloatField()
    start_code = EncryptedTextField()
    start_code_tries = models.PositiveSmallIntegerField(default=0)
    arrived_off_m = models.PositiveIntegerField(null=True, blank=True)
    steps_done = models.PositiveSmallIntegerField(default=0, db_default=0)
    steps_total = models.PositiveSmallIntegerField(default=0, db_default=0)

    total_fen = models.PositiveIntegerField()
    policies = models.JSONField()
    paid_at = models.DateTimeField(null=True, blank=True)
    cancel_fee_fen = models.PositiveIntegerField(default=0)
    cancelled_by = models.CharField(max_length=10, blank=True)
    cancel_reason = models.CharField(max_length=20, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    refund_id = models.BigIntegerField(null=True, blank=True)
    refunded_at = models.DateTimeField(null=True, blank=True)

    payment_due = models.DateTimeField(null=True, blank=True)
    depart_by = models.DateTimeField(null=True, blank=True)
    arrive_by = models.DateTimeField(null=True, blank=True)
    autoconfirm_at = models.DateTimeField(null=True, blank=True)
    review_until = models.DateTimeField(null=True, blank=True)

    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    placed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "订单"
        indexes = [
            models.Index(fields=["city", "phase"], condition=models.Q(ended_at=None), name="order_live"),
            models.Index(fields=["customer", "-id"], name="order_of_customer"),
            models.Index(fields=["worker", "-id"], name="order_of_worker"),
        ]
        constraints = [models.UniqueConstraint(fields=["customer", "key"], name="order_key_once")]

    def __str__(self) -> str:
        return f"order:{self.pk}"

    @cached_property
    def open_offer(self) -> "Offer | None":
        """The offer that is waiting for an answer, with its worker: read once, when it is first asked for."""
        return self.offers.select_related("worker").filter(state=Offer.OPEN).first()

    @property
    def is_worked_off(self) -> bool:
        """Whether every step of the service is ticked."""
        return self.steps_done == self.steps_total

    def facts_for(self, user_id: int, *, code_locked: bool) -> Facts:
        """What the table's guards ask about this order and this person."""
        offer = self.open_offer
        return Facts(
            has_open_offer=offer is not None and offer.worker_id == user_id,
            is_assigned=self.worker_id == user_id,
            steps_done=self.is_worked_off,
            code_locked=code_locked,
        )

    def allowed_moves(self, role: Role, facts: Facts) -> list[Move]:
        """What `role` may ask of this order now; nothing once its actor is through."""
        return [] if self.ended_at else allowed_moves(Phase(self.phase), role, facts)


class OrderLine(models.Model):
    """One line of the price as quoted: amount = quantity × unit price; `rule` says where it comes from."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    quantity = models.PositiveIntegerField()
    unit_price_fen = models.IntegerField()
    amount_fen = models.IntegerField()
    rule = models.CharField(max_length=40)

    class Meta:
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="order_line_once")]


class OrderEvent(models.Model):
    """The timeline: append only (a trigger refuses anything else), never pruned. `version` is the order's after it."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    version = models.PositiveIntegerField()
    type = models.CharField(max_length=30)
    phase_before = models.CharField(max_length=24)
    phase = models.CharField(max_length=24)
    role = models.CharField(max_length=10)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    key = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("version",)
        constraints = [models.UniqueConstraint(fields=["order", "version"], name="order_event_once")]


class OrderStep(models.Model):
    """The idempotency of a transition: one row per (order, key), with the result that a repetition gets back."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT)
    key = models.CharField(max_length=80)
    result = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "key"], name="order_step_once")]


class Command(models.Model):
    """A person's command: stored before Temporal hears of it, decided once, readable for ever.

    body: ids and listed choices only. typed: what must not travel further, the start code. Its id is the Update's id.
    outcome: {done, phase, version, code, details}.
    """

    PENDING, DONE, REFUSED, EXPIRED = "pending", "done", "refused", "expired"
    STATES = [(PENDING, "处理中"), (DONE, "已完成"), (REFUSED, "被拒绝"), (EXPIRED, "已超时")]

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="commands")
    key = models.CharField(max_length=80)
    move = models.CharField(max_length=20)
    role = models.CharField(max_length=10)
    body = models.JSONField()
    body_hash = models.CharField(max_length=64)
    typed = EncryptedTextField(blank=True)
    received_at = models.DateTimeField()
    valid_for_s = models.FloatField()
    state = models.CharField(max_length=10, choices=STATES, default=PENDING)
    outcome = models.JSONField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="command_once")]
        indexes = [models.Index(fields=["received_at"], condition=models.Q(state="pending"), name="command_pending")]

    @property
    def valid_until(self) -> datetime:
        """Nobody waits for it any longer."""
        return self.received_at + timedelta(seconds=self.valid_for_s)


class Ranking(models.Model):
    """A ranking as it was: every candidate's terms, every exclusion's reason, so that it can be explained and replayed.

    candidates: [{worker_id, name, score, distance_m, travel_s, terms: [{name, value, weight, points}]}] best first;
    excluded: [{worker_id, name, reason}].
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="rankings")
    candidates = models.JSONField()
    excluded = models.JSONField()
    at = models.DateTimeField(default=timezone.now)


class Offer(models.Model):
    """An order offered to a worker until `due_at`. One open offer per order: the database keeps it so."""

    OPEN, ACCEPTED, REFUSED, LAPSED, WITHDRAWN = "open", "accepted", "refused", "lapsed", "withdrawn"
    STATES = [(OPEN, "待接单"), (ACCEPTED, "已接单"), (REFUSED, "已拒单"), (LAPSED, "超时未接"), (WITHDRAWN, "已撤回")]
    REASONS = {
        "too_far": "距离太远",
        "busy": "时间冲突",
        "unwell": "身体不适",
        "no_tools": "缺少工具",
        "other": "其他原因",
    }

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="offers")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="offers")
    ranking = models.ForeignKey(Ranking, on_delete=models.PROTECT, null=True)
    state = models.CharField(max_length=10, choices=STATES, default=OPEN)
    reason = models.CharField(max_length=20, blank=True)
    distance_m = models.PositiveIntegerField()
    travel_s = models.PositiveIntegerField()
    pay_fen = models.PositiveIntegerField()
    offered_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=models.Q(state="open"), name="offer_one_open")
        ]
        indexes = [models.Index(fields=["worker", "-id"], name="offer_of_worker")]


class ServiceRecord(models.Model):
    """A step of the service as bought, and when it was ticked."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="records")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    standard = models.CharField(max_length=200, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="service_record_once")]


class Alarm(models.Model):
    """Something that needs a person of the platform. It rings again at `ring_again_at` until somebody takes it."""

    NOBODY_ACCEPTS, LATE_TO_DEPART, LATE_TO_ARRIVE = "nobody_accepts", "late_to_depart", "late_to_arrive"
    WORKER_SILENT, START_CODE_LOCKED, NEEDS_OPS = "worker_silent", "start_code_locked", "needs_ops"
    START_NEAR = "start_near"
    KINDS = {
        NOBODY_ACCEPTS: "无人接单",
        START_NEAR: "临近未派",
        LATE_TO_DEPART: "未按时出发",
        LATE_TO_ARRIVE: "未按时到达",
        WORKER_SILENT: "服务人员失联",
        START_CODE_LOCKED: "服务码锁定",
        NEEDS_OPS: "需要人工处理",
    }
    NEXT_STEPS = {
        NOBODY_ACCEPTS: "手动指派；没有合适的人就联系用户",
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
