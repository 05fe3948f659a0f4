"""The order's rules a second time, written from the documents by somebody who has not read `transitions.py`.

An order knows what happened to it, not what a table says of it: who has it, who is asked, what was proposed, what went
wrong, whether it is settled. A move is a method (`order_people.py`, `order_moves.py`): it gives the order after it, or
raises `Refused`. What the rules leave to the row (is the worker free at the other time?) is `luck`, drawn by whoever
plays; luck 0 is the usual course.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from workflows.transitions import Facts, Phase, Role

P = Phase
Who = Literal["customer", "holder", "asked", "stranger", "staff", "clock"]
"""holder: the worker who has the order. asked: one with an open offer of it. stranger: neither. clock: machines."""
PEOPLE: dict[Who, Role] = {
    "customer": Role.CUSTOMER,
    "holder": Role.WORKER,
    "asked": Role.WORKER,
    "stranger": Role.WORKER,
    "staff": Role.STAFF,
    "clock": Role.SYSTEM,
}
Outlook = Literal["harmless", "platform", "danger"]
BEFORE_SETTING_OUT = (P.DISPATCHING, P.ACCEPTED)
BEFORE_SERVICE = (P.ACCEPTED, P.EN_ROUTE, P.ARRIVED)
ENDS_PROPOSALS = (P.DISPATCHING, P.EN_ROUTE, P.COMPLETED, P.CANCELLED)
SERVED = (P.IN_SERVICE, P.AWAITING_CONFIRMATION)
ON_ITS_WAY = (P.DISPATCHING, *BEFORE_SERVICE, *SERVED)


class Refused(Exception):
    """The rules do not have it."""


def need(condition: bool) -> None:
    """Raises Refused unless it holds."""
    if not condition:
        raise Refused


@dataclass(frozen=True)
class Trouble:
    """An open exception. outlook: who may say that it goes on: also the customer, staff only, or danger."""

    by: Who
    outlook: Outlook
    answered: bool = False


@dataclass(frozen=True)
class Proposal:
    """What waits for the customer's answer, or, approved, for his money."""

    kind: Literal["move", "supplement", "address"]
    approved: bool = False


@dataclass(frozen=True)
class OrderState:
    """What is known of an order, and what follows for those who ask."""

    phase: Phase = P.AWAITING_PAYMENT
    before: Phase | None = None
    """Where an exception found it."""
    asked: int = 0
    proposal: Proposal | None = None
    troubles: tuple[Trouble, ...] = ()
    may_leave: bool = False
    busy: bool = False
    very_late: bool = False
    absent_clock: bool = False
    locked: bool = False
    done: bool = False
    settled: bool = False
    case: bool = False
    window_over: bool = False
    closed: bool = False
    rework: bool = False
    worked: bool = False
    """Somebody has begun the service."""

    def change(self, **changes: Any) -> Self:
        """The order with these changes."""
        return replace(self, **changes)

    def to(self, phase: Phase, **changes: Any) -> Self:
        """In another phase; what belonged to the one that it leaves is over."""
        kept = self.proposal
        if phase in ENDS_PROPOSALS or (phase is P.AWAITING_CONFIRMATION and not self.waits_for_money):
            kept = None
        fresh = type(self)(
            phase, proposal=kept, may_leave=self.may_leave, busy=self.busy, done=self.done, rework=self.rework
        )
        return replace(fresh, **{"worked": self.worked} | changes)

    @property
    def has_worker(self) -> bool:
        """Somebody is to do it, or does it."""
        return (self.before or self.phase) in (*BEFORE_SERVICE, *SERVED, P.COMPLETED)

    @property
    def waits_for_money(self) -> bool:
        """A proposal was approved and is to be paid."""
        return self.proposal is not None and self.proposal.approved

    @property
    def waits_for_answer(self) -> bool:
        """A proposal was made and is to be answered."""
        return self.proposal is not None and not self.proposal.approved

    def withdrawable_by(self, who: Who) -> bool:
        """Whether he may take back what was proposed: the worker before the answer, the customer before he has paid."""
        his_address = self.proposal == Proposal("address", approved=True)
        before_he_leaves = who == "customer" and self.phase in BEFORE_SETTING_OUT
        return (who == "holder" and self.waits_for_answer) or (before_he_leaves and his_address)

    def reported(self, who: Who) -> tuple[Trouble, ...]:
        """What he reported, and may say to have been nothing."""
        return tuple(one for one in self.troubles if one.by == who and one.outlook != "danger")

    def may_go_on_for_customer(self) -> bool:
        """Whether the customer's word is enough."""
        return all(one.outlook == "harmless" and one.by != "customer" for one in self.troubles)

    @property
    def replaceable(self) -> bool:
        """Somebody else can be sent: there is a worker, and he is not through."""
        return self.before in (*BEFORE_SERVICE, P.IN_SERVICE)


def facts_of(order: OrderState, who: Who) -> Facts:
    """What the table is told of the order, when `who` asks."""
    return Facts(
        has_open_offer=who == "asked" or (who == "clock" and order.asked > 0),
        is_assigned=who == "holder" and order.has_worker,
        time_to_leave=order.may_leave,
        hands_free=not order.busy,
        steps_done=order.done,
        code_locked=order.locked,
        is_reporter=bool(order.reported(who)),
        unanswered=any(not one.answered for one in order.troubles),
        consent_suffices=order.may_go_on_for_customer(),
        claimable=not order.case and not order.window_over,
        case_open=order.case,
        replaceable=order.replaceable,
        begun=order.before in SERVED,
        not_begun=order.before not in SERVED,
        may_report=not order.absent_clock,
        waited_for=order.absent_clock,
        long_late=order.very_late,
        has_open_proposal=order.waits_for_answer,
        own_proposal=order.withdrawable_by(who),
        no_proposal=order.proposal is None,
        is_settled=order.settled,
        goes_anywhere=not order.rework,
        untouched=not order.worked,
        at_the_door=order.before in (P.ARRIVED, P.IN_SERVICE),
    )
