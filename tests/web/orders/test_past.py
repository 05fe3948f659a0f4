"""Time travel: an order at any moment of its life, rebuilt from its timeline alone, for those who may see it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.web.orders.story import Story, heard
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.accounts.models import AccessTrace, User
from web.errors import DoorbellError
from web.orders import selectors
from web.orders.models import Alarm, Order, OrderEvent
from web.orders.past import FIELDS, order_at, unrecorded
from web.times import iso
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return make_staff()


def at(user: User, story: Story, time: datetime | str) -> dict[str, Any]:
    text = time if isinstance(time, str) else iso(time)
    read: dict[str, Any] = body_of(Api(user).get(f"/orders/{story.id}/at", time=text))
    return read


def when(story: Story, type: str) -> datetime:
    return story.order.events.get(type=type).at


def test_after_each_event_it_was_as_it_was_pushed_then(staff: User) -> None:
    """The board heard a card with each change: the past shows the very same ones."""
    story = Story.in_town(workers=2).pay().offer().refuse().offer().accept().depart().arrive()
    story.ask(story.worker, Move.START, typed="nope")
    story.start().tick_all().finish().confirm().settle().close()
    pushed = [event.data["order"] for event in heard(f"board:{story.order.city}") if event.type.startswith("order.")]
    moments = [event.at for event in story.order.events.order_by("version")]
    assert [at(staff, story, moment)["order"] for moment in moments] == pushed
    assert len(pushed) == story.order.version > 15


def test_rebuilt_to_now_it_is_the_row() -> None:
    story = Story.in_town().settled().close()
    assert unrecorded() == {}
    rebuilt, row = order_at(story.id, timezone.now()), story.order
    assert {name: getattr(rebuilt, name) for name in FIELDS} == {name: getattr(row, name) for name in FIELDS}


def test_between_two_events_it_is_as_the_first_left_it() -> None:
    story = Story.in_town().accepted()
    before = order_at(story.id, when(story, "offered") - timedelta(microseconds=1))
    assert (before.phase, before.version, before.worker_id) == (Phase.DISPATCHING, 2, None)


@pytest.mark.parametrize("change", [{"arrived_off_m": 7}, {"request": "别的"}, {"version": 99}, {"worker_id": None}])
def test_what_is_written_past_the_steps_is_found(change: dict[str, Any]) -> None:
    story = Story.in_town().accepted()
    whole = {name: getattr(story.order, name) for name in change}
    Order.objects.filter(pk=story.id).update(**change)
    assert unrecorded() == {story.id: list(change)}
    Order.objects.filter(pk=story.id).update(**whole)


def test_nothing_personal_stands_in_the_timeline_in_clear() -> None:
    story = Story.in_town().settled()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, ' ') FROM orders_orderevent e WHERE order_id = %s", [story.id])
        (text,) = cursor.fetchone()
    order = story.order
    assert all(secret not in text for secret in (order.contact_name, order.contact_phone, order.place, order.door))
    assert "gAAAA" in text


def test_the_customer_sees_what_he_saw_then() -> None:
    story = Story.in_town().accepted().depart()
    read = at(story.order.customer, story, when(story, "paid"))
    assert (read["order"]["phase"], read["order"]["worker"], read["order"]["payment"]) == ("DISPATCHING", None, "paid")
    assert [entry["type"] for entry in read["timeline"]] == ["placed", "paid"]
    assert read["contact"]["name"] == "李女士"
    assert (read["total_fen"], read["offers"], read["alarms"]) == (10_900, None, None)


def test_staff_see_who_was_asked_and_leave_a_trace(staff: User) -> None:
    story = Story.in_town().pay().offer()
    asked = story.offered.worker
    story.accept()
    read = at(staff, story, when(story, "offered"))
    assert [offer["worker"]["id"] for offer in read["offers"]] == [asked.pk]
    assert read["order"]["offer"]["worker"]["id"] == asked.pk
    assert read["contact"]["phone"] == "+8613800138000"
    assert AccessTrace.objects.filter(staff=staff, order_id=story.id).count() == 1
    assert at(staff, story, when(story, "accepted"))["offers"] == []


def test_who_was_asked_is_nobodys_but_the_boards() -> None:
    story = Story.in_town().accepted()
    assert at(story.order.customer, story, when(story, "offered"))["order"]["offer"]["worker"] is None


def test_alarms_stand_from_their_step_to_the_one_that_cleared_them(staff: User) -> None:
    story = Story.in_town().pay().exhaust()
    (alarm,) = at(staff, story, when(story, "exhausted"))["alarms"]
    assert (alarm["kind"], alarm["label"]) == ("nobody_accepts", "无人接单")
    story.offer()
    assert at(staff, story, when(story, "offered"))["alarms"] == []
    Alarm.objects.update(raised_at=timezone.now() + timedelta(minutes=1), cleared_at=None)
    assert at(staff, story, when(story, "exhausted"))["alarms"] == []


def test_steps_are_ticked_as_far_as_they_were_then() -> None:
    story = Story.in_town().in_service()
    started = when(story, "started")
    story.tick_all()
    assert {record["done_at"] for record in at(story.order.customer, story, started)["records"]} == {None}
    assert None not in {record["done_at"] for record in at(story.order.customer, story, iso(timezone.now()))["records"]}


def test_a_worker_sees_the_door_only_where_he_may_today_and_might_then() -> None:
    story = Story.in_town().accepted().depart()
    worker, accepted, paid = story.worker, when(story, "accepted"), when(story, "paid")
    assert at(worker, story, accepted)["contact"] is not None
    assert at(worker, story, paid)["contact"] is None
    assert at(worker, story, accepted)["total_fen"] is None
    story.arrive().start().tick_all().finish().confirm()
    assert at(worker, story, accepted)["contact"] is None
    assert at(worker, story, accepted)["request"] is None


def test_an_outsider_finds_nothing() -> None:
    story = Story.in_town().accepted()
    for outsider in (make_customer(), make_worker().user, make_staff(city="shanghai")):
        answer = Api(outsider).get(f"/orders/{story.id}/at", time=iso(timezone.now()))
        assert refusal(answer) == (404, "not_found")


def test_before_it_was_placed_there_is_nothing_and_the_answer_says_from_when() -> None:
    story = Story.in_town()
    answer = Api(story.order.customer).get(f"/orders/{story.id}/at", time="2020-01-01T00:00:00Z")
    assert refusal(answer) == (404, "not_recorded")
    assert answer.json()["details"] == {"since": iso(when(story, "placed"))}


def test_a_time_to_come_is_now(staff: User) -> None:
    story = Story.in_town()
    for time in (timezone.now() + timedelta(days=1), datetime.max.replace(tzinfo=UTC)):
        read = at(staff, story, time)
        assert read["order"]["version"] == 1
        assert read["at"] <= iso(timezone.now())


@pytest.mark.parametrize("time", ["", "yesterday", "2026-11-29T01:00:00", "12"])
def test_a_time_needs_its_offset(time: str, staff: User) -> None:
    story = Story.in_town()
    assert refusal(Api(staff).get(f"/orders/{story.id}/at", time=time)) == (422, "invalid_request")


def test_an_order_from_before_is_known_from_its_newest_event_on() -> None:
    """What the migration does to a timeline that kept nothing of the row."""
    story = Story.in_town().accepted()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE orders_orderevent SET changes = NULL WHERE order_id = %s", [story.id])
        cursor.execute("SET LOCAL session_replication_role = origin")
        with pytest.raises(DoorbellError) as unknown:
            order_at(story.id, timezone.now())
        assert (unknown.value.code, unknown.value.details) == ("not_recorded", {"since": None})
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(migration().BEGIN)
    assert unrecorded() == {}
    story.depart()
    with pytest.raises(DoorbellError) as early:
        order_at(story.id, when(story, "paid"))
    assert early.value.details == {"since": iso(when(story, "accepted"))}
    assert order_at(story.id, when(story, "accepted")).contact_name == story.order.contact_name
    assert order_at(story.id, when(story, "departed")).phase == Phase.EN_ROUTE
    assert OrderEvent.objects.filter(order_id=story.id, changes__isnull=True).count() == 3


def test_what_the_actor_adopts_can_be_asked_of_the_past() -> None:
    story = Story.in_town().pay().offer()
    assert selectors.view_of(order_at(story.id, timezone.now())) == selectors.view_of(story.order)


def migration() -> Any:
    from importlib import import_module

    return import_module("web.orders.migrations.0007_time_travel_begins")
