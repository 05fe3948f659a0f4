"""The order's rules: one pure table, (phase, move, role) -> guards, next phase.

Free of Django and Temporal. The actor's validators and its main loop, the API's `allowed_actions`, the buttons of every
page and the tests all read this table; nothing else decides what an order may do next. Payment, settlement and review
are axes of their own, not phases.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where an order is. The values are what the database and the wire carry; `PHASE_NAMES` is what people read."""

    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    DISPATCHING = "DISPATCHING"
    ACCEPTED = "ACCEPTED"
    EN_ROUTE = "EN_ROUTE"
    ARRIVED = "ARRIVED"
    IN_SERVICE = "IN_SERVICE"
    AWAITING_CONFIRMATION = "AWAITING_CONFIRMATION"
    COMPLETED = "COMPLETED"
    EXCEPTION = "EXCEPTION"
    CANCELLED = "CANCELLED"


PHASE_NAMES: dict[Phase, str] = {
    Phase.AWAITING_PAYMENT: "待支付",
    Phase.DISPATCHING: "派单中",
    Phase.ACCEPTED: "待服务",
    Phase.EN_ROUTE: "已出发",
    Phase.ARRIVED: "已到达",
    Phase.IN_SERVICE: "服务中",
    Phase.AWAITING_CONFIRMATION: "待确认",
    Phase.COMPLETED: "已完成",
    Phase.EXCEPTION: "异常处理中",
    Phase.CANCELLED: "已取消",
}


IN_HAND = (Phase.EN_ROUTE, Phase.ARRIVED, Phase.IN_SERVICE)
"""Phases in which a worker is on his way to an order or at it: one order of his at a time."""

LIVE = (
    *(Phase.AWAITING_PAYMENT, Phase.DISPATCHING, Phase.ACCEPTED, Phase.EN_ROUTE, Phase.ARRIVED, Phase.IN_SERVICE),
    Phase.AWAITING_CONFIRMATION,
)
"""Phases in which the visit is still to come, under way, or not yet confirmed."""


EXCEPTION_TYPES: dict[str, str] = {
    "customer_absent": "用户不在",
    "address_wrong": "地址有误",
    "worker_unwell": "服务人员不适或受伤",
    "vehicle": "交通工具故障",
    "scope_larger": "实际工作量超出预约",
    "damage": "物品损坏",
    "dispute": "纠纷",
    "safety": "人身安全",
    "weather": "恶劣天气",
    "other": "其他",
}
"""What can go wrong with a visit."""


class Role(StrEnum):
    """Who moves an order. SYSTEM is the actor itself: a deadline, a gateway, a ranking."""

    CUSTOMER = "customer"
    WORKER = "worker"
    STAFF = "staff"
    SYSTEM = "system"


