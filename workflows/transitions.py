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

    PAID = "paid"
    PAYMENT_LAPSED = "payment_lapsed"
    OFFER = "offer"
    OFFER_LAPSED = "offer_lapsed"
    EXHAUSTED = "exhausted"
    LATE_TO_DEPART = "late_to_depart"
    LATE_TO_ARRIVE = "late_to_arrive"
    AUTOCONFIRM = "autoconfirm"
    SETTLE = "settle"
    PARK = "park"
    REFUNDED = "refunded"
    CLOSE = "close"


class Guard(StrEnum):
    """A fact, beside phase and role, that must hold. Who knows the fact passes it in `Facts`."""

    HAS_OPEN_OFFER = "has_open_offer"
    IS_ASSIGNED = "is_assigned"
    TIME_TO_LEAVE = "time_to_leave"
    HANDS_FREE = "hands_free"
    STEPS_DONE = "steps_done"
    CODE_LOCKED = "code_locked"


@dataclass(frozen=True)
class Facts:
    """What the guards need to know of one order and one asker; shapes: booleans only, no rows and no clocks.

    time_to_leave, hands_free: true for whoever cannot know better. Buttons do; the step asks the clock and the worker's
    other orders itself, under his lock, and its refusal says more than a guard could.
    """

    has_open_offer: bool = False
    is_assigned: bool = False
    time_to_leave: bool = True
    hands_free: bool = True
    steps_done: bool = False
    code_locked: bool = False

    def holds(self, guard: Guard) -> bool:
        """True when `guard` is met by these facts."""
        return bool(getattr(self, guard.value))

    def missing(self, guards: Iterable["Guard"]) -> "Guard | None":
        """The first of `guards` that these facts do not meet."""
        return next((guard for guard in guards if not self.holds(guard)), None)


@dataclass(frozen=True)
class Rule:
    """One line of the table. `next` is None where the order stays in its phase."""

    phase: Phase
    move: Move
    role: Role
    next: Phase | None
    guards: tuple[Guard, ...] = ()


P, M, R, G = Phase, Move, Role, Guard

TABLE: tuple[Rule, ...] = (
    Rule(P.AWAITING_PAYMENT, M.PAID, R.SYSTEM, P.DISPATCHING),
    Rule(P.AWAITING_PAYMENT, M.PAYMENT_LAPSED, R.SYSTEM, P.CANCELLED),
    Rule(P.AWAITING_PAYMENT, M.CANCEL, R.CUSTOMER, P.CANCELLED),
    Rule(P.DISPATCHING, M.OFFER, R.SYSTEM, None),
    Rule(P.DISPATCHING, M.OFFER_LAPSED, R.SYSTEM, None),
    Rule(P.DISPATCHING, M.EXHAUSTED, R.SYSTEM, None),
    Rule(P.DISPATCHING, M.ACCEPT, R.WORKER, P.ACCEPTED, (G.HAS_OPEN_OFFER,)),
    Rule(P.DISPATCHING, M.REFUSE, R.WORKER, None, (G.HAS_OPEN_OFFER,)),
    Rule(P.DISPATCHING, M.ASSIGN, R.STAFF, P.ACCEPTED),
    Rule(P.DISPATCHING, M.CANCEL, R.CUSTOMER, P.CANCELLED),
    Rule(P.ACCEPTED, M.DEPART, R.WORKER, P.EN_ROUTE, (G.IS_ASSIGNED, G.TIME_TO_LEAVE, G.HANDS_FREE)),
    Rule(P.ACCEPTED, M.LATE_TO_DEPART, R.SYSTEM, None),
    Rule(P.ACCEPTED, M.CANCEL, R.CUSTOMER, P.CANCELLED),
    Rule(P.EN_ROUTE, M.ARRIVE, R.WORKER, P.ARRIVED, (G.IS_ASSIGNED,)),
    Rule(P.EN_ROUTE, M.LATE_TO_ARRIVE, R.SYSTEM, None),
    Rule(P.EN_ROUTE, M.CANCEL, R.CUSTOMER, P.CANCELLED),
    Rule(P.ARRIVED, M.START, R.WORKER, P.IN_SERVICE, (G.IS_ASSIGNED,)),
    Rule(P.ARRIVED, M.UNLOCK, R.STAFF, None, (G.CODE_LOCKED,)),
    Rule(P.ARRIVED, M.CANCEL, R.CUSTOMER, P.CANCELLED),
    Rule(P.IN_SERVICE, M.TICK, R.WORKER, None, (G.IS_ASSIGNED,)),
    Rule(P.IN_SERVICE, M.FINISH, R.WORKER, P.AWAITING_CONFIRMATION, (G.IS_ASSIGNED, G.STEPS_DONE)),
    Rule(P.AWAITING_CONFIRMATION, M.CONFIRM, R.CUSTOMER, P.COMPLETED),
    Rule(P.AWAITING_CONFIRMATION, M.AUTOCONFIRM, R.SYSTEM, P.COMPLETED),
    Rule(P.COMPLETED, M.SETTLE, R.SYSTEM, None),
    Rule(P.COMPLETED, M.CLOSE, R.SYSTEM, None),
    Rule(P.CANCELLED, M.PARK, R.SYSTEM, None),
    Rule(P.CANCELLED, M.REFUNDED, R.SYSTEM, None),
    Rule(P.CANCELLED, M.CLOSE, R.SYSTEM, None),
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
    """The phase after `rule`: its next one, or the same where the order stays."""
    return rule.next or rule.phase


def allowed_moves(phase: Phase, role: Role, facts: Facts) -> list[Move]:
    """Every move `role` may make now, in the table's order."""
    mine = (rule for rule in TABLE if rule.phase is phase and rule.role is role)
    return [rule.move for rule in mine if facts.missing(rule.guards) is None]
