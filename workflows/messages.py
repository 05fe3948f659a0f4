"""Ids, task queues and the dataclasses that travel through Temporal: free of Django, anyone may import it.

Everything here lands in workflow histories in clear. So: ids, choices, times and amounts only; never a name, a phone
number, an address, a place or a text somebody wrote. Times are ISO 8601 in UTC or datetimes with a zone; money is fen.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ORDER_QUEUE = "orders"
"""Task queue of the order actors, of money's workflows and of their activities."""

BACKGROUND_QUEUE = "background"
"""Task queue of the sweep and other scheduled work: a process of its own may serve it, so that it never delays an
order.
"""


REPORT_QUEUE = "reports"
"""Task queue of what reads a month of orders: in a process of its own it takes no time from anybody."""


def order_workflow_id(order_id: int) -> str:
    """The id of an order's actor."""
    return f"order:{order_id}"


def payment_workflow_id(payment_id: int, purpose: str = "order") -> str:
    """The id of a payment's workflow; a tip's says what it is."""
    return f"tip:{payment_id}" if purpose == "tip" else f"payment:{payment_id}"


def refund_workflow_id(refund_id: int) -> str:
    """The id of a refund's workflow."""
    return f"refund:{refund_id}"


def payout_workflow_id(withdrawal_id: int) -> str:
    """The id of a withdrawal's workflow."""
    return f"payout:{withdrawal_id}"


def what_if_workflow_id(run_id: int) -> str:
    """The id of a trial's workflow."""
    return f"what-if:{run_id}"


@dataclass
class CommandMessage:
    """A person's command as its Update carries it; the Update's id is `command_id`, the id of the row that has the
    rest.

    seen_version: the order's version the API saw; when it is ahead of the actor's, the actor adopts the row first.
    received_at: when the API stored the row. valid_for_s: after so many seconds it is refused as `expired`.
    choice: what was chosen, by id or by listed code only (offer_id, worker_id, step, reason); never a text.
    """

    command_id: int
    move: str
    role: str
    actor_id: int
    received_at: datetime
    valid_for_s: float
    seen_version: int = 0
    choice: dict[str, int | str | bool] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of a command. code is empty when it was done, else a key of `web.errors.CODES`."""

    done: bool
    phase: str
    version: int
    code: str = ""
    # Any, not object: the SDK decodes by these hints and knows no object: such a refusal would stop the order.
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class Deadlines:
    """Absolute deadlines of an order, in UTC; None where none is running."""

    payment_due: datetime | None = None
    offer_due: datetime | None = None
    depart_by: datetime | None = None
    arrive_by: datetime | None = None
    autoconfirm_at: datetime | None = None
    review_until: datetime | None = None


@dataclass
class Timer:
    """Something the row wants done at a time, beside its phase's own deadline: the actor makes `move` at `due` (UTC).

    key: the step's, so that it happens once. reference: the row it is about.
    """

    move: str
    key: str
    due: datetime
    reference: int | None = None


@dataclass
class OrderView:
    """What the actor knows of its row. The row is the arbiter: every step returns this and the actor adopts it.

    open_refunds: ids of the refunds that are not done. closable: whether no money of it is still to move.
    refund_id, refund_open: the one that an order could have when this was written; views of that time still load.
    reporters, unanswered, consent_suffices: of the exceptions that are open; came_from: the phase that they interrupt.
    offer_id, offered_to: of the open offers the one that is due first; asked: the workers who have one. by_hand: no
    offer is made, a dispatcher finds the worker. rework: it makes good what is at its place. untouched: no worker has
    begun the service.
    """

    order_id: int
    phase: str
    version: int
    city: str = ""
    worker_id: int | None = None
    offer_id: int | None = None
    offered_to: int | None = None
    exhausted: bool = False
    steps_done: bool = False
    code_locked: bool = False
    case_open: bool = False
    may_report: bool = True
    waited_for: bool = False
    has_proposal: bool = False
    proposal_for: int | None = None
    proposal_by: int | None = None
    paid: bool = False
    settled: bool = False
    refund_id: int | None = None
    refund_open: bool = False
    open_refunds: list[int] = field(default_factory=list)
    closable: bool = True
    refund_quiet_s: float = 60.0
    late_told: bool = False
    needs_ops: bool = False
    retry_s: float = 60.0
    ended: bool = False
    reporters: list[int] = field(default_factory=list)
    unanswered: bool = False
    consent_suffices: bool = False
    came_from: str = ""
    deadlines: Deadlines = field(default_factory=Deadlines)
    timers: list[Timer] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    by_hand: bool = False
    rework: bool = False
    untouched: bool = True

    def __post_init__(self) -> None:
        if self.refund_open and self.refund_id is not None and not self.open_refunds:
            self.open_refunds = [self.refund_id]


@dataclass
class StepRequest:
    """One transition asked of `web.orders.services`.

    key: the command's id for a person's command, the gateway's for a machine's, `offer:{id}:expired` and its like for
    the actor's own: never a sequence, because a crash after the commit replays the decision with other messages
    first. expected_version: the row's version that the actor decided on. reference: the ranking, offer, payment or
    refund it is about. due: of a clock's move, when it was due (UTC).
    """

    order_id: int
    key: str
    move: str
    expected_version: int
    command: CommandMessage | None = None
    reference: int | None = None
    due: datetime | None = None


@dataclass
class StepResult:
    """What a step did. conflict: the row had moved on, nothing was done, adopt `view` and decide again.

    outcome: what became of the step, as data (a refusal never fails an activity); a repetition gets the first one's.
    """

    view: OrderView
    outcome: Outcome
    conflict: bool = False


@dataclass
class RankingResult:
    """A ranking that was stored, and whether anybody is in it."""

    ranking_id: int | None
    candidates: int


@dataclass
class PaymentStart:
    """What a payment's workflow is started with. After `due_at` the gateway is asked to close the trade. purpose: what
    of the order it pays: order, supplement, tip. quiet_s: so long the gateway is asked before people are shown it.
    """

    payment_id: int
    due_at: datetime
    purpose: str = "order"
    quiet_s: float = 60.0


@dataclass
class PaymentNews:
    """What a gateway's message led to. refund_id: the money came too late and goes back. code: it could not be
    booked. signal: which of its order's handlers hears of it.
    """

    order_id: int
    refund_id: int | None = None
    code: str = ""
    refund_quiet_s: float = 60.0
    signal: str = "payment_arrived"


@dataclass
class RefundStart:
    """What a refund's workflow is started with. quiet_s: so long it is tried before people are shown it."""

    refund_id: int
    quiet_s: float = 60.0


