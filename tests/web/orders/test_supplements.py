"""补差价 / 加钟: nothing is charged without consent, and what is paid is the order's to the fen."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.web.orders.story import Story, keep_busy, paid_at_gateway, refused, terms
from tests.web.people import Api, body_of, make_city, make_customer, make_service, make_worker
from tests.world.fiction import rewrite
from web.accounts.models import User
from web.catalog.content import AddOn
from web.ledger.selectors import balance_of, unbalanced_journals
from web.notifications.models import Message
from web.orders.models import Proposal
from web.orders.services.supplements import request_payment
from web.payments import sandbox, selectors
from web.payments import services as payments
from web.payments.gateways import payment_number
from web.payments.models import Payment, Refund
from web.scheduling.models import Reservation
from web.workforce.models import Worker
from workflows.messages import StepResult
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

TOTAL = 10_900
LIST = [AddOn("grease", "厨房重油污", "处", 3_000, 2), AddOn("time", "加钟", "半小时", 4_000, 4, 1_800)]


def at_the_door(**service: Any) -> Story:
    """A worker at the door, of a service with a price list."""
    return Story.in_town(add_ons=LIST, **service).accepted().depart().arrive()


def item(story: Story, position: int = 1) -> int:
    return int(story.order.service.price_list.get(position=position).pk)


def propose(story: Story, *items: tuple[int, int], other_fen: int = 0, reason: str = "") -> StepResult:
    """items: (position in the price list, quantity)."""
    asked = [{"item_id": item(story, position), "quantity": quantity} for position, quantity in items]
    typed = json.dumps({"items": asked, "other_fen": other_fen, "reason": reason})
    return story.ask(story.worker, Move.PROPOSE_SUPPLEMENT, typed=typed)


def the(story: Story) -> Proposal:
    """The newest."""
    return Proposal.objects.filter(order_id=story.id).order_by("-pk")[0]


def answer(story: Story, move: Move) -> StepResult:
    return story.ask(story.order.customer, move, proposal_id=the(story).pk)


def pay(story: Story, *, tell: bool = True) -> Payment:
    """The customer pays at the cashier; `tell`: the order hears of it."""
    payment = request_payment(order=story.order, proposal_id=the(story).pk, channel="sandbox")
    sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
    payments.record_payment(message_id=paid_at_gateway(payment).pk)
    if tell:
        assert told(story, payment).outcome.done
    return payment


def told(story: Story, payment: Payment) -> StepResult:
    return story.step(Move.PAID, key=f"payment:{payment.pk}:paid", reference=payment.pk)


def agreed(*items: tuple[int, int]) -> Story:
    """A supplement that waits for its money."""
    story = at_the_door()
    assert propose(story, *(items or ((1, 1),))).outcome.done
    assert answer(story, Move.APPROVE).outcome.done
    return story


def read_by(user: User, title: str) -> int:
    """How many messages of that title he has."""
    return Message.objects.filter(user=user, title=title).count()


def lapse(story: Story) -> StepResult:
    (timer,) = story.step(Move.PARK).view.timers  # a refusal, for its view
    return story.step(Move(timer.move), key=timer.key, reference=timer.reference)


def lines(story: Story) -> list[tuple[str, int, str]]:
    order = story.order
    assert sum(line.amount_fen for line in order.lines.all()) == order.total_fen
    return [(line.name, line.amount_fen, line.rule) for line in order.lines.all()]


def test_the_lines_are_the_orders_when_they_are_paid_and_not_before() -> None:
    story = at_the_door()
    before = lines(story)
    assert propose(story, (1, 2), other_fen=1_500, reason="更换密封圈").outcome.done
    assert (the(story).amount_fen, lines(story)) == (7_500, before)
    assert answer(story, Move.APPROVE).outcome.done
    assert (the(story).state, lines(story)) == (Proposal.APPROVED, before)
    pay(story)
    rule = f"proposal:{the(story).pk}"
    assert lines(story) == [*before, ("厨房重油污", 6_000, rule), ("其他费用", 1_500, rule)]
    assert (story.order.total_fen, story.order.phase) == (TOTAL + 7_500, Phase.ARRIVED)
    assert (the(story).state, story.order.proposal_id) == (Proposal.DONE, None)


def test_the_workers_pay_grows_and_is_settled() -> None:
    story = at_the_door()
    propose(story, (1, 1))
    answer(story, Move.APPROVE)
    pay(story)
    detail = body_of(Api(story.worker).get(f"/orders/{story.id}"))
    assert detail["pay_fen"] == (TOTAL + 3_000) * 8 // 10
    story.start().tick_all().finish().confirm().settle()
    assert balance_of(story.worker) == (TOTAL + 3_000) * 8 // 10
    assert unbalanced_journals() == []


@pytest.mark.parametrize("move", [Move.DECLINE, Move.WITHDRAW])
def test_what_is_not_agreed_to_costs_nothing(move: Move) -> None:
    story = at_the_door()
    propose(story, (1, 1))
    by = story.worker if move is Move.WITHDRAW else story.order.customer
    assert story.ask(by, move, proposal_id=the(story).pk).outcome.done
    assert story.order.total_fen == TOTAL
    answer_ = Api(story.order.customer).post(
        f"/orders/{story.id}/proposals/{the(story).pk}/pay", {"channel": "sandbox"}
    )
    assert (answer_.status_code, json.loads(answer_.content)["code"]) == (409, "not_payable")


def test_before_the_customer_agrees_there_is_nothing_to_pay() -> None:
    story = at_the_door()
    propose(story, (1, 1))
    path = f"/orders/{story.id}/proposals/{the(story).pk}/pay"
    assert Api(story.order.customer).post(path, {"channel": "sandbox"}).status_code == 409
    assert Api(make_customer()).post(path, {"channel": "sandbox"}).status_code == 404
    assert not Payment.objects.filter(purpose=Payment.SUPPLEMENT).exists()


def test_several_follow_each_other() -> None:
    story = agreed()
    pay(story)
    assert propose(story, (1, 1)).outcome.done
    answer(story, Move.APPROVE)
    pay(story)
    assert story.order.total_fen == TOTAL + 6_000
    assert refused(propose(story, (1, 1))) == "quantity_too_large"


@pytest.mark.parametrize(
    ("items", "other_fen", "code"),
    [([(1, 3)], 0, "quantity_too_large"), ([], 50_001, "amount_too_large")],
)
def test_the_price_list_and_the_policy_bound_it(items: list[tuple[int, int]], other_fen: int, code: str) -> None:
    assert refused(propose(at_the_door(), *items, other_fen=other_fen, reason="配件")) == code


def test_another_services_item_is_unknown() -> None:
    story = at_the_door()
    other = make_service("window-cleaning", add_ons=LIST).price_list.get(position=1)
    typed = json.dumps({"items": [{"item_id": other.pk, "quantity": 1}], "other_fen": 0, "reason": ""})
    assert refused(story.ask(story.worker, Move.PROPOSE_SUPPLEMENT, typed=typed)) == "item_unknown"


def test_a_price_that_changes_meanwhile_is_paid_as_it_was_agreed() -> None:
    story = at_the_door()
    propose(story, (1, 1))
    make_service(add_ons=[AddOn("grease", "厨房重油污", "处", 9_000, 2)])
    answer(story, Move.APPROVE)
    pay(story)
    assert story.order.total_fen == TOTAL + 3_000


# 加钟


def kept_until(story: Story) -> Any:
    return Reservation.objects.get(order_id=story.id, active=True).ends_at


def test_more_time_is_kept_from_the_consent_on_and_is_the_orders_when_it_is_paid() -> None:
    story = at_the_door()
    ends_at = kept_until(story)
    propose(story, (2, 2))
    assert kept_until(story) == ends_at
    answer(story, Move.APPROVE)
    assert (kept_until(story), story.order.duration_s) == (ends_at + timedelta(hours=1), 7_200)
    pay(story)
    assert (kept_until(story), story.order.duration_s) == (ends_at + timedelta(hours=1), 10_800)


def test_time_that_his_next_job_needs_cannot_be_sold() -> None:
    story = at_the_door()
    keep_busy(Worker.objects.get(pk=story.worker.pk), story.order.starts_at + timedelta(hours=2, minutes=30))
    assert refused(propose(story, (2, 1))) == "slot_taken"
    assert propose(story, (1, 1)).outcome.done


def test_a_job_that_came_between_proposal_and_consent_keeps_its_time() -> None:
    story = at_the_door()
    propose(story, (2, 1))
    keep_busy(Worker.objects.get(pk=story.worker.pk), story.order.starts_at + timedelta(hours=2, minutes=30))
    assert refused(answer(story, Move.APPROVE)) == "slot_taken"
    assert the(story).state == Proposal.OPEN


def test_unpaid_time_is_free_again() -> None:
    story = at_the_door()
    ends_at = kept_until(story)
    propose(story, (2, 1))
    answer(story, Move.APPROVE)
    assert lapse(story).outcome.done
    assert (kept_until(story), story.order.duration_s) == (ends_at, 7_200)


# Money and time.


def test_unpaid_it_lapses_and_its_payment_closes() -> None:
    story = agreed()
    payment = request_payment(order=story.order, proposal_id=the(story).pk, channel="sandbox")
    assert lapse(story).outcome.done
    payment.refresh_from_db()
    assert (payment.state, the(story).state, story.order.total_fen) == (Payment.CLOSED, Proposal.LAPSED, TOTAL)
    for reader, said in ((story.order.customer, "您同意的补差价未按时支付"), (story.worker, "用户同意后未按时支付")):
        newest = Message.objects.filter(user=reader).latest("pk")
        assert (newest.title, said in newest.body) == ("补差价已失效", True)


def test_money_that_comes_after_that_goes_back() -> None:
    story = agreed()
    payment = request_payment(order=story.order, proposal_id=the(story).pk, channel="sandbox")
    sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
    lapse(story)
    recorded = payments.record_payment(message_id=paid_at_gateway(payment).pk)
    assert Refund.objects.get(pk=recorded.refund_id or 0).amount_fen == 3_000
    assert refused(told(story, payment)) == "not_allowed"
    assert story.order.total_fen == TOTAL
    assert unbalanced_journals() == []


def test_money_that_came_just_in_time_wins_over_the_lapse_and_counts_once() -> None:
    story = agreed()
    payment = pay(story, tell=False)
    assert lapse(story).outcome.done
    assert (the(story).state, story.order.total_fen) == (Proposal.DONE, TOTAL + 3_000)
    assert refused(told(story, payment)) == "not_allowed"
    assert story.order.total_fen == TOTAL + 3_000


def test_the_orders_own_payment_that_is_told_again_changes_nothing() -> None:
    story = at_the_door()
    payment = Payment.objects.get(order_id=story.id)
    assert refused(story.step(Move.PAID, reference=payment.pk)) == "not_allowed"


def test_he_may_finish_before_it_is_paid_and_the_customer_pays_until_it_is_due() -> None:
    story = agreed()
    story.start().tick_all().finish()
    pay(story)
    assert (story.order.total_fen, story.order.phase) == (TOTAL + 3_000, Phase.AWAITING_CONFIRMATION)
    story.confirm().settle()
    assert balance_of(story.worker) == (TOTAL + 3_000) * 8 // 10


def test_an_unanswered_one_lapses_when_the_work_is_done() -> None:
    story = at_the_door()
    propose(story, (1, 1))
    story.start().tick_all().finish()
    assert (the(story).state, story.order.proposal_id) == (Proposal.LAPSED, None)
    assert read_by(story.worker, "申请已失效") == 1


def test_who_confirms_without_paying_pays_no_more() -> None:
    story = agreed()
    payment = request_payment(order=story.order, proposal_id=the(story).pk, channel="sandbox")
    story.start().tick_all().finish().confirm()
    payment.refresh_from_db()
    assert (the(story).state, payment.state) == (Proposal.LAPSED, Payment.CLOSED)
    assert [read_by(one, "补差价已失效") for one in (story.worker, story.order.customer)] == [1, 1]


@pytest.mark.parametrize("booked", [False, True])
def test_an_order_that_is_cancelled_with_one_that_waits_for_its_money(booked: bool) -> None:
    """Money that is booked and that the order has not heard of goes back whole, by its payment's workflow."""
    story = agreed()
    payment = pay(story, tell=False) if booked else None
    story.cancel()
    assert (the(story).state, story.order.total_fen) == (Proposal.LAPSED, TOTAL)
    if payment:
        with time_machine.travel(payment.due_at):
            waiting = selectors.unhandled_messages()
        assert [of.payment_id for _, of in waiting] == [payment.pk]
        recorded = payments.record_payment(message_id=waiting[0][0])
        assert Refund.objects.get(pk=recorded.refund_id or 0).amount_fen == 3_000
        told = Message.objects.get(user=story.order.customer, title="变更未生效，将退款")
        assert "¥30.00" in told.body
    assert read_by(story.worker, "补差价已失效") == int(booked)
    assert read_by(story.order.customer, "补差价已失效") == 0
    assert unbalanced_journals() == []


