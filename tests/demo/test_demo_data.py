"""The demo's services and people: complete, consistent, and in the districts they say they live in."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from xml.dom import minidom

import phonenumbers
import pytest
from shapely.geometry import Point, Polygon, shape

from web.accounts.duties import DUTIES
from web.demo.catalogue import content_of, trades
from web.demo.city_drawing import DATA, MAP

STATIC = Path(__file__).parents[2] / "web/catalog/static"
DISTRICTS = {
    feature["properties"]["name"]: shape(feature["geometry"])
    for feature in json.loads(MAP.read_text(encoding="utf-8"))["features"]
    if feature["properties"]["kind"] == "district"
}


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return content


TRADES = trades()
CATEGORIES = {entry["slug"]: entry for trade in TRADES for entry in trade["categories"]}
SERVICES: list[dict[str, Any]] = [service for trade in TRADES for service in trade["services"]]
WORKERS: list[dict[str, Any]] = read("workers")["workers"]
CUSTOMERS = read("customers")


def test_four_trades_have_two_hundred_services_and_more_below_them() -> None:
    tops = Counter(CATEGORIES[service["category"]]["parent"] for service in SERVICES)
    assert set(tops) == {slug for slug, entry in CATEGORIES.items() if not entry["parent"]}
    assert list(tops) == ["cleaning", "repair", "beauty", "massage"]
    assert len(SERVICES) >= 200
    for name in ("slug", "name"):
        assert len({service[name] for service in SERVICES}) == len(SERVICES)


@pytest.mark.parametrize("trade", TRADES, ids=lambda trade: trade["categories"][0]["slug"])
def test_each_service_is_complete(trade: dict[str, Any]) -> None:
    can = {skill["slug"] for skill in trade["skills"]}
    for service in trade["services"]:
        assert content_of(service, trade, 1).faults() == [], service["slug"]
        steps = trade["flows"][service["flow"]]
        assert service["skill"] in can
        assert 3 <= len(steps) <= 7
        assert all(step["name"] and 5 < len(step["standard"]) <= 200 for step in steps)
        assert 60 <= len(service["introduction"]) <= 200
        assert service["price_fen"] > 0
        assert 15 <= service["duration_minutes"] <= 720


def test_no_step_and_no_question_is_nobodys() -> None:
    for trade in TRADES:
        for kept, used in (("flows", "flow"), ("faqs", "faq")):
            assert set(trade[kept]) == {service[used] for service in trade["services"]}


@pytest.mark.parametrize(
    "picture", sorted({s["photo"] for s in SERVICES} | {c["icon"] for c in CATEGORIES.values() if c["icon"]})
)
def test_each_picture_is_a_drawing_that_asks_nothing_from_outside(picture: str) -> None:
    text = (STATIC / picture).read_text(encoding="utf-8")
    assert minidom.parseString(text).getElementsByTagName("svg")  # noqa: S318 our own file
    outside = text.replace("http://www.w3.org/2000/svg", "")
    assert not [word for word in ("http", "href", "url(", "<script", "<image", "<text") if word in outside]


def test_thirty_workers_live_where_they_say() -> None:
    assert len(WORKERS) == 30
    for worker in WORKERS:
        assert DISTRICTS[worker["district"]].contains(Point(worker["home"])), worker["display_name"]


def test_every_skill_has_at_least_two_workers() -> None:
    holders = Counter(skill for worker in WORKERS for skill in worker["skills"])
    assert {skill["slug"] for trade in TRADES for skill in trade["skills"]} == set(holders)
    assert min(holders.values()) >= 2


@pytest.mark.parametrize("worker", WORKERS, ids=lambda worker: worker["display_name"])
def test_each_worker_is_plausible(worker: dict[str, Any]) -> None:
    assert 1 <= len(set(worker["skills"])) == len(worker["skills"]) <= 22
    assert 4.2 <= worker["rating"] <= 4.98
    assert worker["rating_count"] > 0
    assert worker["hours"]
    assert all(0 <= day["weekday"] <= 6 and day["starts"] < day["ends"] for day in worker["hours"])
    temper = worker["temperament"]
    assert set(temper) == {"accept_share", "lapse_share", "late_share"}
    assert temper["accept_share"] + temper["lapse_share"] <= 1
    area = worker["area"]
    assert area.get("radius_m", 0) > 0 or Polygon(area["polygon"]).contains(Point(worker["home"]))


def test_every_community_lies_in_its_district() -> None:
    for place in CUSTOMERS["communities"]:
        assert DISTRICTS[place["district"]].contains(Point(place["lng"], place["lat"])), place["community"]
    assert len({place["community"] for place in CUSTOMERS["communities"]}) == len(CUSTOMERS["communities"])


def test_every_phone_is_valid_and_nobody_shares_one() -> None:
    numbers = [worker["phone"] for worker in WORKERS]
    numbers += [
        CUSTOMERS["phone_pattern"].format(number=n)
        for n in range(CUSTOMERS["first_number"], CUSTOMERS["last_number"] + 1)
    ]
    assert len(set(numbers)) == len(numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number, "CN")) for number in numbers)


def test_the_customers_temperaments_are_all_of_them_and_their_day_has_24_hours() -> None:
    assert sum(kind["share"] for kind in CUSTOMERS["temperaments"]) == pytest.approx(1)
    hours = CUSTOMERS["daily_curve"]["per_hour"]
    assert len(hours) == 24
    assert sum(hours) / 24 == pytest.approx(1, abs=0.05)


def test_staff_are_of_the_city_and_of_all_each_with_duties_that_there_are() -> None:
    staff = read("staff")["staff"]
    assert [person["city"] for person in staff] == ["hangzhou"] * 3 + ["*"] * 2
    assert len({person["username"] for person in staff}) == 5
    assert all(person["duties"] and set(person["duties"]) <= set(DUTIES) for person in staff)
