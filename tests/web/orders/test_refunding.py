"""Staff give money back while the order goes on and after it was settled; the ledger says who bore it."""

from typing import Any

import pytest

from tests.web.orders.story import Story, paid_at_gateway, refused, terms
from tests.web.people import Api, body_of, make_city, make_staff
from web.accounts.models import User
from web.ledger.checking import disagreements
from web.ledger.models import Posting
from web.ledger.selectors import balance_of, earnings_of, unbalanced_journals
from web.orders.models import RefundDecision
from web.orders.services.supplements import request_payment
from web.payments import sandbox
from web.payments import services as payments
from web.payments.gateways import payment_number
from web.payments.models import Refund
from workflows.messages import StepResult
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

TOTAL, EARNED = 10_900, 8_720


@pytest.fixture
def staff() -> User:
    return make_staff()


def books(story: Story) -> dict[str, int]:
    """Kind -> fen of this order's facts, zero left out."""
    found: dict[str, int] = {}
    rows = Posting.objects.filter(journal__order_id=story.id)
    for kind, fen in rows.values_list("account__kind", "amount_fen"):
        found[kind] = found.get(kind, 0) + fen
    assert unbalanced_journals() == []
    return {kind: fen for kind, fen in found.items() if fen}


def give(story: Story, staff: User, amount_fen: int = 0, **choice: Any) -> StepResult:
    values: dict[str, Any] = {"line": 0, "reason": "quality", "bearer": "shared"}
    return story.ask(staff, Move.REFUND, amount_fen=amount_fen, **(values | choice))


def payment_of(story: Story) -> str:
    """The card's word for the money."""
    card = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))["order"]
    return str(card["payment"])


def test_a_part_that_goes_back_during_the_service_is_off_the_price_for_both(staff: User) -> None:
    story = Story.in_town().in_service()
    assert give(story, staff, 1_000).view.open_refunds == story.refunds
    assert (story.order.phase, payment_of(story)) == (Phase.IN_SERVICE, "refunding")
    assert books(story) == {"cash": TOTAL, "in_transit": -9_900, "refunds_payable": -1_000}
    story.given_back()
    assert payment_of(story) == "refunded"
    story.tick_all().finish().confirm().settle()
    assert books(story) == {"cash": 9_900, "commission": -1_980, "worker_payable": -7_920}
    assert story.types[-6:] == ["refunded", "step_done", "step_done", "finished", "completed", "settled"]


def test_what_the_platform_bears_leaves_the_worker_his_earning(staff: User) -> None:
    story = Story.in_town().in_service()
    give(story, staff, 1_000, bearer="platform")
    story.given_back().tick_all().finish().confirm().settle()
    assert books(story) == {
        "cash": 9_900,
        "commission": -(TOTAL - EARNED),
        "compensation": 1_000,
        "worker_payable": -EARNED,
    }


def test_after_the_settlement_both_give_back_by_the_rule_they_got_it_by(staff: User) -> None:
    story = Story.in_town().settled()
    give(story, staff, 1_003)
    assert books(story) == {"cash": TOTAL, "commission": -1_979, "worker_payable": -7_918, "refunds_payable": -1_003}
    story.given_back()
    assert balance_of(story.worker) == 7_918 == (TOTAL - 1_003) - (TOTAL - 1_003) * 2_000 // 10_000


@pytest.mark.parametrize("parts", [[10_900], [3_333, 3_333, 4_234], [1] * 7 + [10_893]])
def test_when_all_of_it_went_back_nobody_has_anything_left_of_it(staff: User, parts: list[int]) -> None:
    story = Story.in_town().settled()
    for part in parts:
        assert give(story, staff, part).outcome.done
    story.given_back()
    assert books(story) == {}
    assert (story.order.refund_fen, story.order.refunded_fen) == (TOTAL, TOTAL)


def test_a_worker_without_a_balance_owes_it_and_earns_it_off_visibly(staff: User) -> None:
    story = Story.in_town().settled()
    spent = story.worker
    # What he has is asked for meanwhile: as a withdrawal posts it.
    from web.ledger.services import Where, earning_of, post

    amounts = {earning_of(spent.pk): EARNED, Where("payouts", owner=spent.pk): -EARNED}
    post(key="spent", kind="withdrawal", order_id=0, amounts_fen=amounts)
    give(story, staff, 5_000)
    assert balance_of(spent) == -4_000
    shown = body_of(Api(spent).get("/worker/earnings"))
    assert (shown["balance_fen"], shown["items"][0]["kind"], shown["items"][0]["amount_fen"]) == (
        -4_000,
        "refund_agreed",
        -4_000,
    )
    again = Story.placed(story.order.customer, story.order.service).settled()
    assert again.worker == spent
    assert balance_of(spent) == EARNED - 4_000


