"""异常 over HTTP: what each side reads of it, and how staff search."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.web.orders.story import Story
from tests.web.people import Api, body_of, make_staff, refusal
from web.accounts.models import User
from web.orders.models import OrderException
from web.times import SHANGHAI
from workflows.transitions import Move

pytestmark = pytest.mark.django_db

TEXT = "浴室漏水，密语"


def reported(type: str = "scope_larger") -> Story:
    story = Story.in_town().in_service()
    return story.report(story.worker, type, TEXT)


def shown(user: User, story: Story) -> Any:
    return body_of(Api(user).get(f"/orders/{story.id}"))["exceptions"][0]


def search(user: User | None = None, /, **query: str) -> list[int]:
    return [exception["id"] for exception in body_of(Api(user or make_staff()).get("/exceptions", **query))["items"]]


def test_who_wrote_it_and_staff_read_it_and_the_other_one_what_it_is_about() -> None:
    story = reported()
    assert (shown(story.worker, story)["text"], shown(make_staff(), story)["text"]) == (TEXT, TEXT)
    others = shown(story.order.customer, story)
    assert (others["text"], others["type_name"], others["mine"]) == (None, "实际工作量超出预约", False)
    assert (others["place"], others["cost_fen"], others["level"]) == (None, None, None)


def test_the_other_one_does_not_read_that_somebody_feels_in_danger() -> None:
    story = reported("safety")
    assert shown(story.order.customer, story)["type"] == "other"
    detail = body_of(Api(story.order.customer).get(f"/orders/{story.id}"))
    assert "safety" not in str(detail)
    assert shown(make_staff(), story)["type"] == "safety"


def test_the_worker_still_knows_where_he_has_to_go() -> None:
    story = reported()
    assert body_of(Api(story.worker).get(f"/orders/{story.id}"))["contact"] is not None


def test_staff_search_by_type_outcome_and_day() -> None:
    story = reported()
    open_ = story.order.exceptions.get().pk
    story.ask(make_staff(), Move.CONTINUE)
    story.report(story.order.customer, "damage")
    solved, today = open_, timezone.now().astimezone(SHANGHAI).date()
    open_ = story.order.exceptions.get(type="damage").pk
    assert search() == [open_, solved]
    assert search(type="damage") == [open_]
    assert search(outcome="open") == [open_]
    assert search(outcome="continue") == [solved]
    tomorrow, yesterday = str(today + timedelta(days=1)), str(today - timedelta(days=1))
    assert search(**{"from": str(today), "to": str(today)}) == [open_, solved]
    assert search(**{"from": tomorrow}) == search(to=yesterday) == []
    assert search(before=str(open_)) == [solved]


def test_staff_of_another_city_find_none() -> None:
    reported()
    assert search(make_staff(city="shanghai")) == []
    assert search(make_staff(city="hangzhou")) != []
    assert search(make_staff(city="")) == []


def test_a_list_carries_times_and_outcome_and_no_text() -> None:
    story, staff = reported(), make_staff(display_name="调度员甲")
    story.ask(staff, Move.ANSWER_EXCEPTION)
    story.ask(staff, Move.CONTINUE)
    exception = OrderException.objects.get()
    item = body_of(Api(make_staff()).get("/exceptions"))["items"][0]
    assert (item["answer_s"], item["solve_s"]) == (exception.answer_s, exception.solve_s)
    assert (item["answered_by"], item["outcome_name"], item["text"]) == ("调度员甲", "继续服务", None)


@pytest.mark.parametrize("query", [{"from": "2026-13-01"}, {"to": "x"}, {"type": "nonsense"}, {"outcome": "x"}])
def test_a_search_for_nonsense_is_refused(query: dict[str, str]) -> None:
    assert refusal(Api(make_staff()).get("/exceptions", **query)) == (422, "invalid_request")


def test_a_worker_decides_nothing_and_nobody_else_searches() -> None:
    story = reported()
    answer = Api(story.worker).post(f"/orders/{story.id}/exceptions/decide", {"outcome": "continue"})
    assert refusal(answer) == (403, "forbidden")
    assert refusal(Api(story.worker).get("/exceptions")) == (403, "forbidden")


def test_what_nobody_lists_cannot_be_reported() -> None:
    story = reported()
    answer = Api(story.worker).post(f"/orders/{story.id}/exceptions", {"type": "boredom"}, idempotency_key="k")
    assert refusal(answer) == (422, "invalid_request")
