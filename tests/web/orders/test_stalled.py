"""Orders whose actor has not moved although it was time: who is found, how often, and what puts a stale row right."""

import itertools
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.web.orders.story import Story
from tests.web.people import make_customer, make_service
from tests.world.fiction import rewrite
from web.orders import services
from web.orders.services import stalled

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LATE = stalled.STALLED_AFTER + SECOND


def found_at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> list[int]:
    with monkeypatch.context() as clock:
        clock.setattr(timezone, "now", lambda: moment)
        return services.take_stalled()


def moved_at(story: Story) -> datetime:
    """When it moved last: an order that was paid wants a worker at once."""
    at = story.order.moves_at
    assert at == story.order.events.latest("version").at
    return at


def test_an_order_is_found_when_it_is_late_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story.in_town().pay()
    due = moved_at(story)
    assert found_at(monkeypatch, due + stalled.STALLED_AFTER) == []
    assert found_at(monkeypatch, due + LATE) == [story.id]


def test_what_stays_stalled_is_looked_at_more_and_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story.in_town().pay()
    due = moved_at(story)
    looks, moment = list[timedelta](), due
    while moment < due + 12 * HOUR:
        moment += 10 * SECOND
        if found_at(monkeypatch, moment):
            looks.append(moment - due)
    pauses = [after - before for before, after in itertools.pairwise(looks)]
    assert MINUTE <= pauses[0] < 2 * MINUTE
    assert pauses == sorted(pauses)
    assert HOUR <= pauses[-1] < HOUR + MINUTE
    assert len(looks) < 25


def test_the_next_step_says_anew_when_it_is_to_move(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story.in_town().pay()
    found_at(monkeypatch, moved_at(story) + 5 * HOUR)
    story.offer()
    assert story.order.moves_at == story.offered.due_at


def test_what_an_older_release_left_behind_is_put_right() -> None:
    story = Story.in_town().accepted()
    rewrite(story.id, moves_at=timezone.now() - HOUR)
    assert services.take_stalled() == []
    assert story.order.moves_at == story.order.depart_by
    arrived = Story.in_town().accepted().depart().arrive()
    rewrite(arrived.id, moves_at=timezone.now() - HOUR)
    assert services.take_stalled() == []
    assert arrived.order.moves_at is None


def test_what_has_ended_or_never_said_when_is_nobodys() -> None:
    ended = Story.in_town().settled().close()
    rewrite(ended.id, moves_at=timezone.now() - HOUR)
    Story.placed(make_customer(), make_service())
    assert services.take_stalled() == []


def test_whom_one_look_leaves_the_next_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many stay stalled."""
    monkeypatch.setattr(stalled, "AT_ONCE", 1)
    stories = [Story.in_town().pay() for _ in range(3)]
    late = timezone.now() + HOUR
    assert [found_at(monkeypatch, late) for _ in range(4)] == [*([story.id] for story in stories), []]
