"""A city in which anything that the table allows may happen next, chosen by chance and really done."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.web.orders.story import Story, paid_at_gateway, said, terms, tomorrow
from tests.web.people import CITY, make_address, make_city, make_customer, make_service, make_staff, make_worker
from web.accounts.models import User
from web.errors import DoorbellError
from web.orders import selectors, services
from web.orders.models import Alarm, Offer, Proposal
from web.orders.services import alarm_silent_workers, take_alarm
from web.orders.services.supplements import request_payment
from web.payments import sandbox
from web.payments import services as payments
from web.payments.gateways import payment_number
from web.payments.models import Payment, Refund
from web.workforce import services as workforce
from web.workforce.models import Worker
from workflows.messages import StepResult
from workflows.transitions import EXCEPTION_TYPES, TABLE, Move, Phase

RARE = {
    Move.CANCEL: 0.04,
    Move.CALL_OFF: 0.02,
    Move.TAKE_OFF: 0.2,
    Move.HAND_BACK: 0.1,
    Move.DID_NOT_DEPART: 0.1,
    Move.DID_NOT_ARRIVE: 0.1,
    Move.REPORT_ABSENT: 0.2,
    Move.PAYMENT_LAPSED: 0.1,
    Move.REPORT_EXCEPTION: 0.05,
    Move.END_EARLY: 0.1,
    Move.CANCEL_WITH_REFUND: 0.1,
    Move.SEND_SOMEBODY_ELSE: 0.3,
    Move.ASSIGN: 0.3,
    Move.EXHAUSTED: 0.3,
    Move.FINISH: 0.4,
    Move.PARK: 0.5,
    Move.REFUND: 0.2,
    Move.TIP: 0.2,
}
"""What ends or shortens the way of an order would do so to all of them if it came as often as the rest."""

WAY = frozenset(
    {Move.PAID, Move.OFFER, Move.ACCEPT, Move.DEPART, Move.ARRIVE, Move.START, Move.TICK, Move.FINISH, Move.CONFIRM}
)


class BusyDay:
    """One city, a few workers, and orders in all phases. `act` does one thing; `done` says what."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.done: list[str] = []
        self.times: Counter[tuple[Phase, Move]] = Counter()
        make_city()
        # A worker on his way is silent at once, and a code is locked at the second wrong one.
        terms("visit", silent_after_s=0.001, start_code_tries=2)
        terms("commission", frozen_s=1)
        self.workers = [make_worker(on_duty=True) for _ in range(4)]
        self.staff = [make_staff(city=CITY) for _ in range(2)]
        self.service = make_service()
        self.stories: list[Story] = []

    def act(self) -> None:
        """Choose an order and a line of the table that its phase allows, or something beside the orders."""
        beside: list[Callable[[], None]] = [self._turn_a_switch, self._take_an_alarm, self._look_for_silence]
        if len(self.stories) < 3 or self.chance.random() < 0.03:
            self._place()
        elif self.chance.random() < 0.1:
            self.chance.choice(beside)()
        else:
            self._move(self.chance.choice(self.stories))

    def _place(self) -> None:
        terms("dispatch", w_held=0, max_offers=3, mode="manual" if self.chance.random() < 0.2 else "offer")
        try:
            self.stories.append(Story.placed(make_customer(), self.service, starts_at=self._some_time()))
        except DoorbellError:
            return  # nobody is free then
        self.done.append("placed")

    def _move(self, story: Story) -> None:
        """The first of the phase's moves that can be asked now: every other time one along an order's ordinary way, and
        else what was done least. By chance alone orders would go round in circles and none come to its end.
        """
        phase = Phase(story.order.phase)
        moves = [rule.move for rule in TABLE if rule.phase is phase]
        ahead = WAY if self.chance.random() < 0.5 else frozenset[Move]()
        shuffled = self.chance.sample(moves, len(moves))
        for move in sorted(shuffled, key=lambda move: (move not in ahead, self.times[phase, move])):
            if self.chance.random() > RARE.get(move, 1):
                continue
            result = self._asked(story, move)
            if result:
                self.times[phase, move] += 1
                self._note(story, move, result)
                return

    def _note(self, story: Story, move: Move, result: StepResult) -> None:
        assert not result.conflict
        self.done.append(f"{move}:{result.outcome.code or 'done'}")
        if result.view.ended:
            self.stories.remove(story)

    def _asked(self, story: Story, move: Move) -> StepResult | None:
        """The move with what it needs; None where it cannot be asked at all."""
        order, offer = story.order, Offer.objects.filter(order_id=story.id, state=Offer.OPEN).first()
        worker = order.worker or order.customer
        match move:
            case Move.PAID if order.phase != Phase.AWAITING_PAYMENT:
                return self._pay_extra(story)
            case Move.PAID:
                payments.record_payment(message_id=paid_at_gateway(story.open_payment()).pk)
                return story.step(move)
            case Move.OFFER:
                ranking = services.store_ranking(order_id=story.id)
                return story.step(move, reference=ranking.ranking_id) if ranking.candidates and not offer else None
            case Move.EXHAUSTED:
                return None if offer or order.exhausted else story.step(move)
            case Move.OFFER_LAPSED:
                return story.step(move) if offer or self.chance.random() < 0.1 else None
            case Move.ACCEPT | Move.REFUSE:
                return story.ask(offer.worker, move, offer_id=offer.pk, reason="busy") if offer else None
            case Move.CLAIM:
                return story.ask(order.customer, move, kind="quality", typed="没有打扫干净")
            case Move.ANSWER_CASE:
                return self._answer_case(story)
            case Move.CASE_OVERDUE:
                return story.step(move, reference=order.open_case_id) if order.open_case_id else None
            case Move.UNLOCK | Move.ANSWER_EXCEPTION | Move.CONTINUE | Move.CONTINUE_WITH_SUPPLEMENT:
                return story.ask(self._one_of_staff(), move)
            case Move.REPORT_EXCEPTION | Move.WITHDRAW_EXCEPTION:
                return story.ask(order.customer, move, type=self.chance.choice([*EXCEPTION_TYPES]))
            case Move.SEND_SOMEBODY_ELSE:
                return story.ask(self._one_of_staff(), move, failed=self.chance.random() < 0.5)
            case Move.END_EARLY | Move.CANCEL_WITH_REFUND:
                return story.ask(self._one_of_staff(), move, refund_bp=5_000)
            case Move.EXCEPTION_UNANSWERED | Move.EXCEPTION_UNSOLVED | Move.EXCEPTION_LAPSED | Move.PROPOSAL_LAPSED:
                due = [timer for timer in selectors.view_of(order).timers if timer.move == move]
                return story.step(move, key=due[0].key, reference=due[0].reference) if due else None
            case Move.RESCHEDULE:
                by = self._one_of_staff() if self.chance.random() < 0.5 else order.customer
                return story.ask(by, move, starts_at=self._some_time().isoformat())
            case Move.PROPOSE_MOVE:
                return story.ask(worker, move, starts_at=self._some_time().isoformat())
            case Move.CHANGE_ADDRESS:
                return story.change_address(make_address(order.customer))
            case Move.CHANGE_REQUEST:
                return story.ask(order.customer, move, typed="请带梯子")
            case Move.PROPOSE_SUPPLEMENT:
                return story.ask(worker, move, typed=json.dumps({"items": [], "other_fen": 500, "reason": "配件"}))
            case Move.APPROVE | Move.DECLINE:
                return story.ask(order.customer, move, proposal_id=order.proposal_id) if order.proposal_id else None
            case Move.WITHDRAW:
                return story.ask(worker, move, proposal_id=order.proposal_id) if order.proposal_id else None
            case Move.ASSIGN:
                return story.ask(self._one_of_staff(), move, worker_id=self.chance.choice(self.workers).user_id)
            case Move.HAND_BACK:
                return story.ask(worker, move, reason="unwell")
            case Move.REPORT_ABSENT:
                return story.ask(worker, move) if not order.absence_proven else None
            case Move.AM_HERE:
                return story.ask(order.customer, move) if order.absent_until else None
            case Move.WORKER_ABSENT | Move.CUSTOMER_ABSENT:
                return None  # they wait for the clock
            case Move.DID_NOT_ARRIVE:
                return None if order.no_show else story.step(move)
            case Move.DID_NOT_DEPART:
                return None if order.not_departed else story.step(move)
            case Move.TAKE_OFF:
                failed = self.chance.random() < 0.5
                return story.ask(self._one_of_staff(), move, reason="other", failed=failed)
            case Move.CALL_OFF:
                return story.ask(self._one_of_staff(), move, reason="other", refund_bp=5_000)
            case Move.START:
                return story.ask(worker, move, typed=order.start_code if self.chance.random() < 0.6 else "wrong")
            case Move.TICK:
                return story.ask(worker, move, step=self.chance.choice([1, 2, 1, 2, 3]))
            case Move.DEPART | Move.ARRIVE | Move.FINISH:
                return story.ask(worker, move)
            case Move.CANCEL | Move.CONFIRM:
                return story.ask(order.customer, move)
            case Move.SETTLE:
                return None if order.settled_at else story.step(move)
            case Move.CLOSE:
                through = order.settled_at if order.phase == Phase.COMPLETED else order.cancelled_by
                waits = order.is_refunding or order.is_frozen or order.open_case_id
                return story.step(move) if through and not waits else None
            case Move.REFUND:
                amount, bearer = self.chance.choice([0, 100, 20_000]), self.chance.choice(["shared", "platform"])
                return story.ask(self._one_of_staff(), move, amount_fen=amount, reason="quality", bearer=bearer)
            case Move.TIP:
                return story.ask(order.customer, move, amount_fen=500)
            case Move.TIPPED:
                return self._pay_a_tip(story)
            case Move.RELEASE:
                return story.step(move) if order.is_frozen else None
            case Move.REFUNDED:
                return self._give_back(story) if order.is_refunding else None
            case Move.PARK:
                return self._park(story, story.refunds[0]) if order.is_refunding else None
            case Move.LATE_TO_DEPART | Move.LATE_TO_ARRIVE:
                return None if order.late_told else story.step(move)
            case _:
                return story.step(move)

    def _answer_case(self, story: Story) -> StepResult | None:
        if story.order.open_case_id is None:
            return None
        rework = {"outcome": "rework", "starts_at": self._some_time().isoformat(), "worker": "anybody"}
        outcomes: list[dict[str, int | str]] = [
            {"outcome": "noted"},
            {"outcome": "refunded", "amount_fen": 100, "reason": "quality", "bearer": "shared"},
            {**rework, "price_fen": 0},
            {**rework, "price_fen": 5_000},
        ]
        choice = {"case_id": story.order.open_case_id} | self.chance.choice(outcomes)
        result = story.ask(self._one_of_staff(), Move.ANSWER_CASE, typed=said("好"), **choice)
        if result.outcome.done and choice["outcome"] == "rework":
            self.stories.append(Story(story.order.reworks.latest("pk").pk))
        return result

    def _pay_a_tip(self, story: Story) -> StepResult | None:
        tip = story.order.tips.order_by("-pk").first()
        if tip is None or tip.paid_at:
            return None
        return self._pay(story, services.request_tip_payment(order=story.order, channel="sandbox"), Move.TIPPED)

    def _pay_extra(self, story: Story) -> StepResult | None:
        proposal = story.order.live_proposal
        if proposal is None or proposal.state != Proposal.APPROVED:
            return None
        payment = request_payment(order=story.order, proposal_id=proposal.pk, channel="sandbox")
        return self._pay(story, payment, Move.PAID)

    def _pay(self, story: Story, payment: Payment, told: Move) -> StepResult:
        sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
        payments.record_payment(message_id=paid_at_gateway(payment).pk)
        return story.step(told, reference=payment.pk)

    def _give_back(self, story: Story) -> StepResult:
        refund = Refund.objects.get(pk=story.refunds[0])
        payments.record_refund(refund_id=refund.pk, gateway_no=f"SB-{refund.pk}")
        return story.step(Move.REFUNDED, reference=refund.pk)

    def _park(self, story: Story, refund_id: int) -> StepResult:
        payments.park_refund(refund_id=refund_id)
        return story.step(Move.PARK, reference=refund_id)

    def _turn_a_switch(self) -> None:
        worker = Worker.objects.get(pk=self.chance.choice(self.workers).pk)
        workforce.set_duty(worker_id=worker.pk, on_duty=not worker.on_duty)
        self.done.append("switched")

    def _take_an_alarm(self) -> None:
        alarm = Alarm.objects.filter(cleared_at=None, taken_by=None).first()
        if alarm:
            take_alarm(staff=self._one_of_staff(), alarm_id=alarm.pk)
            self.done.append("alarm taken")

    def _look_for_silence(self) -> None:
        self.done.append(f"silent:{alarm_silent_workers()}")

    def _some_time(self) -> datetime:
        return tomorrow() + timedelta(minutes=30 * self.chance.randrange(160))

    def _one_of_staff(self) -> User:
        return self.chance.choice(self.staff)
