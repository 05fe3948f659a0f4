"""What was asked in time is decided before the clock has its turn, however long an outage of ours kept it under way."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine

from tests.web.orders.story import Story
from tests.web.orders.test_absences import at_the_door, report, seen
from tests.web.people import make_staff
from web.accounts.models import User
from web.orders.models import Command, Compensation
from web.orders.selectors import view_of
from web.workforce.models import PointsEntry
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def waited_for() -> Story:
    story = at_the_door()
    seen(story)
    return report(story)


def interrupted() -> Story:
    story = Story.in_town().in_service()
    return story.report(story.order.customer, "scope_larger")


def customer(story: Story) -> User:
    return story.order.customer


def worker(story: Story) -> User:
    return story.worker


Way = tuple[Callable[[], Story], Move, Callable[[Story], User], Move, dict[str, str]]
WAYS: list[Way] = [
    (lambda: Story.in_town().accepted(), Move.LATE_TO_DEPART, worker, Move.DEPART, {}),
    (lambda: Story.in_town(workers=2).accepted(), Move.DID_NOT_DEPART, worker, Move.DEPART, {}),
    (lambda: Story.in_town(workers=2).accepted(), Move.DID_NOT_DEPART, worker, Move.HAND_BACK, {"reason": "unwell"}),
    (lambda: Story.in_town().accepted().depart(), Move.LATE_TO_ARRIVE, worker, Move.ARRIVE, {}),
    (lambda: Story.in_town().accepted().depart(), Move.DID_NOT_ARRIVE, worker, Move.ARRIVE, {}),
    (lambda: Story.in_town().accepted(), Move.DID_NOT_ARRIVE, customer, Move.CANCEL, {"reason": "other"}),
    (waited_for, Move.CUSTOMER_ABSENT, worker, Move.START, {}),
    (waited_for, Move.CUSTOMER_ABSENT, customer, Move.AM_HERE, {}),
    (lambda: Story.in_town().finished(), Move.AUTOCONFIRM, customer, Move.REPORT_EXCEPTION, {"type": "dispute"}),
    (interrupted, Move.EXCEPTION_UNANSWERED, lambda _: make_staff(), Move.ANSWER_EXCEPTION, {}),
]


def due(story: Story, move: Move) -> datetime:
    moment = story.due(move)
    assert moment is not None
    return moment


def receive(story: Story, by: User, move: Move, at: datetime, choice: dict[str, str]) -> Command:
    with time_machine.travel(at, tick=False):
        return story.receive(by, move, typed=story.order.start_code if move is Move.START else "", **choice)


@pytest.mark.parametrize(
    ("begun", "clock", "who", "asked", "choice"),
    WAYS,
    ids=[f"{asked}-before-{clock}" for _, clock, _, asked, _ in WAYS],
)
def test_the_clock_waits_for_it(
    begun: Callable[[], Story], clock: Move, who: Callable[[Story], User], asked: Move, choice: dict[str, str]
) -> None:
    story = begun()
    moment, by = due(story, clock), who(story)
    command = receive(story, by, asked, moment - timedelta(seconds=2), choice)
    reference = next((timer.reference for timer in view_of(story.order).timers if timer.move == clock), None)
    with time_machine.travel(moment + timedelta(seconds=30), tick=False):
        assert story.step(clock, key="the clock's", reference=reference).conflict
        assert story.take(command).outcome.done
    assert not PointsEntry.objects.filter(rule__in=["not_departed", "no_show"]).exists()
    assert not Compensation.objects.exists()
    assert not {"late_to_depart", "late_to_arrive", "exception_unanswered", "completed"} & set(story.types)


@pytest.mark.parametrize(("late_s", "waits_s"), [(1, 5), (-2, 601)], ids=["asked too late", "nobody wants it any more"])
def test_and_not_for_what_came_after_it_was_due_or_is_not_wanted_any_more(late_s: float, waits_s: float) -> None:
    story = Story.in_town(workers=2).accepted().depart()
    moment = due(story, Move.DID_NOT_ARRIVE)
    receive(story, story.worker, Move.ARRIVE, moment + timedelta(seconds=late_s), {})
    with time_machine.travel(moment + timedelta(seconds=waits_s), tick=False):
        assert story.step(Move.DID_NOT_ARRIVE).outcome.done
    assert story.order.no_show


def test_what_is_asked_of_another_order_holds_nothing_up() -> None:
    story = Story.in_town(workers=2).accepted().depart()
    other = Story.placed(story.order.customer, story.order.service).pay()
    moment = due(story, Move.DID_NOT_ARRIVE)
    receive(other, other.order.customer, Move.CANCEL, moment - timedelta(seconds=1), {"reason": "other"})
    with time_machine.travel(moment, tick=False):
        assert story.step(Move.DID_NOT_ARRIVE).outcome.done
    assert story.order.phase == Phase.EN_ROUTE
