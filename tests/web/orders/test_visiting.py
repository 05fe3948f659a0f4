"""On the road and at the door."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.orders.story import Story, heard, open_alarms, refused, terms
from tests.web.people import CENTRE, make_city, make_customer, make_service, make_worker
from tests.world.fiction import rewrite
from web.orders.models import Alarm, Command
from web.scheduling.selectors import holder_of
from web.workforce.models import WorkerPosition
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def seen(story: Story, *, north_m: float, taken_s_ago: float = 0, received_s_ago: float = 0) -> None:
    """The worker's phone reported a place so far north of the address."""
    lat, now = CENTRE[1] + north_m / 111_195, timezone.now()
    WorkerPosition.objects.create(
        worker_id=story.worker.pk,
        lng=CENTRE[0],
        lat=lat,
        at=now - timedelta(seconds=taken_s_ago),
        received_at=now - timedelta(seconds=received_s_ago),
    )


def alarm_was_told(story: Story) -> bool:
    return story.order.late_told


def test_the_phases_follow_each_other() -> None:
    story = Story.in_town().accepted()
    reached = []
    for move in (story.depart, story.arrive, story.start, story.tick_all, story.finish):
        move()
        reached.append(story.order.phase)
    assert reached == ["EN_ROUTE", "ARRIVED", "IN_SERVICE", "IN_SERVICE", "AWAITING_CONFIRMATION"]


@pytest.mark.parametrize("move", [Move.ARRIVE, Move.START, Move.TICK, Move.FINISH])
def test_no_phase_can_be_skipped(move: Move) -> None:
    story = Story.in_town().accepted()
    assert refused(story.ask(story.worker, move, step=1)) == "not_allowed"


@pytest.mark.parametrize(("metres", "far"), [(20, False), (290, False), (310, True), (5_000, True)])
def test_how_far_off_he_was_is_stamped_and_never_blocks(metres: int, far: bool) -> None:
    story = Story.in_town().accepted().depart()
    seen(story, north_m=metres)
    story.arrive()
    assert story.order.arrived_off_m == pytest.approx(metres, abs=2)
    stamped = story.order.events.get(type="arrived").data
    assert stamped.pop("age_s") < 30
    assert stamped == {"off_m": story.order.arrived_off_m, "far": far}


def test_how_old_the_position_was_is_stamped_too() -> None:
    story = Story.in_town().accepted().depart()
    seen(story, north_m=20, taken_s_ago=240)
    story.arrive()
    assert story.order.events.get(type="arrived").data["age_s"] == 240


@pytest.mark.parametrize(
    ("taken_s_ago", "received_s_ago"), [(86_400, 86_400), (86_400, 0), (601, 0), (60, 60)], ids=str
)
def test_an_old_position_is_none(taken_s_ago: int, received_s_ago: int) -> None:
    """Yesterday's at the same building, one that piled up on the phone, and one from before he set out."""
    story = Story.in_town().accepted().depart()
    seen(story, north_m=20, taken_s_ago=taken_s_ago, received_s_ago=received_s_ago)
    story.arrive()
    assert story.order.arrived_off_m is None
    assert story.order.events.get(type="arrived").data == {"position_known": False}


def test_who_has_sent_no_position_arrives_all_the_same() -> None:
    story = Story.in_town().accepted().depart().arrive()
    assert story.order.phase == Phase.ARRIVED
    assert story.order.arrived_off_m is None
    assert story.order.events.get(type="arrived").data == {"position_known": False}


def test_a_wrong_code_is_counted_though_the_step_is_refused() -> None:
    story = Story.in_town().accepted().depart().arrive()
    version = story.order.version
    result = story.ask(story.worker, Move.START, typed="nope")
    assert refused(result) == "wrong_start_code"
    assert result.outcome.details == {"tries_left": 4}
    order = story.order
    assert (order.start_code_tries, order.version, order.phase) == (1, version + 1, Phase.ARRIVED)
    assert story.types[-1] == "code_refused"
    story.start()


def test_five_wrong_ones_lock_it_for_the_right_one_too() -> None:
    story = Story.in_town().accepted().depart().arrive()
    for left in (4, 3, 2, 1, 0):
        assert story.ask(story.worker, Move.START, typed="nope").outcome.details == {"tries_left": left}
    locked = story.ask(story.worker, Move.START, typed=story.order.start_code)
    assert refused(locked) == "start_code_locked"
    assert story.order.start_code_tries == 5


