"""One order, moved by the very services that the API and the actors call: the straight line without Temporal.

    story = Story.placed(make_customer(), make_service())
    story.pay().offer().accept().depart()

Every method makes one move and expects it to be done; `step` and `ask` return whatever the services answered.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

import hub
from hub.models import Event
from tests.web.people import make_address, make_city, make_customer, make_service, make_worker, sold
from tests.world.fiction import rewrite
from web.accounts.models import Address, User
from web.catalog.models import Service
from web.orders import selectors, services
from web.orders.fees import Cancellation
from web.orders.models import Command, Offer, Order, OrderEvent
from web.orders.policies import Policies, Travel
from web.orders.pricing import Chosen
from web.orders.quoting import price_today, quote
from web.orders.services.placing import Booking
from web.orders.services.supplements import request_payment
from web.orders.services.terms import put_policy
from web.orders.slots import release_slot
from web.payments import sandbox
from web.payments import selectors as payments_now
from web.payments import services as payments
from web.payments.gateways import payment_number
from web.payments.models import GatewayMessage, Payment
from web.scheduling import services as scheduling
from web.scheduling.fit import Job
from web.scheduling.routing import Place
from web.workforce.models import Worker
from workflows.deadlines import moves_at
from workflows.messages import OrderView, Outcome, StepRequest, StepResult
from workflows.transitions import Move

_keys = itertools.count(1)


def tomorrow(hour: int = 10, minute: int = 0) -> datetime:
    """A time of the day after tomorrow in UTC: ahead of every notice, well within every horizon."""
    day = timezone.now() + timedelta(days=2)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def booking_of(service: Service, address: Address, *, chosen: Chosen | None = None, **fields: Any) -> Booking:
    """A booking at the right price."""
    version, chosen = sold(service), chosen or Chosen()
    values: dict[str, Any] = {
        "starts_at": tomorrow(),
        "request": "",
        "key": f"placed-{next(_keys)}",
        **fields,
    }
    policies = selectors.policies_for(city=address.city, service_id=service.pk)
    booking = Booking(version=version, chosen=chosen, address=address, **({"quoted_fen": 0} | values))
    right_fen = quote(booking.wish_of(address.user), policies).total_fen
    return replace(booking, quoted_fen=values.get("quoted_fen", right_fen))


def terms(kind: str, **data: Any) -> None:
    """The terms of every order from now on; orders already placed keep theirs."""
    put_policy(kind=kind, data=data)


def fees(**by_phase: dict[str, Any]) -> None:
    """As `terms`, for the cancellation table: these lines, and the default's for all other phases."""
    terms("cancellation", by_phase=Cancellation().model_dump(mode="json")["by_phase"] | by_phase)


def keep_busy(worker: Worker, starts_at: datetime, *, place: Place | None = None, hours: float = 1) -> None:
    """His time is kept for an order of somebody else's."""
    home = Place(worker.home_lng, worker.home_lat)
    job = Job(starts_at, starts_at + timedelta(hours=hours), 900, place or home)
    order_id = -next(_keys)
    scheduling.reserve(order_id=order_id, worker_id=worker.user_id, home=home, job=job, travel=Travel())


def said(text: str, request: str = "") -> str:
    """What staff typed to answer a case, as the command's row has it."""
    return json.dumps({"text": text, "request": request}, ensure_ascii=False)


def let_go(story: Story) -> None:
    """Nobody's time is kept for the order any more."""
    with hub.atomic():
        release_slot(story.order)


