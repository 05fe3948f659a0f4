"""The day's figures: the day is Shanghai's."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from tests.web.orders.story import Story
from tests.web.people import CITY, make_city, make_customer, make_service, make_staff, make_worker
from web.board.selectors import counters_of_day
from workflows.transitions import Move

pytestmark = pytest.mark.django_db

NOON = datetime(2031, 5, 14, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
LAST_SECOND = NOON.replace(hour=23, minute=59, second=59)


def counters(now: datetime = NOON) -> dict[str, object]:
    return counters_of_day(make_staff(city=CITY), CITY, now=now)


@pytest.fixture
def story() -> Story:
    """Placed at noon."""
    make_city()
    make_worker(on_duty=True)
    with time_machine.travel(NOON, tick=False):
        return Story.placed(make_customer(), make_service())


def test_an_order_is_counted_on_the_day_it_was_placed(story: Story) -> None:
    day = {"day": "2031-05-14", "placed": 1, "completed": 0, "cancelled": 0}
    assert counters() == day
    assert counters(LAST_SECOND) == day
    assert counters(LAST_SECOND + timedelta(seconds=1)) == day | {"day": "2031-05-15", "placed": 0}
    assert counters(NOON - timedelta(days=1)) == day | {"day": "2031-05-13", "placed": 0}


def test_the_day_ends_at_midnight_in_shanghai_not_in_greenwich(story: Story) -> None:
    with time_machine.travel(LAST_SECOND + timedelta(seconds=2), tick=False):
        story.cancel()
    assert counters(LAST_SECOND)["cancelled"] == 0
    assert counters(LAST_SECOND + timedelta(hours=1))["cancelled"] == 1


@pytest.mark.parametrize("silently", [True, False])
def test_completed_by_the_customer_or_by_his_silence_counts_alike(story: Story, silently: bool) -> None:
    with time_machine.travel(NOON, tick=False):
        story.finished()
        assert counters()["completed"] == 0
        story.step(Move.AUTOCONFIRM) if silently else story.confirm()
        story.settle().close()
    assert counters()["completed"] == 1


@pytest.mark.parametrize("lapsed", [True, False])
def test_cancelled_by_the_customer_or_never_paid_counts_alike(story: Story, lapsed: bool) -> None:
    with time_machine.travel(NOON, tick=False):
        story.step(Move.PAYMENT_LAPSED) if lapsed else story.cancel()
        story.close()
    assert counters()["cancelled"] == 1


def test_another_citys_orders_are_not_counted(story: Story) -> None:
    assert counters_of_day(make_staff(city="shanghai"), CITY, now=NOON)["placed"] == 0
    assert counters_of_day(make_staff(), "shanghai", now=NOON)["placed"] == 0
