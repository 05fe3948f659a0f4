"""通知渠道故障: what does not go out for a reason of the platform's calls somebody; what goes out clears it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.orders.story import Story
from tests.web.people import Api, body_of, make_staff
from web.notifications.models import Delivery, Message
from web.orders.models import Alarm
from web.orders.services import alarm_broken_channels

pytestmark = pytest.mark.django_db


def went(story: Story, state: str, *, kind: str = "worker_found", ago_s: float = 0) -> None:
    """What became of a message about it."""
    at = timezone.now() - timedelta(seconds=ago_s)
    user, fault = story.order.customer, state == "failed"
    message = Message.objects.create(user=user, kind=kind, order_id=story.id, title="x", useful_until=at)
    Delivery.objects.create(message=message, channel="sms", state=state, fault=fault, done_at=at)


def alarms(story: Story) -> list[Alarm]:
    return list(story.order.alarms.filter(kind=Alarm.CHANNEL_BROKEN, cleared_at=None))


def test_it_is_the_managers_has_a_deadline_and_is_raised_once() -> None:
    story = Story.in_town().accepted()
    assert alarm_broken_channels() == 0
    went(story, "failed")
    assert (alarm_broken_channels(), alarm_broken_channels()) == (1, 0)
    [alarm] = alarms(story)
    assert (alarm.owner, alarm.due_at is not None) == (Alarm.MANAGER, True)


def test_one_a_city_on_its_newest_order() -> None:
    first = Story.in_town(workers=2).accepted()
    second = Story.placed(first.order.customer, first.order.service).accepted()
    went(second, "failed", ago_s=60)
    went(first, "failed", kind="order_changed")
    assert alarm_broken_channels() == 1
    assert (alarms(first), len(alarms(second))) == ([], 1)


def test_what_goes_out_again_clears_it_and_another_kind_does_not() -> None:
    story = Story.in_town().accepted()
    went(story, "failed", ago_s=60)
    alarm_broken_channels()
    went(story, "sent", kind="order_changed", ago_s=30)
    alarm_broken_channels()
    assert alarms(story), "one template works, the other is still broken"
    went(story, "delivered")
    alarm_broken_channels()
    assert alarms(story) == []


def test_whoever_closes_it_hears_of_it_with_the_next_one() -> None:
    story = Story.in_town().accepted()
    went(story, "failed", ago_s=60)
    alarm_broken_channels()
    [alarm] = alarms(story)
    body_of(Api(make_staff()).post(f"/board/alarms/{alarm.pk}/close", {"note": "已充值"}))
    assert (alarm_broken_channels(), alarms(story)) == (0, [])
    went(story, "failed", kind="order_changed")
    assert alarm_broken_channels() == 1


def test_it_stands_when_the_visit_goes_on_and_one_of_days_ago_says_nothing() -> None:
    story = Story.in_town().accepted()
    went(story, "failed", ago_s=3 * 86_400)
    assert alarm_broken_channels() == 0
    went(story, "failed")
    alarm_broken_channels()
    story.depart().arrive()
    assert len(alarms(story)) == 1