class Story:
    """An order on its way. `order` is always the row as it is now."""

    def __init__(self, order_id: int) -> None:
        self.id = order_id

    @classmethod
    def placed(cls, customer: User, service: Service, *, address: Address | None = None, **booking: Any) -> Story:
        """A fresh order, at the customer's address (made where none is given)."""
        booked = booking_of(service, address or make_address(customer), **booking)
        order, fresh = services.place_order(customer=customer, booking=booked)
        assert fresh
        # Its visit is days ahead and no test waits: its worker may set out at once, unless the terms speak of it.
        if order.policies["visit"]["depart_early_s"] == Policies().visit.depart_early_s:
            order.policies["visit"]["depart_early_s"] = timedelta(days=30).total_seconds()
            rewrite(order.pk, policies=order.policies)
        return cls(order.pk)

    @classmethod
    def in_town(cls, *, workers: int = 1, **service: Any) -> Story:
        """A fresh order of a new customer, in a city with so many equal workers on duty."""
        make_city()
        for _ in range(workers):
            make_worker(on_duty=True)
        return cls.placed(make_customer(), make_service(**service))

    @property
    def order(self) -> Order:
        return Order.objects.select_related("service", "customer", "worker").get(pk=self.id)

    @property
    def offered(self) -> Offer:
        """The open offer; of several the one that is due first."""
        offers = Offer.objects.select_related("worker").filter(order_id=self.id, state=Offer.OPEN)
        return offers.order_by("due_at", "pk")[:1].get()

    @property
    def types(self) -> list[str]:
        """What has happened, oldest first."""
        return list(OrderEvent.objects.filter(order_id=self.id).order_by("version").values_list("type", flat=True))

    @property
    def worker(self) -> User:
        worker = self.order.worker
        assert worker is not None
        return worker

    @property
    def refunds(self) -> list[int]:
        """The ids of the order's own refunds that are not done."""
        return payments_now.open_refunds(self.id)

    # What is asked, whatever the answer.

    def step(
        self, move: Move, *, key: str = "", version: int | None = None, reference: int | None = None
    ) -> StepResult:
        """A move of the actor's own."""
        view = selectors.view_of(selectors.order_now(self.id))
        expected = view.version if version is None else version
        key = key or f"{move}-{next(_keys)}"
        return self._taken(StepRequest(self.id, key, move.value, expected, reference=reference, due=_due(view, move)))

    def due(self, move: Move) -> datetime | None:
        """When its actor makes this move by itself, as it knows it now."""
        return _due(selectors.view_of(selectors.order_now(self.id)), move)

    def ask(self, by: User, move: Move, *, typed: str = "", **choice: int | str | bool) -> StepResult:
        """A person's command, received and taken at once."""
        return self.take(self.receive(by, move, typed=typed, **choice))

    def receive(self, by: User, move: Move, *, typed: str = "", **choice: int | str | bool) -> Command:
        """A person's command, stored and not decided."""
        command, fresh = services.receive_command(
            user=by, order=self.order, move=move, key=f"key-{next(_keys)}", choice=choice, typed=typed
        )
        assert fresh
        return command

    def take(self, command: Command, *, version: int | None = None) -> StepResult:
        """The step of a stored command."""
        seen = Order.objects.values_list("version", flat=True).get(pk=self.id) if version is None else version
        message = services.message_of(command, seen_version=seen)
        request = StepRequest(self.id, f"command:{command.pk}", command.move, seen, command=message)
        return self._taken(request)

    # The way an order goes; each of these must succeed.

    def pay(self) -> Story:
        message = paid_at_gateway(self.open_payment())
        payments.record_payment(message_id=message.pk)
        return self._done(self.step(Move.PAID))

    def open_payment(self) -> Payment:
        """The payment that the customer is about to make, opened at the gateway."""
        payment = services.request_payment(order=self.order, channel="sandbox")
        sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
        return payment

    def offer(self) -> Story:
        ranking = services.store_ranking(order_id=self.id)
        assert ranking.candidates
        return self._done(self.step(Move.OFFER, reference=ranking.ranking_id))

    def accept(self) -> Story:
        offer = self.offered
        return self._done(self.ask(offer.worker, Move.ACCEPT, offer_id=offer.pk))

    def refuse(self, reason: str = "busy") -> Story:
        offer = self.offered
        return self._done(self.ask(offer.worker, Move.REFUSE, offer_id=offer.pk, reason=reason))

    def lapse(self) -> Story:
        return self._done(self.step(Move.OFFER_LAPSED, key=f"offer:{self.offered.pk}:expired"))

    def exhaust(self) -> Story:
        return self._done(self.step(Move.EXHAUSTED))

    def assign(self, worker: User, *, by: User) -> Story:
        return self._done(self.ask(by, Move.ASSIGN, worker_id=worker.pk))

    def depart(self) -> Story:
        return self._done(self.ask(self.worker, Move.DEPART))

    def arrive(self) -> Story:
        return self._done(self.ask(self.worker, Move.ARRIVE))

    def start(self) -> Story:
        return self._done(self.ask(self.worker, Move.START, typed=self.order.start_code))

    def tick(self) -> Story:
        record = self.order.records.filter(done_at=None)[0]
        return self._done(self.ask(self.worker, Move.TICK, step=record.position))

    def tick_all(self) -> Story:
        for _ in range(self.order.records.filter(done_at=None).count()):
            self.tick()
        return self

    def finish(self) -> Story:
        return self._done(self.ask(self.worker, Move.FINISH))

    def confirm(self) -> Story:
        return self._done(self.ask(self.order.customer, Move.CONFIRM))

    def settle(self) -> Story:
        return self._done(self.step(Move.SETTLE, key="settle"))

    def close(self) -> Story:
        return self._done(self.step(Move.CLOSE, key="close"))

    def cancel(self, reason: str = "changed_mind") -> Story:
        return self._done(self.ask(self.order.customer, Move.CANCEL, reason=reason))

    def move(self, starts_at: datetime, *, by: User | None = None) -> Story:
        return self._done(self.ask(by or self.order.customer, Move.RESCHEDULE, starts_at=starts_at.isoformat()))

    def report(self, by: User, type: str = "other", text: str = "") -> Story:
        return self._done(self.ask(by, Move.REPORT_EXCEPTION, typed=text, type=type))

    def change_address(self, address: Address) -> StepResult:
        """At today's price, whatever it is."""
        quoted_fen = price_today(self.order, place=Place(address.lng, address.lat)).total_fen
        return self.ask(self.order.customer, Move.CHANGE_ADDRESS, address_id=address.pk, quoted_fen=quoted_fen)

    def propose_move(self, starts_at: datetime) -> Story:
        return self._done(self.ask(self.worker, Move.PROPOSE_MOVE, starts_at=starts_at.isoformat()))

    def propose_extra(self, fen: int, *, reason: str = "配件") -> Story:
        """A supplement of one free line."""
        typed = json.dumps({"items": [], "other_fen": fen, "reason": reason})
        return self._done(self.ask(self.worker, Move.PROPOSE_SUPPLEMENT, typed=typed))

    def answer(self, move: Move) -> Story:
        """To the proposal that waits: the customer approves or declines it, or its worker withdraws it."""
        by = self.worker if move is Move.WITHDRAW else self.order.customer
        return self._done(self.ask(by, move, proposal_id=self.order.proposal_id or 0))

    def pay_extra(self) -> Story:
        """The customer pays what he has agreed to."""
        order = self.order
        payment = request_payment(order=order, proposal_id=order.proposal_id or 0, channel="sandbox")
        sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
        payments.record_payment(message_id=paid_at_gateway(payment).pk)
        return self._done(self.step(Move.PAID, key=f"payment:{payment.pk}:paid", reference=payment.pk))

    # Several at once.

    def accepted(self) -> Story:
        """Paid, offered to the best, and taken by him."""
        return self.pay().offer().accept()

    def in_service(self) -> Story:
        return self.accepted().depart().arrive().start()

    def finished(self) -> Story:
        return self.in_service().tick_all().finish()

    def tipped(self, amount_fen: int = 500) -> Story:
        """The customer offers a tip, and it is paid."""
        self._done(self.ask(self.order.customer, Move.TIP, amount_fen=amount_fen))
        payment = services.request_tip_payment(order=self.order, channel="sandbox")
        sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
        payments.record_payment(message_id=paid_at_gateway(payment).pk)
        return self._done(self.step(Move.TIPPED, reference=payment.pk))

    def given_back(self) -> Story:
        """The gateway has given back whatever is open."""
        for refund_id in self.refunds:
            payments.record_refund(refund_id=refund_id, gateway_no=f"SB-R{refund_id}")
            self._done(self.step(Move.REFUNDED, key=f"refund:{refund_id}:done", reference=refund_id))
        return self

    def settled(self) -> Story:
        return self.finished().confirm().settle()

    def _taken(self, request: StepRequest) -> StepResult:
        """Whatever a step answers, the actor hears what the row says."""
        result = services.take_step(request=request)
        row = selectors.order_now(self.id)
        assert result.view == selectors.view_of(row)
        if result.outcome.done and not result.conflict:
            assert row.moves_at == moves_at(result.view, now=row.events.latest("version").at)
        return result

    def _done(self, result: StepResult) -> Story:
        assert not result.conflict
        assert result.outcome.done, result.outcome
        return self