def test_the_same_wrong_answer_sent_again_counts_once() -> None:
    story = Story.in_town().accepted().depart().arrive()
    command = story.receive(story.worker, Move.START, typed="nope")
    first, again = story.take(command), story.take(command)
    assert first.outcome == again.outcome
    assert story.order.start_code_tries == 1


@pytest.mark.parametrize("typed", ["", "１２３４", "12345", " "])
def test_what_is_no_code_is_a_wrong_one(typed: str) -> None:
    story = Story.in_town().accepted().depart().arrive()
    rewrite(story.id, start_code="1234")
    assert refused(story.ask(story.worker, Move.START, typed=typed)) == "wrong_start_code"


def test_what_was_typed_stands_encrypted_and_nowhere_in_the_message() -> None:
    story = Story.in_town().accepted().depart().arrive()
    command = story.receive(story.worker, Move.START, typed="7391")
    assert "7391" not in str(command.body)
    assert Command.objects.filter(pk=command.pk).extra(where=["typed LIKE '%%7391%%'"]).count() == 0


def test_steps_are_ticked_in_any_order_each_with_its_time() -> None:
    story = Story.in_town().in_service()
    for position in (2, 1):
        assert story.ask(story.worker, Move.TICK, step=position).outcome.done
    assert all(record.done_at for record in story.order.records.all())
    assert [event.data for event in story.order.events.filter(type="step_done")] == [{"step": 2}, {"step": 1}]


def test_a_step_is_ticked_once_and_only_if_it_is_one() -> None:
    story = Story.in_town().in_service().tick()
    assert refused(story.ask(story.worker, Move.TICK, step=1)) == "not_allowed"
    result = story.ask(story.worker, Move.TICK, step=3)
    assert refused(result) == "step_unknown"
    assert result.outcome.details == {"step": 3}


def test_the_service_is_finished_when_all_steps_are_done() -> None:
    story = Story.in_town().in_service().tick()
    assert refused(story.ask(story.worker, Move.FINISH)) == "steps_missing"
    story.tick().finish()
    order = story.order
    assert order.phase == Phase.AWAITING_CONFIRMATION
    assert order.autoconfirm_at is not None
    assert order.autoconfirm_at - order.phase_since == timedelta(days=1)


def test_a_service_without_steps_is_finished_at_once() -> None:
    Story.in_town(steps=[]).in_service().finish()


def test_who_is_through_has_his_time_back() -> None:
    story = Story.in_town().in_service().tick_all()
    assert holder_of(story.id) == story.worker.pk
    story.finish()
    assert holder_of(story.id) is None


@pytest.mark.parametrize(
    ("late", "kind", "then"),
    [
        (Move.LATE_TO_DEPART, Alarm.LATE_TO_DEPART, "depart"),
        (Move.LATE_TO_ARRIVE, Alarm.LATE_TO_ARRIVE, "arrive"),
    ],
)
def test_the_board_is_alarmed_when_he_is_late_until_he_moves(late: Move, kind: str, then: str) -> None:
    story = Story.in_town().accepted()
    if late is Move.LATE_TO_ARRIVE:
        story.depart()
    story.step(late)
    assert alarm_was_told(story)
    assert open_alarms(story) == [kind]
    alarm = story.order.alarms.get()
    assert alarm.worker == story.worker
    assert heard("board:hangzhou")[-1].type == "alarm.raised"
    getattr(story, then)()
    assert open_alarms(story) == []
    assert not alarm_was_told(story)
    assert "alarm.cleared" in [event.type for event in heard("board:hangzhou")]


def test_he_may_be_late_twice_and_both_are_told() -> None:
    story = Story.in_town().accepted()
    story.step(Move.LATE_TO_DEPART)
    story.depart().step(Move.LATE_TO_ARRIVE)
    assert open_alarms(story) == [Alarm.LATE_TO_ARRIVE]


def test_the_tries_are_a_policy() -> None:
    make_city()
    make_worker(on_duty=True)
    terms("visit", start_code_tries=1)
    story = Story.placed(make_customer(), make_service()).accepted().depart().arrive()
    assert story.ask(story.worker, Move.START, typed="nope").outcome.details == {"tries_left": 0}
    assert refused(story.ask(story.worker, Move.START, typed=story.order.start_code)) == "start_code_locked"
