"""One party proposes and another answers in time: a worker who asks for another time, and what all proposals share."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.web.orders.story import Story, heard, keep_busy, refused
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker
from web.orders.models import Command, Proposal
from web.workforce.models import Worker
from workflows.messages import StepResult
from workflows.transitions import Move, Phase

pytestmark = pytest.mark.django_db

LATER = timedelta(hours=5)
WHY = "孩子发烧，想晚一点来"


def asked() -> Story:
    """A worker who asks for another time."""
    story = Story.in_town(workers=2).accepted()
    starts_at = (story.order.starts_at + LATER).isoformat()
    assert story.ask(story.worker, Move.PROPOSE_MOVE, typed=WHY, starts_at=starts_at).outcome.done
    return story


def the(story: Story) -> Proposal:
    return Proposal.objects.get(order_id=story.id)


def answer(story: Story, move: Move, **choice: Any) -> StepResult:
    """The customer's."""
    return story.ask(story.order.customer, move, **({"proposal_id": the(story).pk} | choice))


def lapse(story: Story) -> StepResult:
    """As the actor does it: by the timer of its view."""
    view = story.step(Move.PARK).view  # a refusal, for its view
    (timer,) = (one for one in view.timers if one.move == Move.PROPOSAL_LAPSED)
    assert timer.due == the(story).due_at
    with time_machine.travel(timer.due + timedelta(seconds=1)):
        return story.step(Move(timer.move), key=timer.key, reference=timer.reference)


def actions(story: Story, user: Any) -> list[str]:
    shown: list[str] = body_of(Api(user).get(f"/orders/{story.id}"))["allowed_actions"]
    return shown


def test_the_customer_agrees_and_the_visit_moves() -> None:
    story = asked()
    before, worker = story.order, story.worker
    assert answer(story, Move.APPROVE).outcome.done
    order = story.order
    assert (order.starts_at, order.phase, order.worker) == (before.starts_at + LATER, Phase.ACCEPTED, worker)
    assert (the(story).state, order.proposal_id) == (Proposal.DONE, None)


def test_where_the_worker_has_another_job_by_then_it_looks_for_somebody_else() -> None:
    story = asked()
    keep_busy(Worker.objects.get(pk=story.worker.pk), story.order.starts_at + LATER)
    assert answer(story, Move.APPROVE).outcome.done
    assert (story.order.phase, story.order.worker) == (Phase.DISPATCHING, None)
    story.offer().accept()


@pytest.mark.parametrize(("move", "state"), [(Move.DECLINE, Proposal.DECLINED), (Move.WITHDRAW, Proposal.WITHDRAWN)])
def test_without_consent_nothing_moves(move: Move, state: str) -> None:
    story = asked()
    starts_at = story.order.starts_at
    by = story.worker if move is Move.WITHDRAW else story.order.customer
    assert story.ask(by, move, proposal_id=the(story).pk).outcome.done
    assert (the(story).state, story.order.starts_at, story.order.proposal_id) == (state, starts_at, None)
    assert story.types[-1] == f"proposal_{state}"


def test_who_does_not_answer_in_time_has_not_agreed() -> None:
    story = asked()
    assert lapse(story).outcome.done
    assert (the(story).state, story.order.proposal_id) == (Proposal.LAPSED, None)
    assert answer(story, Move.APPROVE).outcome.code == "not_allowed"


def test_an_answer_that_came_in_time_counts_however_long_it_was_under_way() -> None:
    story = asked()
    command = story.receive(story.order.customer, Move.APPROVE, proposal_id=the(story).pk)
    due_at = the(story).due_at
    Command.objects.filter(pk=command.pk).update(received_at=due_at - timedelta(seconds=1))
    command.refresh_from_db()
    assert lapse(story).conflict
    with time_machine.travel(due_at + timedelta(seconds=5)):
        assert story.take(command).outcome.done
    assert the(story).state == Proposal.DONE


def test_an_answer_that_came_too_late_does_not_count_even_before_the_timer() -> None:
    story = asked()
    with time_machine.travel(the(story).due_at + timedelta(seconds=1)):
        assert refused(answer(story, Move.APPROVE)) == "proposal_closed"


def test_only_the_customer_answers_and_only_who_proposed_it_withdraws() -> None:
    story = asked()
    assert refused(story.ask(story.worker, Move.APPROVE, proposal_id=the(story).pk)) == "not_allowed"
    assert refused(story.ask(story.order.customer, Move.WITHDRAW, proposal_id=the(story).pk)) == "not_allowed"
    assert refused(answer(story, Move.APPROVE, proposal_id=the(story).pk + 1)) == "proposal_closed"
    for stranger in (make_customer(), make_staff(city="shanghai")):
        path = f"/orders/{story.id}/proposals/{the(story).pk}/approve"
        assert Api(stranger).post(path, {}, idempotency_key="k").status_code in (403, 404)


def test_one_is_open_at_a_time_and_another_may_follow() -> None:
    story = asked()
    again = {"starts_at": (story.order.starts_at + timedelta(hours=6)).isoformat()}
    assert refused(story.ask(story.worker, Move.PROPOSE_MOVE, **again)) == "not_allowed"
    assert answer(story, Move.DECLINE).outcome.done
    assert story.ask(story.worker, Move.PROPOSE_MOVE, **again).outcome.done
    assert Proposal.objects.filter(order_id=story.id).count() == 2


def test_the_buttons_are_those_of_whose_turn_it_is() -> None:
    story = Story.in_town(workers=2).accepted()
    assert "propose_move" in actions(story, story.worker)
    story = asked()
    customers = ["cancel", "reschedule", "report_exception", "change_request", "approve", "decline"]
    assert actions(story, story.order.customer) == customers
    assert actions(story, story.worker) == ["depart", "hand_back", "report_exception", "withdraw"]


def test_a_worker_who_sets_out_has_dropped_it() -> None:
    story = asked()
    story.depart()
    assert (the(story).state, story.order.proposal_id) == (Proposal.LAPSED, None)


def test_a_customer_who_moves_it_himself_has_answered() -> None:
    story = asked()
    story.move(story.order.starts_at + timedelta(hours=2))
    assert (story.order.phase, the(story).state, story.order.proposal_id) == (Phase.ACCEPTED, Proposal.LAPSED, None)


def test_an_order_that_is_cancelled_leaves_none_open() -> None:
    story = asked()
    story.cancel()
    assert (the(story).state, story.order.proposal_id) == (Proposal.LAPSED, None)


def test_why_he_asks_is_read_by_the_parties_and_travels_nowhere() -> None:
    story = asked()
    for user in (story.order.customer, story.worker, make_staff()):
        (card,) = body_of(Api(user).get(f"/orders/{story.id}"))["proposals"]
        assert (card["reason"], card["kind"], card["state"]) == (WHY, "reschedule", "open")
    command = Command.objects.get(move=Move.PROPOSE_MOVE.value)
    assert WHY not in str(command.body)
    for topic in (f"order:{story.id}", "board:hangzhou", f"customer:{story.order.customer_id}"):
        assert WHY not in str([event.data for event in heard(topic)])
    assert WHY not in str([event.data for event in story.order.events.all()])


def test_another_worker_proposes_nothing() -> None:
    story = Story.in_town().accepted()
    other = make_worker(on_duty=True).user
    starts_at = (story.order.starts_at + LATER).isoformat()
    assert refused(story.ask(other, Move.PROPOSE_MOVE, starts_at=starts_at)) == "not_allowed"