class Move(StrEnum):
    """What may be asked of an order: people's commands first, then the actor's own moves."""

    CANCEL = "cancel"
    CONFIRM = "confirm"
    ACCEPT = "accept"
    REFUSE = "refuse"
    DEPART = "depart"
    ARRIVE = "arrive"
    START = "start"
    TICK = "tick"
    FINISH = "finish"
    ASSIGN = "assign"
    UNLOCK = "unlock"
    HAND_BACK = "hand_back"
    REPORT_ABSENT = "report_absent"
    AM_HERE = "am_here"
    WORKER_ABSENT = "worker_absent"
    TAKE_OFF = "take_off"
    CALL_OFF = "call_off"
    RESCHEDULE = "reschedule"
    REPORT_EXCEPTION = "report_exception"
    ANSWER_EXCEPTION = "answer_exception"
    WITHDRAW_EXCEPTION = "withdraw_exception"
    CONTINUE = "continue"
    CONTINUE_WITH_SUPPLEMENT = "continue_with_supplement"
    CLAIM = "claim"
    ANSWER_CASE = "answer_case"
    SEND_SOMEBODY_ELSE = "send_somebody_else"
    END_EARLY = "end_early"
    CANCEL_WITH_REFUND = "cancel_with_refund"
    CHANGE_ADDRESS = "change_address"
    CHANGE_REQUEST = "change_request"
    PROPOSE_MOVE = "propose_move"
    PROPOSE_SUPPLEMENT = "propose_supplement"
    APPROVE = "approve"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    REFUND = "refund"
    TIP = "tip"

    PAID = "paid"
    PAYMENT_LAPSED = "payment_lapsed"
    OFFER = "offer"
    OFFER_LAPSED = "offer_lapsed"
    EXHAUSTED = "exhausted"
    LATE_TO_DEPART = "late_to_depart"
    LATE_TO_ARRIVE = "late_to_arrive"
    DID_NOT_DEPART = "did_not_depart"
    DID_NOT_ARRIVE = "did_not_arrive"
    CUSTOMER_ABSENT = "customer_absent"
    AUTOCONFIRM = "autoconfirm"
    SETTLE = "settle"
    RELEASE = "release"
    TIPPED = "tipped"
    PARK = "park"
    REFUNDED = "refunded"
    CASE_OVERDUE = "case_overdue"
    CLOSE = "close"
    EXCEPTION_UNANSWERED = "exception_unanswered"
    EXCEPTION_UNSOLVED = "exception_unsolved"
    EXCEPTION_LAPSED = "exception_lapsed"
    PROPOSAL_LAPSED = "proposal_lapsed"


class Guard(StrEnum):
    """A fact, beside phase and role, that must hold. Who knows the fact passes it in `Facts`."""

    HAS_OPEN_OFFER = "has_open_offer"
    IS_ASSIGNED = "is_assigned"
    TIME_TO_LEAVE = "time_to_leave"
    HANDS_FREE = "hands_free"
    STEPS_DONE = "steps_done"
    CODE_LOCKED = "code_locked"
    IS_REPORTER = "is_reporter"
    UNANSWERED = "unanswered"
    CONSENT_SUFFICES = "consent_suffices"
    CLAIMABLE = "claimable"
    CASE_OPEN = "case_open"
    REPLACEABLE = "replaceable"
    BEGUN = "begun"
    NOT_BEGUN = "not_begun"
    MAY_REPORT = "may_report"
    WAITED_FOR = "waited_for"
    LONG_LATE = "long_late"
    HAS_OPEN_PROPOSAL = "has_open_proposal"
    OWN_PROPOSAL = "own_proposal"
    NO_PROPOSAL = "no_proposal"
    IS_SETTLED = "is_settled"
    GOES_ANYWHERE = "goes_anywhere"
    UNTOUCHED = "untouched"
    AT_THE_DOOR = "at_the_door"


@dataclass(frozen=True)
class Facts:
    """What the guards need to know of one order and one asker; shapes: booleans only, no rows and no clocks.

    is_reporter: he has an exception open here. unanswered: nobody of the platform has answered an open one.
    consent_suffices: the customer's word is enough to go on. replaceable: a worker has it and is not through; begun,
    not_begun: whether the service has; all where the exception came from.
    may_report: no proven report of an absent customer stands. waited_for: the customer is reported absent.
    time_to_leave, hands_free, claimable, long_late: true for whoever cannot know better. Buttons do; the step asks the
    clock and the worker's other orders itself, under his lock, and its refusal says more than a guard could.
    goes_anywhere: it makes good nothing that is at its place. untouched: nobody has begun to work on it. at_the_door:
    where the exception came from, a worker was.
    has_open_proposal: one waits for this person's answer; own_proposal: he made the one there is; no_proposal: none is
    there.
    """

    has_open_offer: bool = False
    is_assigned: bool = False
    time_to_leave: bool = True
    hands_free: bool = True
    steps_done: bool = False
    code_locked: bool = False
    is_reporter: bool = False
    unanswered: bool = False
    consent_suffices: bool = False
    claimable: bool = True
    case_open: bool = False
    replaceable: bool = False
    begun: bool = False
    not_begun: bool = True
    may_report: bool = True
    waited_for: bool = False
    long_late: bool = True
    has_open_proposal: bool = False
    own_proposal: bool = False
    no_proposal: bool = True
    is_settled: bool = False
    goes_anywhere: bool = True
    untouched: bool = True
    at_the_door: bool = False

    def holds(self, guard: Guard) -> bool:
        """True when `guard` is met by these facts."""
        return bool(getattr(self, guard.value))

    def missing(self, guards: Iterable["Guard"]) -> "Guard | None":
        """The first of `guards` that these facts do not meet."""
        return next((guard for guard in guards if not self.holds(guard)), None)


