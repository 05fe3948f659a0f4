"""Of the staff of a city only those command its orders whose duty it is."""

from uuid import uuid4

import pytest

from tests.web.orders.story import Story, said
from tests.web.people import CITY, Api, body_of, make_staff, refusal
from web.accounts.duties import DUTIES
from web.errors import DoorbellError
from web.orders.models import Command
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("duty", [*DUTIES, ""])
def test_who_may_send_somebody(duty: str) -> None:
    story = Story.in_town().pay()
    staff = make_staff(city=CITY, duties=[duty] if duty else [])
    body = {"worker_id": story.order.customer_id}
    answer = Api(staff).post(f"/orders/{story.id}/assign", body, idempotency_key=str(uuid4()))
    if duty in ("dispatcher", "manager"):
        assert answer.status_code in (202, 409)
        assert Command.objects.filter(user=staff).exists()
    else:
        assert refusal(answer) == (403, "forbidden")
        assert not Command.objects.filter(user=staff).exists()


def claimed() -> tuple[Story, int]:
    story = Story.in_town().settled()
    assert story.ask(story.order.customer, Move.CLAIM, typed="没有打扫干净", kind="quality").outcome.done
    return story, story.order.cases.get().pk


ANSWERS = {"declined": "不予支持", "noted": "已核实并记录", "rework": "安排返工"}
MONEY: dict[str, int | str] = {"amount_fen": 100, "line": 0, "tip": 0, "reason": "quality", "bearer": "platform"}


@pytest.mark.parametrize(
    ("duty", "answers"),
    [
        ("dispatcher", ANSWERS),
        ("quality", ANSWERS),
        ("finance", {"refunded": "同意退款"}),
        ("manager", ANSWERS | {"refunded": "同意退款"}),
        ("operator", {}),
        ("", {}),
    ],
)
def test_who_answers_a_claim_how(duty: str, answers: dict[str, str]) -> None:
    """Money that goes back is finance's, a return visit is not."""
    story, case = claimed()
    staff = make_staff(city=CITY, duties=[duty] if duty else [])
    shown = body_of(Api(staff).get(f"/orders/{story.id}"))["allowed_actions"]
    assert ("answer_case" in shown) == bool(answers)
    assert body_of(Api(staff).get(f"/orders/{story.id}/cases/{case}"))["outcomes"] == answers
    for outcome in ("noted", "refunded"):
        answer = (MONEY if outcome == "refunded" else {}) | {"case_id": case, "outcome": outcome}
        if outcome in answers:
            story.receive(staff, Move.ANSWER_CASE, typed=said("好"), **answer)
        else:
            with pytest.raises(DoorbellError, match="forbidden"):
                story.receive(staff, Move.ANSWER_CASE, typed=said("好"), **answer)


@pytest.mark.parametrize("duty", [*DUTIES, ""])
def test_the_detail_names_what_is_his_duty(duty: str) -> None:
    story = Story.in_town().in_service()
    shown = body_of(Api(make_staff(city=CITY, duties=[duty] if duty else [])).get(f"/orders/{story.id}"))
    mine = set(shown["allowed_actions"])
    assert ("call_off" in mine) == ("report_exception" in mine) == (duty in ("dispatcher", "manager"))
    assert ("refund" in mine) == (duty in ("finance", "manager"))
