"""What went wrong with a visit, and what became of it."""

from datetime import datetime

from django.conf import settings
from django.db import models

from web.accounts.encryption import EncryptedTextField
from web.orders.models.order import Order
from workflows.transitions import EXCEPTION_TYPES, PHASE_NAMES, Role


class OrderException(models.Model):
    """异常: one report, from its raising to its outcome; kept for ever, searched by staff.

    phase: where the order was in its visit. place: where its worker was last seen, "lng,lat" GCJ-02, or empty.
    answered: the platform's first sign. level: who has been called for it, see LEVELS. outcome: empty while it is open;
    solved_by is None where nobody decided in time. cost_fen: what was given back for it.
    The deadlines are absolute; default_due is None where only
    people decide.
    """

    SAFETY = "safety"
    CONSENT = frozenset({"customer_absent", "address_wrong", "scope_larger", "damage", "other"})
    """Types in which the customer's word is enough to go on. Who is ill, in danger, or cannot come is not asked so."""

    DISPATCHER, MANAGER, OVERDUE = 1, 2, 3
    LEVELS = [(DISPATCHER, "调度员"), (MANAGER, "主管"), (OVERDUE, "主管（超时未解决）")]
    CONTINUED, SUPPLEMENT, WITHDRAWN = "continue", "continue_with_supplement", "withdrawn"
    RESCHEDULED = "reschedule"
    SOMEBODY_ELSE, ENDED_EARLY, REFUNDED = "send_somebody_else", "end_early", "cancel_with_refund"
    OUTCOMES = {
        CONTINUED: "继续服务",
        SUPPLEMENT: "补差价后继续",
        SOMEBODY_ELSE: "另派服务人员",
        RESCHEDULED: "改约",
        ENDED_EARLY: "提前结束，按比例收费",
        REFUNDED: "取消并按比例退款",
        WITHDRAWN: "已撤回",
    }
    ROLES = [(Role.CUSTOMER.value, "用户"), (Role.WORKER.value, "服务人员"), (Role.STAFF.value, "平台")]

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="exceptions")
    city = models.CharField(max_length=20)
    type = models.CharField(max_length=20, choices=list(EXCEPTION_TYPES.items()))
    phase = models.CharField(max_length=24, choices=[(phase.value, name) for phase, name in PHASE_NAMES.items()])
    text = EncryptedTextField(blank=True)
    place = EncryptedTextField(blank=True)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    raised_role = models.CharField(max_length=10, choices=ROLES)
    raised_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(choices=LEVELS, default=DISPATCHER)
    answer_due = models.DateTimeField()
    solve_due = models.DateTimeField()
    default_due = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    solved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    solved_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=30, blank=True)
    cost_fen = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "订单异常"
        indexes = [models.Index(fields=["city", "-raised_at"], name="exception_of_city")]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "raised_by", "type"], condition=models.Q(solved_at=None), name="exception_one_open"
            )
        ]

    @property
    def consent_suffices(self) -> bool:
        """Whether the customer alone may say that the visit goes on: not of what he has reported himself."""
        return self.type in self.CONSENT and self.raised_role != Role.CUSTOMER

    def may_be_withdrawn_by(self, user_id: int) -> bool:
        """Who reported it may; that a danger is over only the platform says: he may have been made to."""
        return self.raised_by_id == user_id and self.type != self.SAFETY

    @property
    def answer_s(self) -> float | None:
        """Seconds until somebody answered."""
        return self._seconds_until(self.answered_at)

    @property
    def solve_s(self) -> float | None:
        """Seconds until it was solved."""
        return self._seconds_until(self.solved_at)

    def _seconds_until(self, moment: datetime | None) -> float | None:
        return (moment - self.raised_at).total_seconds() if moment else None