@dataclass(frozen=True)
class Rule:
    """One line of the table. `next` is None where the order stays in its phase, or goes back to the one that the
    exception came from, which only its row knows: `back`.
    """

    phase: Phase
    move: Move
    role: Role
    next: Phase | None
    guards: tuple[Guard, ...] = ()
    back: bool = False


P, M, R, G = Phase, Move, Role, Guard

REPLACEABLE = (P.ACCEPTED, P.EN_ROUTE, P.ARRIVED, P.IN_SERVICE)
"""Phases in which a worker has an order, and somebody else could do it in his place."""

DOOR = (P.ARRIVED, P.IN_SERVICE)
"""Phases in which a worker is where the service is done."""

BEGUN = (P.IN_SERVICE, P.AWAITING_CONFIRMATION)
"""Phases in which the service has begun."""

INTERRUPTIBLE = tuple(phase for phase in LIVE if phase is not P.AWAITING_PAYMENT)
"""Phases of an order that is paid and neither done nor cancelled: something can go wrong in each."""
PROPOSED_IN = (P.ACCEPTED, P.ARRIVED, P.IN_SERVICE, P.EXCEPTION)
"""Phases in which a worker proposes something to his customer: another time before he sets out, lines at the door."""

TABLE: tuple[Rule, ...] = (
    Rule(P.AWAITING_PAYMENT, M.PAID, R.SYSTEM, P.DISPATCHING),
    Rule(P.AWAITING_PAYMENT, M.PAYMENT_LAPSED, R.SYSTEM, P.CANCELLED),
    Rule(P.AWAITING_PAYMENT, M.CANCEL, R.CUSTOMER, P.CANCELLED),
    Rule(P.AWAITING_PAYMENT, M.RESCHEDULE, R.CUSTOMER, None),
    Rule(P.DISPATCHING, M.OFFER, R.SYSTEM, None),
    Rule(P.DISPATCHING, M.OFFER_LAPSED, R.SYSTEM, None),
    Rule(P.DISPATCHING, M.EXHAUSTED, R.SYSTEM, None),
    Rule(P.DISPATCHING, M.ACCEPT, R.WORKER, P.ACCEPTED, (G.HAS_OPEN_OFFER,)),
    Rule(P.DISPATCHING, M.REFUSE, R.WORKER, None, (G.HAS_OPEN_OFFER,)),
    Rule(P.DISPATCHING, M.ASSIGN, R.STAFF, P.ACCEPTED),
    Rule(P.DISPATCHING, M.CANCEL, R.CUSTOMER, P.CANCELLED, (G.UNTOUCHED,)),
    Rule(P.DISPATCHING, M.RESCHEDULE, R.CUSTOMER, None),
    Rule(P.DISPATCHING, M.RESCHEDULE, R.STAFF, None),
    Rule(P.ACCEPTED, M.DEPART, R.WORKER, P.EN_ROUTE, (G.IS_ASSIGNED, G.TIME_TO_LEAVE, G.HANDS_FREE)),
    Rule(P.ACCEPTED, M.LATE_TO_DEPART, R.SYSTEM, None),
    Rule(P.ACCEPTED, M.DID_NOT_DEPART, R.SYSTEM, P.DISPATCHING),
    Rule(P.ACCEPTED, M.HAND_BACK, R.WORKER, P.DISPATCHING, (G.IS_ASSIGNED,)),
    Rule(P.ACCEPTED, M.CANCEL, R.CUSTOMER, P.CANCELLED, (G.UNTOUCHED,)),
    # Where its worker cannot come then, it looks for another one: the row knows.
    Rule(P.ACCEPTED, M.RESCHEDULE, R.CUSTOMER, None),
    Rule(P.ACCEPTED, M.RESCHEDULE, R.STAFF, None),
    Rule(P.EN_ROUTE, M.ARRIVE, R.WORKER, P.ARRIVED, (G.IS_ASSIGNED,)),
    Rule(P.EN_ROUTE, M.LATE_TO_ARRIVE, R.SYSTEM, None),
    Rule(P.EN_ROUTE, M.HAND_BACK, R.WORKER, P.DISPATCHING, (G.IS_ASSIGNED,)),
    Rule(P.EN_ROUTE, M.CANCEL, R.CUSTOMER, P.CANCELLED, (G.UNTOUCHED,)),
    Rule(P.ARRIVED, M.START, R.WORKER, P.IN_SERVICE, (G.IS_ASSIGNED,)),
    *(Rule(phase, M.DID_NOT_ARRIVE, R.SYSTEM, None) for phase in (P.ACCEPTED, P.EN_ROUTE)),
    *(
        Rule(phase, M.WORKER_ABSENT, R.CUSTOMER, P.CANCELLED, (G.LONG_LATE, G.UNTOUCHED))
        for phase in (P.ACCEPTED, P.EN_ROUTE)
    ),
    Rule(P.ARRIVED, M.REPORT_ABSENT, R.WORKER, None, (G.IS_ASSIGNED, G.MAY_REPORT)),
    Rule(P.ARRIVED, M.AM_HERE, R.CUSTOMER, None, (G.WAITED_FOR,)),
    Rule(P.ARRIVED, M.CUSTOMER_ABSENT, R.SYSTEM, P.CANCELLED),
    Rule(P.ARRIVED, M.UNLOCK, R.STAFF, None, (G.CODE_LOCKED,)),
    Rule(P.ARRIVED, M.CANCEL, R.CUSTOMER, P.CANCELLED, (G.UNTOUCHED,)),
    Rule(P.IN_SERVICE, M.TICK, R.WORKER, None, (G.IS_ASSIGNED,)),
    Rule(P.IN_SERVICE, M.FINISH, R.WORKER, P.AWAITING_CONFIRMATION, (G.IS_ASSIGNED, G.STEPS_DONE)),
    Rule(P.AWAITING_CONFIRMATION, M.CONFIRM, R.CUSTOMER, P.COMPLETED),
    Rule(P.AWAITING_CONFIRMATION, M.AUTOCONFIRM, R.SYSTEM, P.COMPLETED),
    *(
        Rule(phase, M.REPORT_EXCEPTION, role, P.EXCEPTION, (G.IS_ASSIGNED,) if role is R.WORKER else ())
        for phase in INTERRUPTIBLE
        for role in (R.CUSTOMER, R.WORKER, R.STAFF)
        if (phase, role) != (P.DISPATCHING, R.WORKER)
    ),
    # Another one beside it: a worker who is in danger must be heard whatever is being looked into already.
    Rule(P.EXCEPTION, M.REPORT_EXCEPTION, R.CUSTOMER, None),
    Rule(P.EXCEPTION, M.REPORT_EXCEPTION, R.WORKER, None, (G.IS_ASSIGNED,)),
    Rule(P.EXCEPTION, M.REPORT_EXCEPTION, R.STAFF, None),
    Rule(P.EXCEPTION, M.ANSWER_EXCEPTION, R.STAFF, None, (G.UNANSWERED,)),
    Rule(P.EXCEPTION, M.WITHDRAW_EXCEPTION, R.CUSTOMER, None, (G.IS_REPORTER,), back=True),
    Rule(P.EXCEPTION, M.WITHDRAW_EXCEPTION, R.WORKER, None, (G.IS_REPORTER,), back=True),
    Rule(P.EXCEPTION, M.CONTINUE, R.CUSTOMER, None, (G.CONSENT_SUFFICES,), back=True),
    Rule(P.EXCEPTION, M.CONTINUE, R.STAFF, None, back=True),
    Rule(P.EXCEPTION, M.CONTINUE_WITH_SUPPLEMENT, R.STAFF, None, back=True),
    Rule(P.EXCEPTION, M.SEND_SOMEBODY_ELSE, R.STAFF, P.DISPATCHING, (G.REPLACEABLE,)),
    # Or to ACCEPTED, where its worker is free then.
    Rule(P.EXCEPTION, M.RESCHEDULE, R.STAFF, P.DISPATCHING, (G.NOT_BEGUN,)),
    Rule(P.EXCEPTION, M.END_EARLY, R.STAFF, P.CANCELLED, (G.BEGUN,)),
    Rule(P.EXCEPTION, M.CANCEL_WITH_REFUND, R.STAFF, P.CANCELLED),
    Rule(P.EXCEPTION, M.EXCEPTION_UNANSWERED, R.SYSTEM, None),
    Rule(P.EXCEPTION, M.EXCEPTION_UNSOLVED, R.SYSTEM, None),
    # Or to DISPATCHING, where the order's terms send somebody else.
    Rule(P.EXCEPTION, M.EXCEPTION_LAPSED, R.SYSTEM, None, back=True),
    Rule(P.COMPLETED, M.SETTLE, R.SYSTEM, None),
    Rule(P.COMPLETED, M.CLAIM, R.CUSTOMER, None, (G.CLAIMABLE,)),
    Rule(P.COMPLETED, M.ANSWER_CASE, R.STAFF, None, (G.CASE_OPEN,)),
    Rule(P.COMPLETED, M.CASE_OVERDUE, R.SYSTEM, None),
    *(Rule(phase, M.TAKE_OFF, R.STAFF, P.DISPATCHING) for phase in (P.ACCEPTED, P.EN_ROUTE, P.ARRIVED)),
    *(Rule(phase, M.CALL_OFF, R.STAFF, P.CANCELLED) for phase in LIVE),
    Rule(P.COMPLETED, M.TIP, R.CUSTOMER, None, (G.IS_SETTLED,)),
    Rule(P.COMPLETED, M.TIPPED, R.SYSTEM, None),
    Rule(P.COMPLETED, M.RELEASE, R.SYSTEM, None),
    Rule(P.COMPLETED, M.CLOSE, R.SYSTEM, None),
    *(Rule(phase, M.REFUND, R.STAFF, None) for phase in (P.IN_SERVICE, P.AWAITING_CONFIRMATION, P.COMPLETED)),
    Rule(P.CANCELLED, M.CLOSE, R.SYSTEM, None),
    # Whatever an order that was paid is at, money of it may be on its way back.
    *(Rule(phase, M.PARK, R.SYSTEM, None) for phase in P if phase is not P.AWAITING_PAYMENT),
    *(Rule(phase, M.REFUNDED, R.SYSTEM, None) for phase in P if phase is not P.AWAITING_PAYMENT),
    *(Rule(phase, M.CHANGE_REQUEST, R.CUSTOMER, None) for phase in (P.AWAITING_PAYMENT, P.DISPATCHING, P.ACCEPTED)),
    *(
        Rule(phase, M.CHANGE_ADDRESS, R.CUSTOMER, None, (G.NO_PROPOSAL, G.GOES_ANYWHERE, G.UNTOUCHED))
        for phase in (P.DISPATCHING, P.ACCEPTED)
    ),
    Rule(P.ACCEPTED, M.PROPOSE_MOVE, R.WORKER, None, (G.IS_ASSIGNED, G.NO_PROPOSAL)),
    *(Rule(phase, M.PROPOSE_SUPPLEMENT, R.WORKER, None, (G.IS_ASSIGNED, G.NO_PROPOSAL)) for phase in DOOR),
    Rule(P.EXCEPTION, M.PROPOSE_SUPPLEMENT, R.WORKER, None, (G.IS_ASSIGNED, G.NO_PROPOSAL, G.AT_THE_DOOR)),
    *(
        Rule(phase, move, R.CUSTOMER, None, (G.HAS_OPEN_PROPOSAL,))
        for phase in PROPOSED_IN
        for move in (M.APPROVE, M.DECLINE)
    ),
    *(Rule(phase, M.WITHDRAW, R.WORKER, None, (G.OWN_PROPOSAL,)) for phase in PROPOSED_IN),
    # His own change of address, until he has paid for it.
    *(Rule(phase, M.WITHDRAW, R.CUSTOMER, None, (G.OWN_PROPOSAL,)) for phase in (P.DISPATCHING, P.ACCEPTED)),
    *(
        Rule(phase, M.PROPOSAL_LAPSED, R.SYSTEM, None)
        for phase in (P.DISPATCHING, *PROPOSED_IN, P.AWAITING_CONFIRMATION)
    ),
    # What was agreed at the door is paid there, or shortly after; another address before he sets out.
    *(Rule(phase, M.PAID, R.SYSTEM, None) for phase in (P.DISPATCHING, *PROPOSED_IN, P.AWAITING_CONFIRMATION)),
)

