"""What people do in the order's model (`order_model.py`) until the visit is over."""

from typing import Self

from tests.workflows.order_model import (
    BEFORE_SERVICE,
    BEFORE_SETTING_OUT,
    ON_ITS_WAY,
    SERVED,
    OrderState,
    Outlook,
    Proposal,
    Trouble,
    Who,
    need,
)
from workflows.transitions import Phase

P = Phase
AT_THE_DOOR = (P.ARRIVED, P.IN_SERVICE)
OUTLOOKS: tuple[Outlook, ...] = ("harmless", "platform", "danger")


class Visit(OrderState):
    """From finding a worker to the end of his work."""

    def accept(self, who: Who, luck: int) -> Self:
        need(who == "asked" and self.phase is P.DISPATCHING)
        return self.to(P.ACCEPTED, proposal=self.proposal)

    def refuse(self, who: Who, luck: int) -> Self:
        need(who == "asked" and self.phase is P.DISPATCHING)
        return self.change(asked=self.asked - 1)

    def assign(self, who: Who, luck: int) -> Self:
        need(who == "staff" and self.phase is P.DISPATCHING)
        return self.to(P.ACCEPTED, proposal=self.proposal)

    def depart(self, who: Who, luck: int) -> Self:
        need(who == "holder" and self.phase is P.ACCEPTED and self.may_leave and not self.busy)
        return self.to(P.EN_ROUTE)

    def arrive(self, who: Who, luck: int) -> Self:
        need(who == "holder" and self.phase is P.EN_ROUTE)
        return self.to(P.ARRIVED)

    def start(self, who: Who, luck: int) -> Self:
        need(who == "holder" and self.phase is P.ARRIVED)
        return self.to(P.IN_SERVICE, worked=True)

    def tick(self, who: Who, luck: int) -> Self:
        need(who == "holder" and self.phase is P.IN_SERVICE)
        return self.change(done=self.done or luck % 2 == 0)

    def finish(self, who: Who, luck: int) -> Self:
        need(who == "holder" and self.phase is P.IN_SERVICE and self.done)
        return self.to(P.AWAITING_CONFIRMATION)

    def confirm(self, who: Who, luck: int) -> Self:
        need(who == "customer" and self.phase is P.AWAITING_CONFIRMATION)
        return self.to(P.COMPLETED)

    def unlock(self, who: Who, luck: int) -> Self:
        need(who == "staff" and self.phase is P.ARRIVED and self.locked)
        return self.change(locked=False)

    def hand_back(self, who: Who, luck: int) -> Self:
        need(who == "holder" and self.phase in (P.ACCEPTED, P.EN_ROUTE))
        return self.to(P.DISPATCHING)

    def take_off(self, who: Who, luck: int) -> Self:
        need(who == "staff" and self.phase in BEFORE_SERVICE)
        return self.to(P.DISPATCHING)

    def report_absent(self, who: Who, luck: int) -> Self:
        need(who == "holder" and self.phase is P.ARRIVED and not self.absent_clock)
        return self.change(absent_clock=True)

    def am_here(self, who: Who, luck: int) -> Self:
        need(who == "customer" and self.phase is P.ARRIVED and self.absent_clock)
        return self.change(absent_clock=False)

    def worker_absent(self, who: Who, luck: int) -> Self:
        need(who == "customer" and self.phase in (P.ACCEPTED, P.EN_ROUTE) and self.very_late)
        need(not self.worked)
        return self.to(P.CANCELLED)

    def cancel(self, who: Who, luck: int) -> Self:
        need(who == "customer" and self.phase in (P.AWAITING_PAYMENT, P.DISPATCHING, *BEFORE_SERVICE))
        need(not self.worked)
        return self.to(P.CANCELLED)

    def call_off(self, who: Who, luck: int) -> Self:
        need(who == "staff" and self.phase in (P.AWAITING_PAYMENT, *ON_ITS_WAY))
        return self.to(P.CANCELLED)


