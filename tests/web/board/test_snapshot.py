"""The board's snapshot: what it has, and for whom."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.web.orders.story import Story, heard, tomorrow
from tests.web.people import (
    CENTRE,
    CITY,
    Api,
    body_of,
    make_city,
    make_customer,
    make_service,
    make_staff,
    make_worker,
    refusal,
)
from web.accounts.models import EVERY_CITY, AccessTrace, User
from web.orders.cards import order_card
from web.orders.models import Alarm
from web.workforce.models import WorkerPosition

pytestmark = pytest.mark.django_db


def snapshot(staff: User | None = None, city: str = CITY) -> dict[str, Any]:
    read: dict[str, Any] = body_of(Api(staff or make_staff(city=city)).get(f"/board/{city}"))
    return read


def test_it_has_the_live_orders_as_their_cards() -> None:
    story = Story.in_town(workers=2).accepted()
    ended = Story.placed(make_customer(), story.order.service).cancel()
    assert [card["id"] for card in snapshot()["orders"]] == [story.id, ended.id]
    ended.close()
    (card,) = snapshot()["orders"]
    assert card == order_card(story.order)


def test_no_order_of_another_city_is_on_it() -> None:
    story = Story.in_town()
    make_city("shanghai")
    make_worker(city="shanghai")
    assert snapshot(city="shanghai")["orders"] == snapshot(city="shanghai")["alarms"] == []
    assert [worker["city"] for worker in snapshot(city="shanghai")["workers"]] == ["shanghai"]
    assert [card["id"] for card in snapshot()["orders"]] == [story.id]


def test_a_worker_is_shown_with_what_he_does_and_where_he_was() -> None:
    story = Story.in_town().accepted().depart()
    WorkerPosition.objects.create(worker_id=story.worker.pk, lng=120.123456, lat=30.2, accuracy_m=8, at=timezone.now())
    (worker,) = snapshot()["workers"]
    assert worker["id"] == story.worker.pk
    assert (worker["state"], worker["order"], worker["rating"], worker["skills"]) == (
        *("on_duty", story.id, ""),
        ["cleaning"],
    )
    assert (worker["position"]["lng"], worker["position"]["lat"]) == (120.12346, 30.2)


def test_a_worker_who_was_never_seen_has_no_position() -> None:
    Story.in_town()
    assert snapshot()["workers"][0]["position"] is None


def test_open_alarms_are_on_it_and_cleared_ones_not() -> None:
    story = Story.in_town().pay().exhaust()
    (alarm,) = snapshot()["alarms"]
    assert (alarm["kind"], alarm["order_id"], alarm["taken_by"]) == ("nobody_accepts", story.id, None)
    assert alarm["next_step"] == Alarm.NEXT_STEPS[Alarm.NOBODY_ACCEPTS]
    story.offer()
    assert snapshot()["alarms"] == []


def test_it_says_where_its_events_go_on() -> None:
    story = Story.in_town().pay()
    read = snapshot()
    assert read["stream"]["topic"] == f"board:{CITY}"
    assert read["stream"]["offset"] == len(heard(f"board:{CITY}"))
    assert read["positions_topic"] == f"positions:{CITY}"
    story.offer()
    assert snapshot()["stream"] == read["stream"] | {"offset": read["stream"]["offset"] + 1}


def test_a_city_where_nothing_has_happened_yet_has_a_stream_too() -> None:
    make_city()
    assert snapshot()["stream"]["offset"] == 0
    assert snapshot()["city"] == {"code": CITY, "name": "杭州", "center": {"lng": CENTRE[0], "lat": CENTRE[1]}}


def test_it_carries_no_phone_no_door_and_no_money() -> None:
    story = Story.in_town().accepted()
    text = str(snapshot())
    order = story.order
    for secret in (order.contact_phone, order.contact_name, order.place, order.door, str(order.total_fen)):
        assert secret not in text
    assert not AccessTrace.objects.exists()


def test_only_staff_of_the_city_see_it() -> None:
    story = Story.in_town().accepted()
    assert Api(make_staff(city=EVERY_CITY)).get(f"/board/{CITY}").status_code == 200
    assert refusal(Api(make_staff(city="")).get(f"/board/{CITY}")) == (404, "not_found")
    assert refusal(Api(make_staff(city="shanghai")).get(f"/board/{CITY}")) == (404, "not_found")
    for user in (story.order.customer, story.worker):
        assert refusal(Api(user).get(f"/board/{CITY}")) == (403, "forbidden")
    assert refusal(Api().get(f"/board/{CITY}")) == (401, "unauthenticated")


def test_a_city_that_is_not_served_is_not_found() -> None:
    assert refusal(Api(make_staff()).get("/board/nowhere")) == (404, "not_found")


@pytest.mark.parametrize("city", ["Hangzhou", "杭州", "a" * 21, "a%00b", "a'b"])
def test_what_is_no_code_of_a_city_is_refused(city: str) -> None:
    assert refusal(Api(make_staff()).get(f"/board/{city}"))[0] in {404, 422}


def test_more_orders_cost_no_more_queries() -> None:
    story = Story.in_town().accepted()
    Story.placed(make_customer(), story.order.service, starts_at=tomorrow(6)).pay().offer()
    staff = make_staff(city=CITY)
    counts = []
    for hour in (14, 18, 22):
        snapshot(staff)
        with CaptureQueriesContext(connection) as asked:
            snapshot(staff)
        counts.append(len(asked))
        Story.placed(make_customer(), story.order.service, starts_at=tomorrow(hour)).accepted()
    assert len(set(counts)) == 1


def test_a_service_of_another_name_is_shown_as_it_was_bought() -> None:
    story = Story.in_town()
    make_service(name="别的名字")
    assert snapshot()["orders"][0]["service"] == {"id": story.order.service_id, "name": "日常保洁"}