@dataclass
class PayoutStart:
    """What a payout's workflow is started with. quiet_s: so long it is tried before people are shown it."""

    withdrawal_id: int
    quiet_s: float = 60.0


@dataclass
class PayoutNews:
    """What the channel says of a payout: its state there, and its number."""

    state: str
    number: str


@dataclass
class OrderNews:
    """A machine's message for an order: `signal` is the actor's handler, `number` the payment's or the refund's id."""

    order_id: int
    signal: str
    number: int


@dataclass
class SweepReport:
    """What a sweep found to do; all zero on a quiet day."""

    started: int = 0
    payments_told: int = 0
    money_told: int = 0
    commands_sent: int = 0
    commands_expired: int = 0
    silent_workers: int = 0
    unassigned: int = 0
    overdue_visits: int = 0
    broken_channels: int = 0
    withdrawals: int = 0
    escalated: int = 0
    payouts_started: int = 0
    stalled: int = 0
    reaches: int = 0
    mismatches: int = 0
    pruned: int = 0
    log_pruned: int = 0
    messages_pruned: int = 0
    photos_pruned: int = 0
    searches_pruned: int = 0
    views_pruned: int = 0
    changes_pruned: int = 0
    sent: int = 0
    reminded: int = 0
    points_expired: int = 0
    what_ifs_started: int = 0


@dataclass
class SendReport:
    """What a round of the message centre found to do. receipts: of providers, brought to their deliveries. sent:
    deliveries by the state they are in now.
    """

    planned: int = 0
    receipts: int = 0
    lost: int = 0
    sent: dict[str, int] = field(default_factory=dict)


@dataclass
class OrderState:
    """All that the actor carries from run to run (continue-as-new); every field has a default, so old JSON still
    loads.
    """

    order_id: int = 0
    view: OrderView | None = None
    recent_commands: dict[str, Outcome] = field(default_factory=dict)