class Changes(OrderState):
    """Another time, another place, another price."""

    def reschedule(self, who: Who, luck: int) -> Self:
        unpaid = self.phase is P.AWAITING_PAYMENT and who == "customer"
        if self.phase is P.EXCEPTION:
            need(who == "staff" and self.before not in SERVED)
            return self.to(P.DISPATCHING)
        need(unpaid or (who in ("customer", "staff") and self.phase in BEFORE_SETTING_OUT))
        return self if unpaid else self._elsewhere(luck)

    def _elsewhere(self, luck: int) -> Self:
        """Another time or place: with the same worker, or whoever can come then."""
        same = self.phase is P.ACCEPTED and luck % 2 == 0
        return self.change(proposal=None) if same else self.to(P.DISPATCHING)

    def change_address(self, who: Who, luck: int) -> Self:
        need(who == "customer" and self.phase in BEFORE_SETTING_OUT and self.proposal is None and not self.rework)
        need(not self.worked)
        dearer = luck % 3 == 1
        return self.change(proposal=Proposal("address", approved=True)) if dearer else self._elsewhere(luck)

    def change_request(self, who: Who, luck: int) -> Self:
        need(who == "customer" and self.phase in (P.AWAITING_PAYMENT, *BEFORE_SETTING_OUT))
        return self

    def propose_move(self, who: Who, luck: int) -> Self:
        need(who == "holder" and self.phase is P.ACCEPTED and self.proposal is None)
        return self.change(proposal=Proposal("move"))

    def propose_supplement(self, who: Who, luck: int) -> Self:
        need(who == "holder" and (self.before or self.phase) in AT_THE_DOOR and self.proposal is None)
        return self.change(proposal=Proposal("supplement"))

    def approve(self, who: Who, luck: int) -> Self:
        self._answers(who)
        if self.proposal == Proposal("supplement"):
            return self.change(proposal=Proposal("supplement", approved=True))
        return self._elsewhere(luck) if self.phase is P.ACCEPTED else self.change(proposal=None)

    def decline(self, who: Who, luck: int) -> Self:
        self._answers(who)
        return self.change(proposal=None)

    def _answers(self, who: Who) -> None:
        need(who == "customer" and self.waits_for_answer)

    def withdraw(self, who: Who, luck: int) -> Self:
        need(self.withdrawable_by(who))
        return self.change(proposal=None)


class Troubles(OrderState):
    """异常."""

    def report_exception(self, who: Who, luck: int) -> Self:
        need(who in ("customer", "staff") or (who == "holder" and self.has_worker))
        need(self.phase in (*ON_ITS_WAY, P.EXCEPTION))
        trouble = Trouble(who, OUTLOOKS[luck % 3])
        if self.phase is P.EXCEPTION:
            return self.change(troubles=(*self.troubles, trouble)[:2])
        return self.to(P.EXCEPTION, before=self.phase, troubles=(trouble,), proposal=self.proposal)

    def answer_exception(self, who: Who, luck: int) -> Self:
        need(who == "staff" and any(not one.answered for one in self.troubles))
        return self.change(troubles=tuple(Trouble(one.by, one.outlook, answered=True) for one in self.troubles))

    def withdraw_exception(self, who: Who, luck: int) -> Self:
        need(who in ("customer", "holder") and bool(self.reported(who)))
        left = tuple(one for one in self.troubles if one not in self.reported(who))
        return self.change(troubles=left) if left else self._back()

    def _back(self) -> Self:
        assert self.before is not None
        return self.to(self.before, proposal=self.proposal)

    def continue_(self, who: Who, luck: int) -> Self:
        need(self.phase is P.EXCEPTION)
        need(who == "staff" or (who == "customer" and self.may_go_on_for_customer()))
        return self._back()

    def continue_with_supplement(self, who: Who, luck: int) -> Self:
        need(who == "staff" and self.phase is P.EXCEPTION)
        return self._back()

    def send_somebody_else(self, who: Who, luck: int) -> Self:
        need(who == "staff" and self.phase is P.EXCEPTION and self.replaceable)
        return self.to(P.DISPATCHING)

    def end_early(self, who: Who, luck: int) -> Self:
        need(who == "staff" and self.phase is P.EXCEPTION and self.before in SERVED)
        return self.to(P.CANCELLED)

    def cancel_with_refund(self, who: Who, luck: int) -> Self:
        need(who == "staff" and self.phase is P.EXCEPTION)
        return self.to(P.CANCELLED)

    def exception_unanswered(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.EXCEPTION)
        return self

    def exception_unsolved(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.EXCEPTION)
        return self

    def exception_lapsed(self, who: Who, luck: int) -> Self:
        need(who == "clock" and self.phase is P.EXCEPTION)
        return self.to(P.DISPATCHING) if self.replaceable and luck % 2 else self._back()