def test_why_an_earning_is_what_it_is_sums_to_it(staff: User) -> None:
    story = Story.in_town().settled()
    give(story, staff, 1_000)
    taken, earned = earnings_of(story.worker)
    assert [(line["label"], line["amount_fen"]) for line in earned["explained"]] == [
        ("用户支付", TOTAL),
        ("平台佣金", -(TOTAL - EARNED)),
    ]
    assert [(line["label"], line["amount_fen"]) for line in taken["explained"]] == [
        ("平台佣金", 200),
        ("退给用户", -1_000),
    ]
    for earning in (taken, earned):
        assert sum(line["amount_fen"] for line in earning["explained"]) == earning["amount_fen"]


def test_a_line_goes_back_up_to_what_it_cost(staff: User) -> None:
    story = Story.in_town().in_service()
    assert give(story, staff, 400, line=2).outcome.done
    assert refused(give(story, staff, 601, line=2)) == "refund_too_large"
    assert give(story, staff, line=2).outcome.done
    assert refused(give(story, staff, line=2)) == "refund_too_large"
    assert refused(give(story, staff, line=9)) == "line_unknown"
    decisions = RefundDecision.objects.order_by("pk").values_list("line__name", "amount_fen", "decided_by")
    assert list(decisions) == [("上门费", 400, staff.pk), ("上门费", 600, staff.pk)]


def test_all_that_is_left_goes_back_where_nothing_is_named(staff: User) -> None:
    story = Story.in_town().in_service()
    give(story, staff, 900)
    give(story, staff)
    assert sorted(Refund.objects.values_list("amount_fen", flat=True)) == [900, 10_000]
    assert refused(give(story, staff)) == "refund_too_large"
    assert refused(give(story, staff, 1)) == "refund_too_large"
    story.given_back().tick_all().finish().confirm().settle()
    assert books(story) == {}


def test_the_order_does_not_close_while_money_is_on_its_way(staff: User) -> None:
    story = Story.in_town().settled()
    give(story, staff, 100)
    assert not give(story, staff, 200).view.closable
    assert story.step(Move.CLOSE).conflict
    first = story.refunds[0]
    payments.record_refund(refund_id=first, gateway_no="SB-1")
    assert story.step(Move.REFUNDED, reference=first).outcome.done
    assert story.order.refunded_at is None
    assert story.step(Move.CLOSE).conflict
    story.given_back().close()


def test_one_that_is_stuck_keeps_the_order_shown_while_another_is_done(staff: User) -> None:
    story = Story.in_town().settled()
    give(story, staff, 100)
    give(story, staff, 200)
    stuck, done = story.refunds
    payments.park_refund(refund_id=stuck)
    assert story.step(Move.PARK, reference=stuck).outcome.done
    payments.record_refund(refund_id=done, gateway_no="SB-2")
    story.step(Move.REFUNDED, reference=done)
    assert story.order.needs_ops
    story.given_back()
    assert not story.order.needs_ops


@pytest.mark.parametrize("who", ["customer", "worker"])
def test_nobody_but_staff_gives_back(who: str) -> None:
    story = Story.in_town().in_service()
    user = story.worker if who == "worker" else story.order.customer
    assert refused(give(story, user, 100)) == "not_allowed"


def test_a_frozen_earning_is_let_go_after_its_time_without_what_went_back(staff: User) -> None:
    make_city()
    terms("commission", frozen_s=7 * 86_400)
    story = Story.in_town().settled()
    assert [timer.move for timer in story.step(Move.SETTLE, key="settle").view.timers] == ["release"]
    assert books(story)["worker_frozen"] == -EARNED
    give(story, staff, 1_000)
    story.given_back()
    shown = body_of(Api(story.worker).get("/worker/earnings"))
    assert (shown["balance_fen"], shown["frozen_fen"]) == (7_920, 7_920)
    assert story.step(Move.CLOSE).conflict
    assert story.step(Move.RELEASE, key="release").outcome.done
    assert refused(story.step(Move.RELEASE)) == "not_allowed"
    assert books(story) == {"cash": 9_900, "commission": -1_980, "worker_payable": -7_920}
    shown = body_of(Api(story.worker).get("/worker/earnings"))
    assert (shown["balance_fen"], shown["frozen_fen"], len(shown["items"])) == (7_920, 0, 2)
    story.close()


def test_money_of_a_supplement_that_the_order_has_not_heard_of_is_not_the_orders_yet(staff: User) -> None:
    story = Story.in_town().in_service().propose_extra(2_000).answer(Move.APPROVE)
    payment = request_payment(order=story.order, proposal_id=story.order.proposal_id or 0, channel="sandbox")
    sandbox.open_trade(out_number=payment_number(payment.pk), amount_fen=payment.amount_fen)
    payments.record_payment(message_id=paid_at_gateway(payment).pk)
    assert refused(give(story, staff, TOTAL + 1)) == "refund_too_large"
    assert give(story, staff, TOTAL).outcome.done
    assert Refund.objects.get().payment_id != payment.pk
    assert story.step(Move.PAID, reference=payment.pk).outcome.done
    story.tick_all().finish().confirm().settle()
    assert balance_of(story.worker) == 1_600
    assert give(story, staff).outcome.done
    story.given_back()
    assert (story.order.refunded_fen, balance_of(story.worker)) == (TOTAL + 2_000, 0)
    assert disagreements() == [] or {one.check for one in disagreements()} == {"we have what the gateway has"}
