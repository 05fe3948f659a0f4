"""售后 that ends with money back: decided with the answer, linked on the case, told to the customer; what staff see
before.
"""

from typing import Any

import pytest

from tests.web.orders.story import Story, heard, open_alarms, refused, said
from tests.web.orders.test_after_sales import claimed, detail
from tests.web.orders.test_refunding import EARNED, TOTAL, books
from tests.web.people import Api, body_of, make_customer, make_staff, refusal
from web.accounts.models import User
from web.notifications.models import Message
from web.orders.models import AfterSalesCase, RefundDecision
from workflows.messages import StepResult
from workflows.transitions import Move

pytestmark = pytest.mark.django_db

REFUND = {"amount_fen": 2_000, "line": 0, "tip": 0, "reason": "quality", "bearer": "shared"}


def refund(story: Story, case: AfterSalesCase, *, by: User | None = None, **choice: Any) -> StepResult:
    chosen = {"case_id": case.pk, "outcome": "refunded", **REFUND, **choice}
    return story.ask(by or make_staff(), Move.ANSWER_CASE, typed=said("非常抱歉，退您一部分"), **chosen)


def test_money_goes_back_with_the_answer_by_the_rules_of_every_refund() -> None:
    story, case = claimed()
    assert refund(story, case).outcome.done
    case.refresh_from_db()
    assert case.refund == RefundDecision.objects.get(order=story.order)
    assert (case.outcome, case.answer, case.refund.amount_fen) == ("refunded", "非常抱歉，退您一部分", 2_000)
    assert (story.order.refund_fen, story.order.open_case_id, open_alarms(story)) == (2_000, None, [])
    assert books(story)["worker_payable"] == -(EARNED - 1_600)
    story.given_back()
    assert story.types[-2:] == ["case_refunded", "refunded"]
    assert books(story) == {"cash": TOTAL - 2_000, "commission": -1_780, "worker_payable": -7_120}


def test_a_line_goes_back_at_the_platforms_expense() -> None:
    story, case = claimed()
    assert refund(story, case, amount_fen=0, line=2, bearer="platform").outcome.done
    decision = RefundDecision.objects.get()
    assert (decision.amount_fen, decision.line.position, decision.case) == (1_000, 2, case)  # type: ignore[union-attr]
    assert books(story)["worker_payable"] == -EARNED


def test_the_customer_is_told_and_reads_what_he_gets() -> None:
    story, case = claimed()
    refund(story, case)
    read = detail(story.order.customer, story)
    entry = read["timeline"][-1]
    assert (entry["label"], entry["by"]) == ("平台同意售后退款", make_staff().display_name)
    assert entry["data"] == {"case_id": case.pk, "outcome": "refunded", "amount_fen": 2_000, "reason": "quality"}
    assert [card["refund_fen"] for card in read["cases"]] == [2_000]
    told = Message.objects.filter(user=story.order.customer).latest("pk")
    assert (told.title, told.link) == ("平台同意售后退款", f"/orders/{story.id}")
    assert heard(f"order:{story.id}")[-1].type == "order.case_refunded"
    assert detail(story.worker, story)["timeline"][-1]["data"] == {}


def test_what_cannot_go_back_leaves_the_case_open() -> None:
    story, case = claimed()
    result = refund(story, case, amount_fen=TOTAL + 1)
    assert (refused(result), result.outcome.details) == ("refund_too_large", {"left_fen": TOTAL})
    assert refused(refund(story, case, line=9)) == "line_unknown"
    case.refresh_from_db()
    assert (case.outcome, case.refund, story.order.open_case_id) == ("", None, case.pk)
    assert not RefundDecision.objects.exists()


def test_of_two_who_give_money_back_at_once_one_does() -> None:
    story, case = claimed()
    chosen: dict[str, Any] = {"case_id": case.pk, "outcome": "refunded", **REFUND}
    first, second = (story.receive(make_staff(), Move.ANSWER_CASE, typed=said("退款"), **chosen) for _ in range(2))
    assert story.take(first).outcome.done
    assert not story.take(second).outcome.done
    assert RefundDecision.objects.count() == 1
    assert story.order.refund_fen == 2_000


def test_staff_see_beforehand_what_an_answer_would_do() -> None:
    story, case = claimed()
    shown = body_of(Api(make_staff()).get(f"/orders/{story.id}/cases/{case.pk}"))
    assert shown["case"]["id"] == case.pk
    assert shown["outcomes"] == AfterSalesCase.OUTCOMES
    assert shown["refund"] == {
        "left_fen": TOTAL,
        "lines": [
            {"position": 1, "name": "日常保洁", "amount_fen": 9_900, "left_fen": 9_900},
            {"position": 2, "name": "上门费", "amount_fen": 1_000, "left_fen": 1_000},
        ],
        "worker_bp": 8_000,
        "settled": True,
    }
    assert shown["rework"]["first_worker"] == {"id": story.worker.pk, "name": story.worker.display_name}
    assert (shown["rework"]["free"], shown["rework"]["worker"], shown["rework"]["pay_fen"]) == (True, "first", 5_000)


def test_nobody_else_looks_at_a_case() -> None:
    story, case = claimed()
    there = f"/orders/{story.id}/cases/{case.pk}"
    assert refusal(Api(make_staff(city="shanghai")).get(there)) == (404, "not_found")
    assert refusal(Api(make_staff()).get(f"/orders/{story.id}/cases/{case.pk + 1}")) == (404, "not_found")
    for outsider in (story.order.customer, story.worker, make_customer()):
        assert refusal(Api(outsider).get(there)) == (403, "forbidden")


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "refunded"},
        {"outcome": "rework"},
        {"outcome": "noted", "refund": REFUND},
        {"outcome": "refunded", "refund": REFUND, "rework": {"starts_at": "2031-05-14T10:00:00Z"}},
        {"outcome": "rework", "rework": {"starts_at": "2031-05-14T10:00:00Z", "worker": "nobody"}},
        {"outcome": "rework", "rework": {"starts_at": "2031-05-14T10:00:00Z", "price_fen": -1}},
    ],
)
def test_an_answer_says_what_its_outcome_needs_and_nothing_else(body: dict[str, Any]) -> None:
    story, case = claimed()
    answered = Api(make_staff()).post(f"/orders/{story.id}/cases/{case.pk}/answer", {"text": "好", **body})
    assert refusal(answered) == (422, "invalid_request")
