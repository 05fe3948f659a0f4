"""返工: a return visit, free or paid, as an order of its own that is linked to the first."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.web.orders.story import Story, heard, keep_busy, refused, said, terms, tomorrow
from tests.web.orders.test_after_sales import claim, detail
from tests.web.orders.test_refunding import books
from tests.web.people import Api, body_of, make_service, make_staff, make_worker
from tests.world.fiction import rewrite
from web.accounts.models import User
from web.ledger.selectors import balance_of, balances_of, earnings_of, unbalanced_journals
from web.notifications.models import Message
from web.orders import selectors
from web.orders.models import AfterSalesCase, Offer, Order, Ranking
from web.scheduling import selectors as scheduling
from web.workforce.models import Worker
from workflows.messages import StepResult
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

PAY = 5_000


def claimed(*, workers: int = 1, kind: str = "quality") -> tuple[Story, AfterSalesCase]:
    """Served, settled, and complained of."""
    terms("visit", depart_early_s=timedelta(days=30).total_seconds())
    story = Story.in_town(workers=workers).settled()
    assert claim(story, kind=kind).outcome.done
    return story, story.order.cases.get()


def send(story: Story, case: AfterSalesCase, *, by_staff: User | None = None, **choice: Any) -> StepResult:
    chosen = {"starts_at": tomorrow(16).isoformat(), "price_fen": 0, "worker": "first", **choice}
    return story.ask(
        by_staff or make_staff(),
        Move.ANSWER_CASE,
        typed=said("师傅会再次上门", "重做浴室"),
        case_id=case.pk,
        outcome="rework",
        **chosen,
    )


def sent(story: Story, case: AfterSalesCase, **choice: Any) -> Story:
    """The return visit."""
    assert send(story, case, **choice).outcome.done
    return Story(story.order.reworks.get().pk)


def serve(story: Story) -> Story:
    """From the acceptance to the settlement."""
    return story.accept().depart().arrive().start().tick_all().finish().confirm().settle()


def test_a_free_one_looks_for_its_worker_at_once_and_nobody_pays() -> None:
    story, case = claimed()
    again = sent(story, case)
    first, order = story.order, again.order
    assert (order.rework_of, order.rework_by, order.is_free) == (first, "first", True)
    assert (order.phase, order.total_fen, order.payment_due) == (Phase.DISPATCHING, 0, None)
    assert order.paid_at is not None
    assert [(line.name, line.amount_fen, line.rule) for line in order.lines.all()] == [("返工上门", 0, "rework")]
    assert (order.starts_at, order.request, order.place) == (tomorrow(16), "重做浴室", first.place)
    assert order.records.count() == first.records.count()
    assert scheduling.holder_of(order.pk) == first.worker_id
    case.refresh_from_db()
    assert (case.outcome, case.rework, first.open_case_id) == ("rework", order, None)
    assert (story.types[-1], again.types) == ("case_reworked", ["rework_placed"])


def test_who_makes_good_his_own_work_has_it_before_a_better_one_and_earns_nothing() -> None:
    story, case = claimed()
    again = sent(story, case)
    near = make_worker(on_duty=True)
    again.offer()
    assert (again.offered.worker_id, again.offered.pay_fen) == (story.worker.pk, 0)
    (shown,) = body_of(Api(story.worker).get("/worker/offers"))["items"]
    assert (shown["rework"], shown["pay_fen"]) == (True, 0)
    ranked = Ranking.objects.filter(order=again.order).latest("pk").candidates
    points = {one["worker_id"]: one["terms"][-1] for one in ranked}
    assert points[story.worker.pk] == {"name": "returning", "value": 1.0, "weight": 200.0, "points": 200.0}
    assert points[near.pk]["points"] == 0
    before = balance_of(story.worker)
    serve(again).close()
    assert balance_of(story.worker) == before
    assert books(again) == {}
    assert unbalanced_journals() == []


def test_who_is_to_be_replaced_is_not_asked_and_the_platform_pays_the_other() -> None:
    story, case = claimed(workers=2, kind="damage")
    assert case.rework_by == "another"
    again = sent(story, case, worker="another").offer()
    other = again.offered.worker
    assert other != story.worker
    assert again.offered.pay_fen == PAY
    excluded = Ranking.objects.filter(order=again.order).latest("pk").excluded
    assert [(one["worker_id"], one["reason"]) for one in excluded] == [(story.worker.pk, "replaced")]
    serve(again)
    assert Offer.objects.get(order=again.order, state=Offer.ACCEPTED).pay_fen == PAY
    assert books(again) == {"compensation": PAY, "worker_payable": -PAY}
    (earned,) = earnings_of(other)
    assert (earned["kind"], earned["amount_fen"], earned["explained"]) == (
        "settlement",
        PAY,
        [{"label": "平台承担", "amount_fen": PAY}],
    )


def test_what_the_platform_pays_is_kept_and_let_go_like_any_earning() -> None:
    terms("commission", frozen_s=60)
    story, case = claimed(workers=2)
    again = serve(sent(story, case, worker="another").offer())
    assert balances_of(again.worker).frozen_fen == PAY
    assert again.step(Move.RELEASE, key="release").outcome.done
    assert (balances_of(again.worker).frozen_fen, balance_of(again.worker)) == (0, PAY)


def test_anybody_is_whoever_is_best() -> None:
    story, case = claimed(workers=2)
    again = sent(story, case, worker="anybody").offer()
    ranked = Ranking.objects.filter(order=again.order).latest("pk")
    assert len(ranked.candidates) == 2
    assert all(term["name"] != "returning" for one in ranked.candidates for term in one["terms"])


def test_a_paid_one_waits_for_its_money_and_is_an_ordinary_order_then() -> None:
    story, case = claimed(workers=2)
    again = sent(story, case, price_fen=4_000, worker="another")
    order = again.order
    assert (order.phase, order.total_fen, order.is_free, again.types) == (
        Phase.AWAITING_PAYMENT,
        4_000,
        False,
        ["rework_quoted"],
    )
    assert order.payment_due is not None
    assert timedelta(hours=23) < order.payment_due - timezone.now() <= timedelta(days=1)
    again.pay().offer()
    assert again.offered.pay_fen == 3_200
    serve(again)
    assert books(again) == {"cash": 4_000, "commission": -800, "worker_payable": -3_200}


def test_the_time_to_pay_never_outlasts_the_start_of_the_visit() -> None:
    terms("warranty", pay_s=timedelta(days=10).total_seconds())
    story, case = claimed()
    assert sent(story, case, price_fen=4_000).order.payment_due == tomorrow(16)


def test_free_is_what_was_complained_of_within_the_warranty() -> None:
    story, case = claimed()
    rewrite(story.id, warranty_until=case.opened_at - timedelta(milliseconds=1))
    assert refused(send(story, case)) == "warranty_over"
    assert not story.order.reworks.exists()
    rewrite(story.id, warranty_until=case.opened_at)
    assert send(story, case).outcome.done


def test_after_the_warranty_it_is_paid_for() -> None:
    terms("warranty", window_s=0)
    story, case = claimed()
    assert refused(send(story, case)) == "warranty_over"
    assert sent(story, case, price_fen=100).order.total_fen == 100


@pytest.mark.parametrize(("window_s", "open_days", "free_days"), [(None, 7, 7), (30 * 86_400.0, 30, 30), (0.0, 7, 0)])
def test_the_order_stays_answerable_as_long_as_its_warranty(
    window_s: float | None, open_days: int, free_days: int
) -> None:
    terms("warranty", window_s=window_s)
    story = Story.in_town().finished().confirm()
    at = story.order.phase_since
    assert story.order.review_until == at + timedelta(days=open_days)
    assert story.order.warranty_until == at + timedelta(days=free_days)


def test_what_nobody_can_keep_is_not_promised() -> None:
    story, case = claimed()
    keep_busy(Worker.objects.get(pk=story.worker.pk), tomorrow(16))
    assert refused(send(story, case)) == "slot_taken"
    assert refused(send(story, case, starts_at=timezone.now().isoformat())) == "too_soon"
    assert refused(send(story, case, starts_at=tomorrow(20).isoformat(), worker="another")) == "slot_taken"
    case.refresh_from_db()
    assert (case.outcome, story.order.open_case_id) == ("", case.pk)
    assert Order.objects.count() == 1
    assert not Message.objects.filter(title="返工已安排").exists()


def test_of_two_who_send_somebody_at_once_one_does() -> None:
    story, case = claimed(workers=2)
    first, second = (
        story.receive(
            make_staff(),
            Move.ANSWER_CASE,
            typed=said("好"),
            case_id=case.pk,
            outcome="rework",
            starts_at=tomorrow(hour).isoformat(),
            price_fen=0,
            worker="first",
        )
        for hour in (14, 16)
    )
    assert story.take(first).outcome.done
    assert not story.take(second).outcome.done
    assert story.order.reworks.count() == 1


def test_each_shows_the_other_to_those_whose_both_are() -> None:
    story, case = claimed(workers=2)
    again = sent(story, case, worker="another").offer().accept()
    customer, other = story.order.customer, again.worker
    link = {
        "id": again.id,
        "phase": "ACCEPTED",
        "starts_at": tomorrow(16).isoformat().replace("+00:00", "Z"),
        "free": True,
    }
    for reader in (customer, make_staff()):
        first, second = detail(reader, story), detail(reader, again)
        assert (first["reworks"], first["rework"]) == ([link], None)
        assert [card["rework"] for card in first["cases"]] == [link]
        assert (second["rework"]["of"]["id"], second["rework"]["free"], second["reworks"]) == (story.id, True, [])
    assert detail(other, again)["rework"] == {"of": None, "free": True, "worker": "another"}
    assert detail(story.worker, story)["reworks"] == []


def test_its_customer_is_told_of_the_answer_and_of_the_visit() -> None:
    story, case = claimed()
    again = sent(story, case)
    customer = story.order.customer
    told = dict(Message.objects.filter(user=customer).order_by("-pk").values_list("title", "link")[:2])
    assert told == {"平台将安排返工": f"/orders/{story.id}", "返工已安排": f"/orders/{again.id}"}
    data = detail(customer, story)["timeline"][-1]["data"]
    assert (data["rework_id"], data["price_fen"], data["outcome"]) == (again.id, 0, "rework")
    assert detail(customer, again)["timeline"][0]["data"] == {"rework_of": story.id}
    board = [event.type for event in heard(f"board:{story.order.city}")]
    assert {"order.case_reworked", "order.rework_placed"} <= set(board)


def test_a_free_one_is_cancelled_for_nothing_at_any_time() -> None:
    story, case = claimed()
    again = sent(story, case).offer().accept().depart().arrive()
    assert detail(story.order.customer, again)["cancellation"] == {"fee_fen": 0, "refund_fen": 0}
    again.cancel().close()
    assert (books(again), again.order.cancel_fee_fen, again.order.refund_fen) == ({}, 0, 0)


def test_what_was_paid_at_its_door_goes_back_when_it_is_called_off() -> None:
    story, case = claimed()
    again = sent(story, case).offer().accept().depart().arrive()
    again.propose_extra(3_000).answer(Move.APPROVE).pay_extra()
    assert again.order.total_fen == 3_000
    assert again.ask(make_staff(), Move.CALL_OFF, reason="other", refund_bp=10_000).outcome.done
    again.given_back().close()
    assert (again.order.refunded_fen, books(again)) == (3_000, {})


def test_what_is_added_at_its_door_is_earned_beside_what_the_platform_pays() -> None:
    story, case = claimed(workers=2)
    again = sent(story, case, worker="another").offer().accept().depart().arrive()
    again.propose_extra(1_000).answer(Move.APPROVE).pay_extra()
    assert again.order.offers.get(state="accepted").pay_fen == PAY + 800
    again.start().tick_all().finish().confirm().settle()
    assert books(again) == {"cash": 1_000, "commission": -200, "compensation": PAY, "worker_payable": -(PAY + 800)}


def test_it_makes_good_what_is_at_its_place_and_nowhere_else() -> None:
    story, case = claimed()
    again = sent(story, case)
    assert refused(again.ask(story.order.customer, Move.CHANGE_ADDRESS, address_id=1, quoted_fen=0)) == "not_allowed"
    assert "change_address" not in detail(story.order.customer, again)["allowed_actions"]


def test_it_is_an_order_like_any_other_and_may_be_complained_of_too() -> None:
    story, case = claimed()
    again = serve(sent(story, case).offer())
    assert claim(again).outcome.done
    third = sent(again, again.order.cases.get(), starts_at=tomorrow(20).isoformat())
    assert (third.order.rework_of, third.order.first_worker_id) == (again.order, again.worker.pk)


def test_today_s_terms_are_its_own() -> None:
    story, case = claimed(workers=2)
    terms("warranty", rework_pay_fen=700)
    again = sent(story, case, worker="another").offer()
    assert again.offered.pay_fen == 700
    assert selectors.policies_of(story.order).warranty.rework_pay_fen == PAY


def test_it_is_at_the_time_that_staff_agreed_on() -> None:
    story, case = claimed()
    make_service("other", skill="massage")
    starts_at: datetime = tomorrow(18)
    assert sent(story, case, starts_at=starts_at.isoformat()).order.starts_at == starts_at
