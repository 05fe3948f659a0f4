"""Of many who accept at once: whose answer is on its way when somebody has it hears at once that the order is gone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.web.orders.story import Story, heard, refused
from tests.web.orders.test_grabbing import accept, called, open_offers
from tests.web.people import make_customer, make_staff
from web.orders import services
from web.orders.models import Command
from workflows.messages import Outcome, StepRequest
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db


def decided(worker_id: int) -> list[tuple[str, str]]:
    """Of his commands, as he was told on his topic: (state, code)."""
    told = [event.data for event in heard(f"worker:{worker_id}") if event.type == "command.decided"]
    return [(one["state"], one["outcome"]["code"]) for one in told]


def test_whose_answer_is_on_its_way_when_somebody_has_it_hears_at_once_and_once() -> None:
    story = called()
    winner, *others = open_offers(story)
    waiting = [story.receive(offer.worker, Move.ACCEPT, offer_id=offer.pk) for offer in others]
    version = story.order.version
    accept(story, winner)
    assert decided(winner.worker_id) == [("done", "")]
    for command in waiting:
        command.refresh_from_db()
        assert (command.state, command.decided_at is None) == (Command.REFUSED, False)
        assert command.outcome == {
            "done": False,
            "phase": Phase.ACCEPTED,
            "version": version + 1,
            "code": "offer_closed",
            "details": {},
        }
        # Its Update comes later, or was queued: it hears the same, and nobody is told twice.
        assert refused(story.take(command)) == "offer_closed"
        assert services.expire_commands() == 0
        assert decided(command.user_id) == [("refused", "offer_closed")]


@pytest.mark.parametrize("ended_by", ["customer", "dispatcher", "exception"])
def test_so_it_is_when_somebody_else_ends_the_call(ended_by: str) -> None:
    story = called()
    offer, chosen, _ = open_offers(story)
    waiting = story.receive(offer.worker, Move.REFUSE, offer_id=offer.pk, reason="busy")
    if ended_by == "customer":
        story.cancel()
    elif ended_by == "dispatcher":
        story.assign(chosen.worker, by=make_staff())
    else:
        story.report(make_staff())
    assert decided(offer.worker_id) == [("refused", "offer_closed")]
    assert services.outcome_of(waiting.pk) == Outcome(False, story.order.phase, story.order.version, "offer_closed")


def test_an_answer_to_another_order_waits_for_its_own() -> None:
    story = called()
    other = Story.placed(make_customer(), story.order.service).pay().offer()
    his = open_offers(other)[0]
    waiting = other.receive(his.worker, Move.ACCEPT, offer_id=his.pk)
    accept(story, next(offer for offer in open_offers(story) if offer.worker_id != his.worker_id))
    assert services.outcome_of(waiting.pk) is None


def test_hundreds_of_answers_are_refused_with_as_many_statements_as_two() -> None:
    counted = []
    for many in (3, 12):
        story = called(workers=many, grab_k=many)
        winner, *others = open_offers(story)
        for offer in others:
            story.receive(offer.worker, Move.ACCEPT, offer_id=offer.pk)
        command = story.receive(winner.worker, Move.ACCEPT, offer_id=winner.pk)
        message = services.message_of(command, seen_version=story.order.version)
        request = StepRequest(story.id, f"command:{command.pk}", command.move, story.order.version, command=message)
        with CaptureQueriesContext(connection) as asked:
            assert services.take_step(request=request).outcome.done
        counted.append(len(asked))
    assert counted[0] == counted[1]
