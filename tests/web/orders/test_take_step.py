"""The one door for a change of phase: once per key, only from the version that was seen, whole or not at all."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

import hub
from hub.models import Event
from tests.web.crowd import at_once
from tests.web.orders.story import Story, heard, paid_at_gateway, refused
from tests.web.people import make_customer, make_worker
from web.orders import services
from web.orders.models import Command, Order, OrderEvent, OrderStep
from web.orders.services import steps
from web.payments import services as payments
from workflows.messages import StepRequest, StepResult
from workflows.transitions import TABLE, Move, Phase, Role

pytestmark = pytest.mark.django_db


def traces(story: Story) -> tuple[int, int, int, int]:
    """How much there is of the order: version, timeline rows, stored steps, pushed events."""
    return (
        story.order.version,
        OrderEvent.objects.filter(order_id=story.id).count(),
        OrderStep.objects.filter(order_id=story.id).count(),
        Event.objects.count(),
    )


@pytest.mark.parametrize(("waited_s", "done"), [(29, True), (31, False)])
def test_a_step_that_could_only_be_written_when_nobody_counts_on_it_any_more_is_refused(
    waited_s: float, done: bool
) -> None:
    """The actor found the command in time; then the database was away."""
    story = Story.in_town().pay().offer()
    command = story.receive(story.offered.worker, Move.ACCEPT, offer_id=story.offered.pk)
    Command.objects.filter(pk=command.pk).update(received_at=timezone.now() - timedelta(seconds=waited_s))
    command.refresh_from_db()
    result = story.take(command)
    command.refresh_from_db()
    assert (result.outcome.done, result.outcome.code) == (done, "" if done else "expired")
    assert command.state == (Command.DONE if done else Command.EXPIRED)
    assert story.order.phase == ("ACCEPTED" if done else "DISPATCHING")
    assert story.take(command).outcome == result.outcome  # whatever time it is by then


def test_every_move_of_the_table_has_its_function() -> None:
    assert set(steps.MOVES) == {rule.move for rule in TABLE}


def test_each_step_is_one_version_and_one_line_of_the_timeline() -> None:
    story = Story.in_town().settled().close()
    lines = list(story.order.events.order_by("version"))
    assert [line.version for line in lines] == list(range(1, story.order.version + 1))
    assert [line.type for line in lines] == [
        *["placed", "paid", "offered", "accepted", "departed", "arrived", "started"],
        *["step_done", "step_done", "finished", "completed", "settled", "closed"],
    ]
    assert all(after.phase_before == before.phase for before, after in pairwise(lines))


def test_a_line_says_who_did_it_and_by_which_key() -> None:
    story = Story.in_town().pay().offer()
    command = story.receive(story.offered.worker, Move.ACCEPT, offer_id=story.offered.pk)
    story.take(command)
    line = story.order.events.get(type="accepted")
    assert (line.role, line.actor_id) == ("worker", story.worker.pk)
    assert line.key == f"command:{command.pk}"
    assert (line.phase_before, line.phase) == ("DISPATCHING", "ACCEPTED")
    assert line.data == {"offer_id": story.order.offers.get().pk, "worker_id": story.worker.pk}


def test_the_same_key_again_returns_what_the_first_one_did() -> None:
    story = Story.in_town().pay().offer()
    key = f"offer:{story.offered.pk}:expired"
    version = story.order.version
    first = story.step(Move.OFFER_LAPSED, key=key, version=version)
    before = traces(story)
    for seen in (version, version + 1, 99):
        again = story.step(Move.OFFER_LAPSED, key=key, version=seen)
        assert again.outcome == first.outcome
        assert not again.conflict
    assert traces(story) == before


def test_a_repetition_sees_the_row_as_it_is_now() -> None:
    story = Story.in_town()
    payment = paid_at_gateway(story.open_payment())
    payments.record_payment(message_id=payment.pk)
    first = story.step(Move.PAID, key="payment:1:paid")
    story.offer()
    again = story.step(Move.PAID, key="payment:1:paid")
    assert (again.outcome.phase, again.outcome.version) == (first.outcome.phase, first.outcome.version)
    assert again.view.version == story.order.version > first.view.version


def test_the_same_key_of_two_orders_is_two_keys() -> None:
    story = Story.in_town(workers=2)
    other = Story.placed(make_customer(), story.order.service)
    for one in (story, other):
        assert one.step(Move.PAYMENT_LAPSED, key="payment:lapsed").outcome.done


def test_a_refusal_is_stored_under_its_key_too() -> None:
    story = Story.in_town().pay()
    first = story.step(Move.SETTLE, key="settle")
    assert refused(first) == "not_allowed"
    story.offer().accept().depart().arrive().start().tick_all().finish().confirm()
    assert story.step(Move.SETTLE, key="settle").outcome == first.outcome


def test_a_row_that_has_moved_on_is_a_conflict_and_nothing_is_written() -> None:
    story = Story.in_town().pay()
    before = traces(story)
    for version in (story.order.version - 1, story.order.version + 1, 0):
        result = story.step(Move.EXHAUSTED, version=version)
        assert result.conflict
        assert (result.view.phase, result.view.version) == ("DISPATCHING", story.order.version)
    assert traces(story) == before


def test_a_command_that_met_a_conflict_waits_for_the_next_try() -> None:
    story = Story.in_town().pay().offer()
    command = story.receive(story.offered.worker, Move.ACCEPT, offer_id=story.offered.pk)
    assert story.take(command, version=1).conflict
    command.refresh_from_db()
    assert (command.state, command.outcome) == (Command.PENDING, None)
    assert story.take(command).outcome.done


@pytest.mark.parametrize("move", [Move.PAID, Move.REFUNDED, Move.PARK])
def test_news_of_no_money_of_this_order_is_a_refusal_as_data(move: Move) -> None:
    story = Story.in_town().pay().offer().accept()
    before = (story.order.version, story.types)
    assert refused(story.step(move)) == "not_allowed"
    assert (story.order.version, story.types) == before


@pytest.mark.parametrize("move", [Move.OFFER_LAPSED, Move.AUTOCONFIRM, Move.CLOSE])
def test_an_illegal_move_is_a_refusal_as_data(move: Move) -> None:
    story = Story.in_town().pay().offer().accept()
    before = (story.order.version, story.types)
    result = story.step(move)
    assert refused(result) == "not_allowed"
    expected = "late_to_depart did_not_depart did_not_arrive park refunded proposal_lapsed paid"
    assert result.outcome.details == {"expected": expected.split()}
    assert (story.order.version, story.types) == before


def test_a_person_may_only_make_the_moves_of_his_role() -> None:
    story = Story.in_town().pay().offer().accept()
    assert refused(story.ask(story.order.customer, Move.DEPART)) == "not_allowed"
    assert refused(story.ask(story.worker, Move.CANCEL)) == "not_allowed"


def test_another_worker_may_not_move_this_ones_order() -> None:
    story = Story.in_town().accepted()
    assert refused(story.ask(make_worker().user, Move.DEPART)) == "not_allowed"
    assert story.order.phase == Phase.ACCEPTED


def test_the_decision_stands_on_the_commands_row_in_the_same_transaction() -> None:
    story = Story.in_town().accepted()
    command = story.receive(story.worker, Move.DEPART)
    result = story.take(command)
    command.refresh_from_db()
    assert command.state == Command.DONE
    assert command.decided_at is not None
    assert command.outcome == {
        "done": True,
        "phase": "EN_ROUTE",
        "version": result.view.version,
        "code": "",
        "details": {},
    }
    refusal = story.receive(story.worker, Move.DEPART)
    story.take(refusal)
    refusal.refresh_from_db()
    assert refusal.state == Command.REFUSED
    assert refusal.outcome is not None
    assert refusal.outcome["code"] == "not_allowed"


def test_a_command_whose_time_was_over_first_does_nothing() -> None:
    story = Story.in_town().accepted()
    command = story.receive(story.worker, Move.DEPART)
    Command.objects.filter(pk=command.pk).update(valid_for_s=-1)
    assert services.expire_commands() == 1
    before = traces(story)
    result = story.take(command)
    assert refused(result) == "expired"
    assert traces(story) == before
    assert story.order.phase == Phase.ACCEPTED
    command.refresh_from_db()
    assert command.state == Command.EXPIRED


def test_a_rollback_leaves_neither_version_nor_event() -> None:
    story = Story.in_town().pay()
    before = traces(story)

    def broken_off() -> None:
        with hub.atomic():
            assert story.step(Move.EXHAUSTED).outcome.done
            assert story.order.exhausted
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="the power went"):
        broken_off()
    assert traces(story) == before
    assert not story.order.exhausted
    assert not story.order.alarms.exists()


@pytest.mark.parametrize("table", ["orders_orderevent", "orders_orderstep", "orders_alarm", "hub_event"])
def test_when_any_part_cannot_be_written_none_is(table: str) -> None:
    story = Story.in_town().pay()
    before = traces(story)
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'planted'; END $$")
        cursor.execute(f"CREATE TRIGGER planted BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION planted()")
    with pytest.raises(DatabaseError, match="planted"):
        story.step(Move.EXHAUSTED, key="exhausted@2")
    assert traces(story) == before
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER planted ON {table}")
    assert story.step(Move.EXHAUSTED, key="exhausted@2").outcome.done


def test_an_order_that_is_not_there_raises() -> None:
    with pytest.raises(Order.DoesNotExist):
        services.take_step(request=StepRequest(10**9, "k", Move.PAID.value, 1))


def test_the_timeline_cannot_be_rewritten() -> None:
    story = Story.in_town()
    event = story.order.events.get()
    for change in (lambda: OrderEvent.objects.filter(pk=event.pk).update(type="paid"), event.delete):
        with pytest.raises(DatabaseError, match="append only"), hub.atomic():
            change()
    assert story.types == ["placed"]


@pytest.mark.django_db(transaction=True)
def test_the_same_step_at_once_happens_once() -> None:
    story = Story.in_town().pay()
    version = story.order.version
    results = at_once(4, lambda: story.step(Move.EXHAUSTED, key="exhausted@2", version=version))
    assert {(result.conflict, result.outcome.done, result.outcome.version) for result in results} == {
        (False, True, version + 1)
    }
    assert story.types == ["placed", "paid", "exhausted"]
    assert [event.type for event in heard("board:hangzhou")].count("order.exhausted") == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_commands_on_one_version_the_second_meets_a_conflict() -> None:
    story = Story.in_town().pay().offer()
    version = story.order.version
    accept = story.receive(story.offered.worker, Move.ACCEPT, offer_id=story.offered.pk)
    cancel = story.receive(story.order.customer, Move.CANCEL, reason="other")
    turns = iter([accept, cancel])
    results: list[StepResult] = at_once(2, lambda: story.take(next(turns), version=version))
    assert sorted(result.conflict for result in results) == [False, True]
    assert story.order.version == version + 1
    assert story.order.phase in {Phase.ACCEPTED, Phase.CANCELLED}
    assert {Role(event.role) for event in story.order.events.filter(version=version + 1)} < set(Role)
