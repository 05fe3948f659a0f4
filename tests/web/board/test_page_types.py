"""The page's types (protocol.ts, orderDetail.ts) are what the server says, and what the stand-in of the bench says."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.bench import board_answers
from tests.bench.board_city import City
from tests.web.board.busy_day import BusyDay
from tests.web.board.page import log_of
from tests.web.board.typed import complaints
from tests.web.orders.test_after_sales import claimed
from tests.web.people import CITY, Api, body_of, make_staff
from web.times import SHANGHAI, iso

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_the_server_says_has_the_pages_types(tmp_path: Path) -> None:
    day, staff = BusyDay(3), Api(make_staff(city=CITY))
    snapshots = []
    for _ in range(12):
        for _ in range(12):
            day.act()
        snapshots.append(body_of(staff.get(f"/board/{CITY}")))
    ids = [story.id for story in day.stories]
    tomorrow = (timezone.now() + timedelta(days=1)).astimezone(SHANGHAI).date().isoformat()
    said = {
        "Snapshot": snapshots,
        "Envelope": [json.loads(event.envelope) for event in log_of(f"board:{CITY}", after=0)],
        "OrderDetail": [body_of(staff.get(f"/orders/{id}")) for id in ids],
        "OrderAt": [
            body_of(staff.get(f"/orders/{story.id}/at", time=iso(event.at)))
            for story in day.stories
            for event in story.order.events.all()
        ],
        "Ranking": [body_of(staff.get(f"/board/orders/{id}/candidates")) for id in ids],
        "MoveSlots": [body_of(staff.get(f"/orders/{id}/slots", day=tomorrow)) for id in ids[:5]],
        "Talk": [body_of(staff.get(f"/orders/{id}/messages")) for id in ids],
    }
    assert all(said.values())
    assert any(detail["exceptions"] for detail in said["OrderDetail"])
    assert complaints(said, tmp_path) == ""


def test_so_has_what_staff_are_told_before_they_answer_a_case(tmp_path: Path) -> None:
    story, case = claimed()
    outlook = body_of(Api(make_staff()).get(f"/orders/{story.id}/cases/{case.pk}"))
    assert complaints({"CaseOutlook": [outlook]}, tmp_path) == ""
    outlook["rework"].pop("pay_fen")
    assert "pay_fen" in complaints({"CaseOutlook": [outlook]}, tmp_path)


def test_so_has_what_the_stand_in_of_the_bench_says(tmp_path: Path) -> None:
    city = City(orders=40, workers=20)
    for _ in range(100):
        city.act()
    said = {
        "Snapshot": [city.snapshot()],
        "Envelope": city.log,
        "OrderDetail": [board_answers.detail(city, id) for id in list(city.orders)[:10]],
        "Ranking": [board_answers.candidates(city, id) for id in list(city.orders)[:10]],
    }
    assert complaints(said, tmp_path) == ""


def test_a_value_of_another_shape_is_noticed(tmp_path: Path) -> None:
    snapshot = City(orders=2, workers=2).snapshot()
    order = snapshot["orders"][0]
    assert "whim" in complaints({"Snapshot": [snapshot | {"whim": 1}]}, tmp_path)
    assert "lng" in complaints(
        {"Snapshot": [snapshot | {"orders": [{name: order[name] for name in order if name != "lng"}]}]}, tmp_path
    )
