"""What one party of an order proposes and another answers."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField
from web.orders.models.order import Order
from workflows.transitions import PHASE_NAMES, Phase, Role

AT_THE_DOOR = frozenset({Phase.ARRIVED, Phase.IN_SERVICE, Phase.EXCEPTION})


class Proposal(models.Model):
    """A change of a live order that somebody has to agree to, before `due_at`. One at a time: the database keeps it so.

    by, to: roles; made_by: who proposed it. terms, by kind: SUPPLEMENT {lines: [{item_id (null: a free line), name,
    quantity, unit_price_fen, amount_fen}], extra_s}; RESCHEDULE {starts_at}. amount_fen: what it adds to the price, or,
    negative, takes off it. reason: what was typed, for the order's parties alone. ADDRESS is the customer's own change:
    it waits for its difference, so long he may withdraw it, or is DONE at once; terms as of a SUPPLEMENT and kept, what
    cancelling costs at least when it is DONE {kept_fee_fen, kept_for}; places: JSON {old, new}, for who knows the door.

    OPEN waits for the answer, APPROVED for the payment; each has a `due_at` of its own. DONE took effect.
    """

    SUPPLEMENT, RESCHEDULE, ADDRESS = "supplement", "reschedule", "address"
    KINDS = [(SUPPLEMENT, "补差价"), (RESCHEDULE, "改约"), (ADDRESS, "改地址")]

    OPEN, APPROVED, DONE = "open", "approved", "done"
    DECLINED, WITHDRAWN, LAPSED = "declined", "withdrawn", "lapsed"
    STATES = [
        *[(OPEN, "待答复"), (APPROVED, "待支付"), (DONE, "已生效")],
        *[(DECLINED, "已拒绝"), (WITHDRAWN, "已撤回"), (LAPSED, "已失效")],
    ]
    LIVES_IN = {
        (RESCHEDULE, OPEN): frozenset({Phase.ACCEPTED}),
        (SUPPLEMENT, OPEN): AT_THE_DOOR,
        (ADDRESS, APPROVED): frozenset({Phase.DISPATCHING, Phase.ACCEPTED}),
        (SUPPLEMENT, APPROVED): AT_THE_DOOR | {Phase.AWAITING_CONFIRMATION},
    }
    ROLES = [(Role.CUSTOMER.value, "用户"), (Role.WORKER.value, "服务人员"), (Role.STAFF.value, "平台")]

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="proposals")
    kind = models.CharField(max_length=12, choices=KINDS)
    state = models.CharField(max_length=10, choices=STATES, default=OPEN)
    by = models.CharField(max_length=10, choices=ROLES)
    to = models.CharField(max_length=10, choices=ROLES)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = EncryptedTextField(blank=True)
    places = EncryptedTextField(blank=True)
    terms = models.JSONField()
    amount_fen = models.IntegerField(default=0)
    phase = models.CharField(max_length=24, choices=[(phase.value, name) for phase, name in PHASE_NAMES.items()])
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "变更申请"
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(state__in=["open", "approved"]), name="proposal_one_live"
            )
        ]

    def lives_in(self, phase: Phase) -> bool:
        """Whether it can still be answered, or paid, in that phase."""
        return phase in self.LIVES_IN[(self.kind, self.state)]

    def waits_for(self, order: Order) -> int | None:
        """The user whose answer it waits for; None once that is given."""
        if self.state != self.OPEN:
            return None
        return order.customer_id if self.to == Role.CUSTOMER else order.worker_id
