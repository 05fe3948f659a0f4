"""A worker's day adds up, and an order's money is shown to staff of its city side by side."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.web.orders.story import Story
from tests.web.people import Api, body_of, make_staff, make_worker, refusal
from web.ledger import services as ledger
from web.ledger.selectors import balance_of
from web.ledger.statements import money_of, statement_of
from web.times import SHANGHAI, midnight
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


def test_what_was_there_and_what_came_is_what_is_there() -> None:
    story = Story.in_town().settled()
    worker, today = story.worker, datetime.now(SHANGHAI).date()
    with time_machine.travel(midnight(today) - timedelta(seconds=1)):
        ledger.post_settlement(order_id=901, worker_id=worker.pk, total_fen=1_000, commission_fen=200)
    with time_machine.travel(midnight(today + timedelta(days=1))):
        ledger.post_settlement(order_id=902, worker_id=worker.pk, total_fen=500, commission_fen=100)
    story.ask(make_staff(), Move.REFUND, amount_fen=1_000, line=0, reason="quality", bearer="shared")
    statement = statement_of(worker, day=today)
    assert (statement["opening_fen"], statement["closing_fen"]) == (800, 800 + 8_720 - 800)
    assert statement["by_kind"] == {"settlement": 8_720, "refund_agreed": -800}
    tomorrow = statement_of(worker, day=today + timedelta(days=1))
    assert (tomorrow["opening_fen"], tomorrow["closing_fen"]) == (8_720, 9_120)
    assert tomorrow["closing_fen"] == balance_of(worker)


def test_my_day_is_mine_and_his_citys_staff_see_it() -> None:
    worker = Story.in_town().settled().worker
    day = timezone.now().astimezone(SHANGHAI).date().isoformat()
    mine = body_of(Api(worker).get("/worker/statement", day=day))
    assert (mine["day"], mine["closing_fen"], len(mine["items"])) == (day, 8_720, 1)
    path = f"/workers/{worker.pk}/statement"
    assert body_of(Api(make_staff(city="hangzhou")).get(path, day=day)) == mine
    assert refusal(Api(make_staff(city="shanghai")).get(path, day=day)) == (404, "not_found")
    assert body_of(Api(make_worker().user).get("/worker/statement", day=day))["items"] == []


@pytest.mark.parametrize("day", ["", "yesterday", "2026-13-01", "9999-12-31"])
def test_what_is_no_day_is_refused(day: str) -> None:
    assert refusal(Api(make_worker().user).get("/worker/statement", day=day)) == (422, "invalid_request")


def test_where_an_orders_money_is_is_shown_fact_by_fact() -> None:
    story = Story.in_town().settled()
    story.ask(make_staff(), Move.REFUND, amount_fen=1_000, line=0, reason="quality", bearer="platform")
    money = money_of(story.id)
    assert [fact["kind"] for fact in money["facts"]] == ["payment", "settlement", "refund_agreed"]
    assert all(sum(side["amount_fen"] for side in fact["sides"]) == 0 for fact in money["facts"])
    assert (money["platform_fen"], money["workers_fen"]) == (2_180 - 1_000, 8_720)
    assert (money["in_transit_fen"], money["to_give_back_fen"]) == (0, 1_000)
    assert body_of(Api(make_staff(city="hangzhou")).get(f"/orders/{story.id}/money"))["platform_fen"] == 1_180
    assert refusal(Api(make_staff(city="shanghai")).get(f"/orders/{story.id}/money")) == (404, "not_found")
    assert refusal(Api(story.worker).get(f"/orders/{story.id}/money")) == (403, "forbidden")
