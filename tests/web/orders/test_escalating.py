"""No silent end: an alarm has an owner and a deadline, and what stands still is seen."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.web.orders.story import Story, heard, open_alarms, paid_at_gateway
from tests.web.people import CITY, Api, body_of, make_staff, refusal
from web.errors import DoorbellError
from web.orders.models import Alarm
from web.orders.services import (
    alarm_overdue_visits,
    alarm_stuck_money,
    close_alarm,
    escalate_alarms,
    take_alarm,
)
from web.payments import services as payments
from web.payments.models import GatewayMessage
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def alarmed() -> tuple[Story, Alarm]:
    story = Story.in_town().pay().exhaust()
    return story, story.order.alarms.get()


def test_every_alarm_has_an_owner_and_a_deadline() -> None:
    _, alarm = alarmed()
    assert (alarm.owner, alarm.due_at) == (Alarm.DISPATCHER, alarm.ring_again_at)
    card = heard(f"board:{CITY}")[-1].data["alarm"]
    assert (card["owner"], card["due_at"]) == ("dispatcher", card["ring_again_at"])


def test_what_nobody_takes_is_the_managers_and_rings_again() -> None:
    _, alarm = alarmed()
    assert escalate_alarms() == 0
    assert alarm.due_at is not None
    with time_machine.travel(alarm.due_at, tick=False):
        assert escalate_alarms() == 1
        assert escalate_alarms() == 0
        alarm.refresh_from_db()
        assert (alarm.owner, alarm.ring_again_at) == (Alarm.MANAGER, timezone.now())
        assert alarm.due_at == timezone.now() + timedelta(seconds=600)
    said = heard(f"board:{CITY}")[-1]
    assert (said.type, said.data["alarm"]["owner"]) == ("alarm.escalated", "manager")
    with time_machine.travel(alarm.due_at):
        assert escalate_alarms() == 1


def test_who_takes_it_has_time_and_loses_it_when_that_is_over() -> None:
    _, alarm = alarmed()
    assert alarm.due_at is not None
    take_alarm(staff=make_staff(), alarm_id=alarm.pk)
    with time_machine.travel(alarm.due_at + timedelta(seconds=1)):
        assert escalate_alarms() == 0
    with time_machine.travel(alarm.due_at + timedelta(seconds=600)):
        assert escalate_alarms() == 1
    alarm.refresh_from_db()
    assert (alarm.owner, alarm.taken_by) == (Alarm.MANAGER, None)


def test_one_that_is_cleared_goes_to_nobody() -> None:
    story, alarm = alarmed()
    story.offer()
    assert alarm.due_at is not None
    with time_machine.travel(alarm.due_at + timedelta(days=1)):
        assert escalate_alarms() == 0


def wrong_amount() -> tuple[Story, GatewayMessage]:
    """The gateway names another amount than was to be paid."""
    story = Story.in_town()
    message = paid_at_gateway(story.open_payment())
    GatewayMessage.objects.filter(pk=message.pk).update(amount_fen=1)
    with pytest.raises(DoorbellError, match="amount_mismatch"):
        payments.record_payment(message_id=message.pk)
    alarm_stuck_money(order_id=story.id)
    return story, message


def test_a_wrong_amount_is_closed_by_hand_with_a_note_and_stays_closed() -> None:
    story, message = wrong_amount()
    alarm = story.order.alarms.get()
    staff = Api(make_staff(city=CITY))
    path = f"/board/alarms/{alarm.pk}/close"
    assert refusal(staff.post(path, {"note": " "})) == (422, "invalid_request")
    assert refusal(Api(make_staff(city="shanghai")).post(path, {"note": "看过"})) == (404, "not_found")
    body_of(staff.post(path, {"note": "已与支付渠道核对，原路退回"}))
    assert open_alarms(story) == []
    assert heard(f"board:{CITY}")[-1].type == "alarm.cleared"
    alarm_stuck_money(order_id=story.id)
    assert open_alarms(story) == []
    assert refusal(staff.post(path, {"note": "再关一次"})) == (404, "not_found")
    # Another one is news.
    GatewayMessage.objects.filter(pk=message.pk).update(received_at=timezone.now())
    alarm_stuck_money(order_id=story.id)
    assert open_alarms(story) == [Alarm.NEEDS_OPS]


def test_money_that_a_gateway_does_not_give_back_is_no_matter_of_a_note() -> None:
    story = Story.in_town().pay().cancel()
    [refund_id] = story.refunds
    payments.park_refund(refund_id=refund_id)
    story.step(Move.PARK, reference=refund_id)
    with pytest.raises(DoorbellError, match="alarm_stands"):
        close_alarm(staff=make_staff(), alarm_id=story.order.alarms.get().pk, note="不管了")


def test_what_a_step_clears_nobody_closes() -> None:
    _, alarm = alarmed()
    with pytest.raises(DoorbellError, match="alarm_stands"):
        close_alarm(staff=make_staff(), alarm_id=alarm.pk, note="不管了")


def test_an_order_that_nobody_can_take_has_a_way_out_and_the_alarm_names_it() -> None:
    story, alarm = alarmed()
    assert "取消" in Alarm.NEXT_STEPS[alarm.kind]
    story.ask(make_staff(), Move.CALL_OFF, reason="nobody_available", refund_bp=10_000)
    assert (story.order.phase, open_alarms(story)) == (Phase.CANCELLED, [])


def test_a_worker_who_stands_at_the_door_is_seen_and_who_begins_is_not() -> None:
    story = Story.in_town().accepted().depart().arrive()
    due = story.order.starts_at + timedelta(seconds=1800)
    with time_machine.travel(due - timedelta(seconds=2)):
        assert alarm_overdue_visits() == 0
    with time_machine.travel(due + timedelta(seconds=1)):
        assert alarm_overdue_visits() == 1
        assert alarm_overdue_visits() == 0
        assert open_alarms(story) == [Alarm.NOT_STARTED]
        story.start()
        assert open_alarms(story) == []
        assert alarm_overdue_visits() == 0


def test_a_service_that_does_not_end_is_seen() -> None:
    story = Story.in_town().in_service()
    due = story.order.phase_since + timedelta(seconds=7_200 + 3_600)
    with time_machine.travel(due - timedelta(seconds=2)):
        assert alarm_overdue_visits() == 0
    with time_machine.travel(due + timedelta(seconds=1)):
        assert alarm_overdue_visits() == 1
        assert open_alarms(story) == [Alarm.OVERRUN]
        story.tick_all().finish()
        assert open_alarms(story) == []