_BY_KEY: dict[tuple[Phase, Move, Role], Rule] = {(rule.phase, rule.move, rule.role): rule for rule in TABLE}


class IllegalMove(Exception):
    """The table has no such line, or its guard does not hold. Says what was expected and what came."""

    def __init__(
        self, *, phase: Phase, move: Move, role: Role, missing: Guard | None, expected: Iterable[Move]
    ) -> None:
        self.phase, self.move, self.role, self.missing = phase, move, role, missing
        self.expected = list(expected)
        because = f"guard {missing} does not hold" if missing else f"expected one of {[str(m) for m in self.expected]}"
        super().__init__(f"{move} by {role} in {phase}: {because}")

    @property
    def code(self) -> str:
        """What the one who asked is told: a key of `web.errors.CODES`."""
        if self.missing is Guard.STEPS_DONE:
            return "steps_missing"
        if self.missing is Guard.UNTOUCHED:
            return "work_begun"
        # Whatever the order does now: what he answers is gone, and that is what he needs to know.
        return "offer_closed" if self.move in (Move.ACCEPT, Move.REFUSE) else "not_allowed"


def rule_for(phase: Phase, move: Move, role: Role, facts: Facts) -> Rule:
    """The line of the table that lets `role` make `move` in `phase`.

    Raises IllegalMove where there is none or a guard of it fails.
    """
    rule = _BY_KEY.get((phase, move, role))
    missing = facts.missing(rule.guards) if rule else None
    if rule is None or missing:
        expected = allowed_moves(phase, role, facts)
        raise IllegalMove(phase=phase, move=move, role=role, missing=missing, expected=expected)
    return rule


def next_phase(rule: Rule) -> Phase:
    """The phase after `rule`: its next one, or the same where the order stays (or where its row knows better)."""
    return rule.next or rule.phase


def allowed_moves(phase: Phase, role: Role, facts: Facts) -> list[Move]:
    """Every move `role` may make now, in the table's order."""
    mine = (rule for rule in TABLE if rule.phase is phase and rule.role is role)
    return [rule.move for rule in mine if facts.missing(rule.guards) is None]
