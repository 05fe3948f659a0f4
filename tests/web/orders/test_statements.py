"""What a step asks of the database: each statement is paid for by every order, and they come back one by one."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pytest

from tests.web.orders.story import Story, terms, tomorrow
from tests.web.people import make_customer
from web.accounts.models import User
from web.notifications.models import Message
from web.orders import services
from web.workforce.models import Worker
from workflows.messages import StepRequest
from workflows.transitions import Move

pytestmark = pytest.mark.django_db


class AtMost(Protocol):
    """pytest-django's fixture."""

    def __call__(self, num: int) -> AbstractContextManager[Any]: ...


# BEGIN and COMMIT, the order under its lock, what is known of the step, what it leaves, the hub's events: six. Then
# what a move needs for itself, and the messages of those whom it concerns.
ORDINARY = {
    Move.ACCEPT: 10,
    Move.DEPART: 12,
    Move.ARRIVE: 8,
    Move.START: 8,
    Move.TICK: 7,
    Move.FINISH: 15,
    Move.CONFIRM: 7,
    # Also what its customer earns by it: points by the city's rules, and coupons that are given for such an order.
    Move.SETTLE: 16,
    Move.CLOSE: 10,
}


def commands_of(story: Story) -> Iterator[tuple[User | None, Move, dict[str, Any]]]:
    worker = story.offered.worker
    yield worker, Move.ACCEPT, {"offer_id": story.offered.pk}
    yield worker, Move.DEPART, {}
    yield worker, Move.ARRIVE, {}
    yield worker, Move.START, {"typed": story.order.start_code}
    for record in story.order.records.all():
        yield worker, Move.TICK, {"step": record.position}
    yield worker, Move.FINISH, {}
    yield story.order.customer, Move.CONFIRM, {}
    yield None, Move.SETTLE, {}
    yield None, Move.CLOSE, {}


def request_of(story: Story, by: User | None, move: Move, choice: dict[str, Any]) -> StepRequest:
    order = story.order
    if by is None:
        return StepRequest(story.id, str(move), move.value, order.version)
    command = story.receive(by, move, **choice)
    message = services.message_of(command, seen_version=order.version)
    return StepRequest(story.id, f"command:{command.pk}", move.value, order.version, message)


def test_an_ordinary_step_takes_no_more_statements_than_it_must(django_assert_max_num_queries: AtMost) -> None:
    first = Story.in_town().settled()  # his accounts in the ledger are opened
    story = Story.placed(make_customer(), first.order.service, starts_at=tomorrow(15)).pay().offer()
    for by, move, choice in commands_of(story):
        request = request_of(story, by, move, choice)
        with django_assert_max_num_queries(ORDINARY[move]):
            result = services.take_step(request=request)
        assert result.outcome.done, (move, result.outcome)
    assert story.order.ended_at


def test_a_refusal_costs_a_second_transaction_and_nothing_else(django_assert_max_num_queries: AtMost) -> None:
    story = Story.in_town().accepted().depart().arrive()
    request = request_of(story, story.worker, Move.START, {"typed": "wrong"})
    with django_assert_max_num_queries(12):
        result = services.take_step(request=request)
    assert result.outcome.code == "wrong_start_code"


def test_many_are_asked_with_as_many_statements_as_two(django_assert_max_num_queries: AtMost) -> None:
    terms("dispatch", mode="grab", grab_k=12)
    counted = []
    for workers in (2, 12):
        story = Story.in_town(workers=workers).pay()
        Worker.objects.update(reach=Worker.BACK)
        ranking = services.store_ranking(order_id=story.id)
        request = StepRequest(story.id, "ask", Move.OFFER.value, story.order.version, reference=ranking.ranking_id)
        with django_assert_max_num_queries(99) as seen:
            assert services.take_step(request=request).outcome.done
        assert len(story.order.open_offers) >= workers
        counted.append(len(seen))
    assert counted[0] == counted[1]


def test_many_are_told_that_it_is_gone_with_as_many_statements_as_two(django_assert_max_num_queries: AtMost) -> None:
    terms("dispatch", mode="grab", grab_k=12)
    counted = []
    for workers in (3, 12):
        story = Story.in_town(workers=workers).pay().offer()
        lost = len(story.order.open_offers) - 1
        assert lost >= workers - 1
        request = request_of(story, story.offered.worker, Move.ACCEPT, {"offer_id": story.offered.pk})
        with django_assert_max_num_queries(99) as seen:
            assert services.take_step(request=request).outcome.done
        assert Message.objects.filter(order_id=story.id, title="派单已被接走").count() == lost
        counted.append(len(seen))
    assert counted[0] == counted[1]
