"""The moves of the order's model: of people (`order_people.py`), of machines, after the visit; and what happens."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from tests.workflows.order_model import SERVED, OrderState, Proposal, Who, need
from tests.workflows.order_people import Changes, Troubles, Visit
from workflows.transitions import Move, Phase

P, M = Phase, Move
HEARS_OF_PROPOSALS = (P.DISPATCHING, P.ACCEPTED, P.ARRIVED, *SERVED, P.EXCEPTION)


class AfterTheVisit(OrderState):
    """售后, tips, money back."""

    def claim(self, who: Who, luck: int) -> Self:
        need(who == "customer" and self.phase is P.COMPLETED and not self.case and not self.window_over)
        return self.change(case=True)

    def answer_case(self, who: Who, luck: int) -> Self:
        need(who == "staff" and self.case)
        return self.change(case=False)

    def tip(self, who: Who, luck: int) -> Self:
        need(who == "customer" and self.phase is P.COMPLETED and self.settled)
        return self

    def refund(self, who: Who, luck: int) -> Self:
        need(who == "staff" and self.phase in (*SERVED, P.COMPLETED))
        return self

    def settle(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.COMPLETED)
        return self.change(settled=True)

    def release(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.COMPLETED)
        return self

    def tipped(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.COMPLETED)
        return self

    def case_overdue(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.COMPLETED)
        return self

    def park(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is not P.AWAITING_PAYMENT)
        return self

    def refunded(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is not P.AWAITING_PAYMENT)
        return self

    def close(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase in (P.COMPLETED, P.CANCELLED))
        return self.change(closed=True)


class Machines(OrderState):
    """What time and gateways say on the way. Whether something is due is the row's to judge."""

    def paid(self, who: Who, luck: int) -> Self:
        need(who == "clock")
        if self.phase is P.AWAITING_PAYMENT:
            return self.to(P.DISPATCHING)
        need(self.phase in HEARS_OF_PROPOSALS)
        if self.proposal == Proposal("address", approved=True) and self.phase is P.ACCEPTED and luck % 2:
            return self.to(P.DISPATCHING)
        return self.change(proposal=None)

    def payment_lapsed(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.AWAITING_PAYMENT)
        return self.to(P.CANCELLED)

    def offer(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.DISPATCHING)
        return self.change(asked=1 + luck % 2)

    def offer_lapsed(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.DISPATCHING)
        return self.change(asked=0)

    def exhausted(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.DISPATCHING)
        return self

    def late_to_depart(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.ACCEPTED)
        return self

    def did_not_depart(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.ACCEPTED)
        return self if luck % 2 else self.to(P.DISPATCHING)

    def late_to_arrive(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.EN_ROUTE)
        return self

    def did_not_arrive(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase in (P.ACCEPTED, P.EN_ROUTE))
        return self

    def customer_absent(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.ARRIVED)
        return self.change(absent_clock=False) if luck % 2 else self.to(P.CANCELLED)

    def autoconfirm(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.AWAITING_CONFIRMATION)
        return self.to(P.COMPLETED)

    def proposal_lapsed(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase in HEARS_OF_PROPOSALS)
        return self.change(proposal=None)


class World(OrderState):
    """What happens and is nobody's move: nothing is compared, facts change."""

    def happen(self, luck: int) -> Self:
        """Time passes, hands become free or not, a code is typed wrongly five times."""
        match luck % 5:
            case 0:
                return self.change(may_leave=not self.may_leave)
            case 1:
                return self.change(busy=not self.busy)
            case 2:
                return self.change(very_late=self.phase in (P.ACCEPTED, P.EN_ROUTE))
            case 3:
                return self.change(locked=self.phase is P.ARRIVED)
            case _:
                return self.change(window_over=self.phase is P.COMPLETED)


@dataclass(frozen=True)
class Order(Visit, Changes, Troubles, Machines, AfterTheVisit, World):
    """The whole of it."""

    def attempt(self, who: Who, move: Move, luck: int) -> Self:
        """The order after `move` by `who`. Raises Refused."""
        method: Callable[[Who, int], Self] = getattr(self, "continue_" if move is M.CONTINUE else move.value)
        need(who != "asked" or self.asked > 0)
        need(who != "holder" or self.has_worker)
        return method(who, luck)
