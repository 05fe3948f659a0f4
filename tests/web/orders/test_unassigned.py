"""临近未派: whose visit is near and who has nobody yet is shown to the board, once."""

from datetime import timedelta

import pytest
import time_machine

from tests.web.orders.story import Story
from tests.web.people import make_staff, make_worker
from tests.world.fiction import rewrite
from web.orders.models import Alarm
from web.orders.services import alarm_unassigned_orders
from workflows.transitions import Phase

pytestmark = pytest.mark.django_db

LEAD = timedelta(hours=2)


def near(story: Story, *, ahead: timedelta = LEAD - timedelta(seconds=5)) -> time_machine.travel:
    """The time at which the visit starts so soon."""
    return time_machine.travel(story.order.starts_at - ahead)


def open_alarms(story: Story) -> list[str]:
    return list(story.order.alarms.filter(cleared_at=None, kind=Alarm.START_NEAR).values_list("kind", flat=True))


def test_an_order_without_a_worker_is_shown_once_when_its_visit_is_near() -> None:
    story = Story.in_town().pay()
    with near(story, ahead=LEAD + timedelta(seconds=5)):
        assert alarm_unassigned_orders() == 0
    with near(story):
        assert alarm_unassigned_orders() == 1
        assert alarm_unassigned_orders() == 0
        assert open_alarms(story) == [Alarm.START_NEAR]


def test_an_offer_does_not_clear_it_and_its_acceptance_does() -> None:
    story = Story.in_town().pay()
    with near(story):
        alarm_unassigned_orders()
        story.offer()
        assert open_alarms(story) == [Alarm.START_NEAR]
        assert alarm_unassigned_orders() == 0
        story.accept()
        assert open_alarms(story) == []


@pytest.mark.parametrize("end", ["assigned", "cancelled"])
def test_it_is_cleared_when_there_is_nothing_left_to_do(end: str) -> None:
    story = Story.in_town().pay()
    with near(story):
        alarm_unassigned_orders()
        story.assign(make_worker().user, by=make_staff()) if end == "assigned" else story.cancel()
        assert open_alarms(story) == []
        assert alarm_unassigned_orders() == 0


def test_what_was_booked_at_short_notice_is_shown_when_nobody_accepts_and_not_twice() -> None:
    story = Story.in_town().pay()
    rewrite(story.id, placed_at=story.order.starts_at - timedelta(hours=1, minutes=30))
    with near(story, ahead=timedelta(hours=1)):
        story.offer()
        assert alarm_unassigned_orders() == 0
        story.lapse().exhaust()
        assert alarm_unassigned_orders() == 0
        assert story.order.alarms.get().kind == Alarm.NOBODY_ACCEPTS


@pytest.mark.parametrize("phase", [Phase.AWAITING_PAYMENT, Phase.ACCEPTED])
def test_only_an_order_that_looks_for_a_worker_is_shown(phase: Phase) -> None:
    story = Story.in_town()
    if phase == Phase.ACCEPTED:
        story.accepted()
    with near(story):
        assert alarm_unassigned_orders() == 0
