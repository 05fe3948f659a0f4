"""A start code that was entered wrongly too often is staff's to open again."""

import pytest

from tests.web.orders.story import Story, heard, open_alarms, refused
from tests.web.people import Api, body_of, make_staff, make_worker, refusal
from web.orders.models import Alarm
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

LOCK = 5


def locked() -> Story:
    """He stands at the door and has used up his tries."""
    story = Story.in_town().accepted().depart().arrive()
    for _ in range(LOCK):
        story.ask(story.worker, Move.START, typed="nope")
    return story


def actions(story: Story) -> list[str]:
    found: list[str] = body_of(Api(make_staff()).get(f"/orders/{story.id}"))["allowed_actions"]
    return found


def test_the_last_wrong_try_alarms_the_board_and_no_earlier_one() -> None:
    story = Story.in_town().accepted().depart().arrive()
    for _ in range(LOCK - 1):
        story.ask(story.worker, Move.START, typed="nope")
    assert open_alarms(story) == []
    story.ask(story.worker, Move.START, typed="nope")
    assert open_alarms(story) == [Alarm.START_CODE_LOCKED]
    alarm = heard("board:hangzhou")[-1]
    assert (alarm.type, alarm.data["alarm"]["worker"]["id"]) == ("alarm.raised", story.worker.pk)
    story.ask(story.worker, Move.START, typed="nope")
    assert story.order.alarms.count() == 1


def test_staff_unlock_it_and_the_right_code_starts_the_service() -> None:
    story = locked()
    assert "unlock" in actions(story)
    staff = make_staff(display_name="调度员甲")
    assert story.ask(staff, Move.UNLOCK).outcome.done
    assert (story.order.phase, open_alarms(story)) == (Phase.ARRIVED, [])
    event = story.order.events.get(type="code_unlocked")
    assert (event.role, event.actor) == ("staff", staff)
    assert heard(f"worker:{story.worker.pk}")[-1].type == "order.code_unlocked"
    assert "unlock" not in actions(story)
    story.start()


def test_after_it_there_are_as_many_tries_as_before_and_a_second_alarm() -> None:
    story = locked()
    story.ask(make_staff(), Move.UNLOCK)
    assert story.ask(story.worker, Move.START, typed="nope").outcome.details == {"tries_left": LOCK - 1}
    for _ in range(LOCK - 1):
        story.ask(story.worker, Move.START, typed="nope")
    assert open_alarms(story) == [Alarm.START_CODE_LOCKED]


def test_what_is_not_locked_cannot_be_unlocked() -> None:
    story = Story.in_town().accepted().depart().arrive()
    assert "unlock" not in actions(story)
    assert refused(story.ask(make_staff(), Move.UNLOCK)) == "not_allowed"


def test_neither_the_customer_nor_a_worker_unlocks_it() -> None:
    story = locked()
    for user in (story.order.customer, story.worker, make_worker().user):
        assert refused(story.ask(user, Move.UNLOCK)) == "not_allowed"
        response = Api(user).post(f"/orders/{story.id}/unlock", {})
        assert refusal(response) == (403, "forbidden")


def test_staff_of_another_city_do_not_find_it() -> None:
    response = Api(make_staff(city="shanghai")).post(f"/orders/{locked().id}/unlock", {}, idempotency_key="unlock-it")
    assert refusal(response) == (404, "not_found")


def test_a_cancelled_order_needs_nobody() -> None:
    story = locked().cancel()
    assert open_alarms(story) == []