def _due(view: OrderView, move: Move) -> datetime | None:
    deadlines = view.deadlines
    own = {
        Move.PAYMENT_LAPSED: deadlines.payment_due,
        Move.OFFER_LAPSED: deadlines.offer_due,
        Move.LATE_TO_DEPART: deadlines.depart_by,
        Move.LATE_TO_ARRIVE: deadlines.arrive_by,
        Move.AUTOCONFIRM: deadlines.autoconfirm_at,
        Move.CLOSE: deadlines.review_until,
    }
    return own.get(move) or next((timer.due for timer in view.timers if timer.move == move), None)


def paid_at_gateway(payment: Payment) -> GatewayMessage:
    """The customer pays at the cashier; the gateway's message, in the inbox."""
    body = sandbox.pay_at_cashier(out_number=payment_number(payment.pk))
    return payments.receive_callback(channel="sandbox", headers=sandbox.signed(body), body=body)


def open_alarms(story: Story) -> list[str]:
    """The kinds of what the order alarms the board about now."""
    return [alarm.kind for alarm in story.order.alarms.filter(cleared_at=None)]


def heard(topic: str, *, messages: bool = False) -> list[Event]:
    """What the hub's log has for a topic, oldest first; what the message centre pushes beside it only when asked for
    (tests/web/notifications looks at these).
    """
    events = Event.objects.filter(topic=topic).order_by("offset")
    return list(events if messages else events.exclude(type="message.new"))


def refused(result: StepResult) -> str:
    """The code of a refusal as data; the order did not move."""
    outcome: Outcome = result.outcome
    assert not outcome.done
    assert not result.conflict
    assert (outcome.phase, outcome.version) == (result.view.phase, result.view.version)
    return outcome.code
