"""Taking an alarm from the board."""

import json
from typing import Any

import pytest

from tests.web.orders.story import Story
from tests.web.people import Api, body_of, make_staff, make_worker, refusal
from web.accounts.models import User
from web.orders.models import Alarm

pytestmark = pytest.mark.django_db


@pytest.fixture
def alarm() -> Alarm:
    """Nobody accepts."""
    return Story.in_town().pay().exhaust().order.alarms.get()


def take(user: User, alarm: Alarm) -> Any:
    return Api(user).post(f"/board/alarms/{alarm.pk}/take")


def test_who_takes_it_has_it(alarm: Alarm) -> None:
    staff = make_staff(city="hangzhou", display_name="调度员甲")
    card = body_of(take(staff, alarm))
    assert card["id"] == alarm.pk
    assert card["taken_by"] == {"id": staff.pk, "name": "调度员甲"}
    assert body_of(take(staff, alarm)) == card


def test_the_second_is_told_who_was_first(alarm: Alarm) -> None:
    first = make_staff(city="hangzhou", display_name="调度员甲")
    take(first, alarm)
    answer = take(make_staff(city="hangzhou"), alarm)
    assert refusal(answer) == (409, "alarm_taken")
    assert json.loads(answer.content)["details"] == {"taken_by": {"id": first.pk, "name": "调度员甲"}}


def test_another_citys_staff_do_not_find_it(alarm: Alarm) -> None:
    assert refusal(take(make_staff(city="shanghai"), alarm)) == (404, "not_found")


def test_nobody_else_takes_alarms(alarm: Alarm) -> None:
    assert refusal(take(make_worker().user, alarm)) == (403, "forbidden")
    assert alarm.order is not None
    assert refusal(take(alarm.order.customer, alarm)) == (403, "forbidden")
    alarm.refresh_from_db()
    assert alarm.taken_by is None


def test_one_that_is_over_is_not_found(alarm: Alarm) -> None:
    assert alarm.order_id is not None
    Story(alarm.order_id).offer()
    assert refusal(take(make_staff(), alarm)) == (404, "not_found")
