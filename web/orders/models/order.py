"""The order itself, its price and its work. Money is fen, times UTC, durations seconds, coordinates GCJ-02 degrees."""

from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from web.accounts.encryption import EncryptedTextField
from web.catalog.content import Content
from web.catalog.models import Service, ServiceVersion
from web.orders.policies import Policies
from web.orders.terms import stored
from workflows.transitions import BEGUN, DOOR, PHASE_NAMES, REPLACEABLE, Facts, Move, Phase, Role, allowed_moves

if TYPE_CHECKING:
    from web.orders.models.exception import OrderException
    from web.orders.models.offer import Offer
    from web.orders.models.proposal import Proposal


class Order(models.Model):
    """The row that arbitrates: what a committed transaction says here has happened.

    Only the steps of `web.orders.services` write phase and version, each under `WHERE version = expected`. policies:
    the terms as they were at purchase. phase_since: when it entered its phase; late_told: this phase's alarm went.
    commission_bp: the platform's part, fixed when its worker took it. frozen_until: so long his earning is kept from
    him; released_at: when it was let go.
    discount_fen: what campaigns, a coupon and points have taken off the total, as far as it still stands: what went
    back is without it; discount_worker_fen: what of it the worker bears, and not the platform.
    refund_fen: of what was paid, so much is to go back, and refunded_fen is back; refunded_at: since when all of it is.
    exception_from: the phase that it left for EXCEPTION, while it is there.
    absent_until: the customer is reported absent and waited for until then; absence_proven: by where the worker is, and
    undisputed. no_show: its worker has not come. not_departed: he did not leave, and the dispatcher decides.
    expected_at: when its worker can be there, where that is later than was promised.
    moves_at: when its actor moves by itself (`workflows.deadlines`), or is looked at again. ended_at: it is through,
    nothing more can be asked of it. steps_done: how many of its records are ticked.
    work_begun: somebody has started the service, be it that he was replaced since.
    open_case_id, case_overdue: its 售后 case that waits for an answer.
    rework_of: the order whose work this one makes good; rework_by: who is to come, see REWORK_BY. warranty_until: so
    long what is complained of may be made good free.
    picked_worker: whom the customer wants to come, as long as he may; picked_fen: what of the price is for that alone.
    way_m: how far the nearest would have come when it was priced, whether its terms counted that or not; picked_way_m:
    how far he whom the customer picked. None where nobody reckoned it.
    proposal_id: the proposal that waits for an answer or a payment.
    service_version: what was bought, whatever became of the service since; chosen: the customer's answers and add-ons
    (`web.orders.pricing.Chosen`); staff: how many come.
    key, body_hash: the Idempotency-Key it was placed with.
    imported_from: the books that it comes from (`ImportedOrder`); "" for what was placed here. It has ended, and never
    had an actor, nor money in our ledger.
    """

    PHASES = [(phase.value, name) for phase, name in PHASE_NAMES.items()]
    FIRST, ANYBODY, ANOTHER = "first", "anybody", "another"
    REWORK_BY = {FIRST: "优先由原服务人员返工", ANYBODY: "不限服务人员", ANOTHER: "更换服务人员"}

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs", null=True, blank=True
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    service_version = models.ForeignKey(ServiceVersion, on_delete=models.PROTECT, related_name="+")
    service_name = models.CharField(max_length=40)
    chosen = models.JSONField(default=dict, db_default={})
    staff = models.PositiveSmallIntegerField(default=1, db_default=1)
    city = models.CharField(max_length=20)

    phase = models.CharField(max_length=24, choices=PHASES, default=Phase.AWAITING_PAYMENT.value)
    phase_since = models.DateTimeField(default=timezone.now)
    exception_from = models.CharField(max_length=24, choices=PHASES, blank=True, default="", db_default="")
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
    work_begun = models.BooleanField(default=False, db_default=False)
    steps_done = models.PositiveSmallIntegerField(default=0, db_default=0)
    steps_total = models.PositiveSmallIntegerField(default=0, db_default=0)

    proposal_id = models.BigIntegerField(null=True, blank=True)

    total_fen = models.PositiveIntegerField()
    discount_fen = models.PositiveIntegerField(default=0, db_default=0)
    discount_worker_fen = models.PositiveIntegerField(default=0, db_default=0)
    policies = models.JSONField()
    paid_at = models.DateTimeField(null=True, blank=True)
    cancel_fee_fen = models.PositiveIntegerField(default=0)
    cancelled_by = models.CharField(max_length=10, blank=True)
    cancel_reason = models.CharField(max_length=20, blank=True)
    commission_bp = models.PositiveSmallIntegerField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    frozen_until = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    refund_fen = models.PositiveIntegerField(default=0, db_default=0)
    refunded_fen = models.PositiveIntegerField(default=0, db_default=0)
    refunded_at = models.DateTimeField(null=True, blank=True)

    payment_due = models.DateTimeField(null=True, blank=True)
    depart_by = models.DateTimeField(null=True, blank=True)
    arrive_by = models.DateTimeField(null=True, blank=True)
    not_departed = models.BooleanField(default=False, db_default=False)
    no_show = models.BooleanField(default=False, db_default=False)
    absent_until = models.DateTimeField(null=True, blank=True)
    absence_proven = models.BooleanField(default=False, db_default=False)
    expected_at = models.DateTimeField(null=True, blank=True)
    autoconfirm_at = models.DateTimeField(null=True, blank=True)
    review_until = models.DateTimeField(null=True, blank=True)

    open_case_id = models.BigIntegerField(null=True, blank=True)
    case_overdue = models.BooleanField(default=False, db_default=False)
    rework_of = models.ForeignKey("self", on_delete=models.PROTECT, related_name="reworks", null=True, blank=True)
    rework_by = models.CharField(max_length=10, choices=list(REWORK_BY.items()), blank=True, default="", db_default="")
    warranty_until = models.DateTimeField(null=True, blank=True)
    picked_worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    picked_fen = models.PositiveIntegerField(default=0, db_default=0)
    way_m = models.PositiveIntegerField(null=True, blank=True)
    picked_way_m = models.PositiveIntegerField(null=True, blank=True)

    imported_from = models.CharField(max_length=20, blank=True, default="", db_default="")

    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    placed_at = models.DateTimeField(default=timezone.now)
    moves_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "订单"
        indexes = [
            models.Index(fields=["city", "phase"], condition=models.Q(ended_at=None), name="order_live"),
            models.Index(fields=["moves_at"], condition=models.Q(ended_at=None), name="order_moves_at"),
            models.Index(fields=["placed_at", "id"], name="order_placed"),
            models.Index(fields=["customer", "-id"], name="order_of_customer"),
            models.Index(fields=["worker", "-id"], name="order_of_worker"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="order_key_once"),
            models.CheckConstraint(
                condition=models.Q(picked_fen=0) | models.Q(picked_worker__isnull=False), name="order_picked_fen_of_one"
            ),
            models.CheckConstraint(
                condition=models.Q(imported_from="") | models.Q(ended_at__isnull=False, moves_at=None),
                name="order_imported_is_over",
            ),
        ]

    def __str__(self) -> str:
        return f"order:{self.pk}"

    @cached_property
    def open_offers(self) -> "list[Offer]":
        """The offers that wait for an answer, with their workers, the one that is due first in front: read once, when
        they are first asked for, and only where there can be one: whatever leaves 派单中 closes them.
        """
        from web.orders.models.offer import open_offers_of

        return open_offers_of(self.pk) if self.phase == Phase.DISPATCHING else []

    @property
    def open_offer(self) -> "Offer | None":
        """The first of them."""
        return self.open_offers[0] if self.open_offers else None

    @cached_property
    def terms(self) -> Policies:
        """What it was bought under: no row's `policies` change."""
        return stored(Policies, self.policies)

    @cached_property
    def bought(self) -> Content:
        """What was sold when it was placed."""
        return self.service_version.sold

    @cached_property
    def alarmed(self) -> list[str]:
        """The kinds of its open alarms, read once: only who holds its lock may trust it, until he raises one."""
        return list(self.alarms.filter(cleared_at=None).values_list("kind", flat=True))

    @property
    def is_refunding(self) -> bool:
        """Whether money of it is on its way back."""
        return self.refunded_fen < self.refund_fen

    @property
    def phase_behind(self) -> Phase:
        """Where it is in the visit: its phase, or the one that an exception has interrupted."""
        return Phase(self.exception_from or self.phase)

    @property
    def open_exceptions(self) -> "list[OrderException]":
        """The exceptions that nobody has solved, oldest first; asked of the database only where there can be one."""
        if self.phase != Phase.EXCEPTION:
            return []
        return list(self.exceptions.filter(solved_at=None).order_by("pk"))

    @property
    def live_proposal(self) -> "Proposal | None":
        """The proposal that waits for an answer or a payment: most orders never have one, and then nobody is asked."""
        from web.orders.models.proposal import Proposal

        if self.proposal_id is None:
            return None
        return Proposal.objects.filter(pk=self.proposal_id, state__in=[Proposal.OPEN, Proposal.APPROVED]).first()

    @property
    def is_free(self) -> bool:
        """A rework that nobody was ever to pay for."""
        return self.rework_of_id is not None and self.payment_due is None

    @cached_property
    def first_worker_id(self) -> int | None:
        """Of a rework: who did the work that it makes good."""
        return self.rework_of.worker_id if self.rework_of else None

    @property
    def is_frozen(self) -> bool:
        """Whether its worker's earning is still kept from him."""
        return self.frozen_until is not None and self.released_at is None

    @property
    def is_worked_off(self) -> bool:
        """Whether every step of the service is ticked."""
        return self.steps_done == self.steps_total

    def facts_for(self, user_id: int, *, code_locked: bool) -> Facts:
        """What the table's guards ask about this order and this person."""
        exceptions, proposal = self.open_exceptions, self.live_proposal
        return Facts(
            has_open_offer=any(offer.worker_id == user_id for offer in self.open_offers),
            is_assigned=self.worker_id == user_id,
            steps_done=self.is_worked_off,
            code_locked=code_locked,
            is_reporter=any(one.may_be_withdrawn_by(user_id) for one in exceptions),
            unanswered=any(one.answered_at is None for one in exceptions),
            consent_suffices=bool(exceptions) and all(one.consent_suffices for one in exceptions),
            case_open=self.open_case_id is not None,
            replaceable=self.exception_from in REPLACEABLE,
            begun=self.exception_from in BEGUN,
            not_begun=self.exception_from not in BEGUN,
            may_report=self.absent_until is None or not self.absence_proven,
            waited_for=self.absent_until is not None,
            has_open_proposal=proposal is not None and proposal.waits_for(self) == user_id,
            own_proposal=proposal is not None and proposal.made_by_id == user_id,
            no_proposal=proposal is None,
            is_settled=self.settled_at is not None,
            goes_anywhere=self.rework_of_id is None,
            untouched=not self.work_begun,
            at_the_door=self.exception_from in DOOR,
        )

    def allowed_moves(self, role: Role, facts: Facts) -> list[Move]:
        """What `role` may ask of this order now; nothing once its actor is through."""
        return [] if self.ended_at else allowed_moves(Phase(self.phase), role, facts)


class OrderLine(models.Model):
    """One line of the price as quoted: amount = quantity × unit price; `rule` says where it comes from, and
    rule_version in which version of it (0 where it has none).

    discount_fen: its part of what other lines take off. worker_fen: of a line that takes off, what the worker bears.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    quantity = models.PositiveIntegerField()
    unit = models.CharField(max_length=10, blank=True, default="", db_default="")
    unit_price_fen = models.IntegerField()
    amount_fen = models.IntegerField()
    rule = models.CharField(max_length=40)
    rule_version = models.PositiveIntegerField(default=0, db_default=0)
    discount_fen = models.PositiveIntegerField(default=0, db_default=0)
    worker_fen = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="order_line_once")]


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