def test_who_confirms_when_the_money_has_come_has_paid_for_it() -> None:
    story = agreed()
    story.start().tick_all().finish()
    pay(story, tell=False)
    story.confirm().settle()
    assert story.types[-3:] == ["supplement_paid", "completed", "settled"]
    assert (the(story).state, story.order.total_fen) == (Proposal.DONE, TOTAL + 3_000)
    assert balance_of(story.worker) == (TOTAL + 3_000) * 8 // 10


def test_without_a_price_list_a_free_line_needs_a_reason() -> None:
    make_city()
    worker = make_worker(on_duty=True)
    story = Story.placed(make_customer(), make_service()).accepted().depart().arrive()
    path = f"/orders/{story.id}/proposals/supplement"
    for body in ({"other_fen": 100}, {}, {"reason": "配件"}):
        answer_ = Api(worker.user).post(path, body, idempotency_key="k")
        assert (answer_.status_code, json.loads(answer_.content)["code"]) == (422, "invalid_request")


def test_in_an_exception_he_may_propose_too_where_it_began_at_the_door() -> None:
    story = at_the_door()
    rewrite(story.id, phase=Phase.EXCEPTION.value, exception_from=Phase.ACCEPTED.value)
    assert refused(propose(story, (1, 1))) == "not_allowed"
    rewrite(story.id, exception_from=Phase.ARRIVED.value)
    assert propose(story, (1, 1)).outcome.done
    answer(story, Move.APPROVE)
    pay(story)
    assert (story.order.phase, story.order.total_fen) == (Phase.EXCEPTION, TOTAL + 3_000)


def test_the_customers_deadline_is_the_policys() -> None:
    make_city()
    terms("supplement", answer_s=60, pay_s=30)
    story = at_the_door()
    propose(story, (1, 1))
    made = the(story)
    assert made.due_at == made.made_at + timedelta(seconds=60)
    answer(story, Move.APPROVE)
    assert (the(story).due_at - story.order.events.latest("version").at).total_seconds() == 30
