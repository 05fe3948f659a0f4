"""A command is a row before Temporal hears of it. Temporal is away here: what is answered, and what the rows say."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from tests.web.crowd import at_once
from tests.web.orders.story import Story, heard
from tests.web.people import Api, body_of, make_customer, make_staff, make_worker, refusal
from web.accounts.encryption import keyed_hash
from web.accounts.models import User
from web.orders import services
from web.orders.models import Command
from web.orders.services.commands import VALID_FOR_S
from workflows.messages import Outcome
from workflows.transitions import TABLE, Move, Role

pytestmark = pytest.mark.django_db


def cancel(user: User, story: Story, *, key: str = "k-1", reason: str = "other") -> Any:
    return Api(user).post(f"/orders/{story.id}/cancel", {"reason": reason}, idempotency_key=key)


def commands(story: Story) -> list[Command]:
    """What the API received; the story's own moves have keys of another form."""
    return list(Command.objects.filter(order_id=story.id, key__startswith="k").exclude(key__startswith="key-"))


def let_its_time_pass(command: Command) -> None:
    Command.objects.filter(pk=command.pk).update(received_at=timezone.now() - timedelta(hours=1))


def test_a_command_is_stored_and_pending() -> None:
    story = Story.in_town().pay()
    answer = cancel(story.order.customer, story)
    assert answer.status_code == 202
    command = Command.objects.get()
    assert body_of(answer) == {
        "command": command.pk,
        "status": "pending",
        "state": None,
        "version": None,
        "code": "",
        "details": {},
    }
    assert (command.move, command.role, command.state) == ("cancel", "customer", Command.PENDING)
    assert command.valid_for_s == 300
    assert command.body == {"order_id": story.id, "move": "cancel", "choice": {"reason": "other"}}
    assert story.order.phase == "DISPATCHING"


def test_the_same_key_and_body_again_is_the_same_command() -> None:
    story = Story.in_town().pay()
    first, again = cancel(story.order.customer, story), cancel(story.order.customer, story)
    assert again.status_code == 202
    assert body_of(again) == body_of(first)
    assert Command.objects.count() == 1


def test_the_same_key_and_another_body_is_a_mismatch() -> None:
    story = Story.in_town(workers=2).pay()
    customer = story.order.customer
    cancel(customer, story)
    assert refusal(cancel(customer, story, reason="wrong_time")) == (422, "idempotency_mismatch")
    other = Story.placed(customer, story.order.service)
    assert refusal(cancel(customer, other)) == (422, "idempotency_mismatch")
    answer = Api(customer).post(f"/orders/{story.id}/confirm", {}, idempotency_key="k-1")
    assert refusal(answer) == (422, "idempotency_mismatch")
    assert Command.objects.count() == 1


def test_another_start_code_under_the_same_key_is_a_mismatch() -> None:
    story = Story.in_town().accepted().depart().arrive()
    api = Api(story.worker)
    assert api.post(f"/orders/{story.id}/start", {"code": "1111"}, idempotency_key="k").status_code == 202
    answer = api.post(f"/orders/{story.id}/start", {"code": "2222"}, idempotency_key="k")
    assert refusal(answer) == (422, "idempotency_mismatch")


def test_what_was_typed_cannot_be_guessed_from_the_row() -> None:
    """A start code has four digits: whoever reads the row could try all of them."""
    story = Story.in_town().accepted().depart().arrive()
    command = story.receive(story.worker, Move.START, typed="0042")
    body = {"order_id": story.id, "move": "start", "choice": {}}
    unsalted = hashlib.sha256(json.dumps([body, "0042"], sort_keys=True).encode()).hexdigest()
    assert command.body_hash != unsalted
    assert command.body_hash == keyed_hash(json.dumps([body, "0042"], sort_keys=True))


def test_a_key_is_its_users_own() -> None:
    story = Story.in_town().accepted()
    assert cancel(story.order.customer, story).status_code == 202
    answer = Api(story.worker).post(f"/orders/{story.id}/depart", {}, idempotency_key="k-1")
    assert answer.status_code == 202
    assert len(commands(story)) == 2


@pytest.mark.parametrize("path", ["cancel", "confirm", "depart", "arrive", "start", "steps/1", "finish", "assign"])
def test_without_a_key_nothing_is_asked(path: str) -> None:
    story = Story.in_town().accepted()
    bodies: dict[str, Any] = {"start": {"code": "1234"}, "assign": {"worker_id": story.worker.pk}}
    asker = {"cancel": story.order.customer, "confirm": story.order.customer, "assign": make_staff()}
    api = Api(asker.get(path, story.worker))
    answer = api.post(f"/orders/{story.id}/{path}", bodies.get(path, {}))
    assert refusal(answer) == (422, "idempotency_key_required")
    assert commands(story) == []


def test_a_strangers_command_leaves_no_row() -> None:
    story = Story.in_town().accepted()
    assert refusal(cancel(make_customer(), story)) == (404, "not_found")
    stranger = Api(make_worker().user)
    assert refusal(stranger.post(f"/orders/{story.id}/depart", {}, idempotency_key="k")) == (404, "not_found")
    elsewhere = Api(make_staff(city="shanghai"))
    assigned = {"worker_id": story.worker.pk}
    assert refusal(elsewhere.post(f"/orders/{story.id}/assign", assigned, idempotency_key="k")) == (404, "not_found")
    assert commands(story) == []


def test_whatever_is_chosen_is_from_a_list() -> None:
    story = Story.in_town().pay()
    assert refusal(cancel(story.order.customer, story, reason="my dog ate it")) == (422, "invalid_request")
    assert not Command.objects.exists()


def test_an_order_that_is_through_says_so_without_temporal() -> None:
    story = Story.in_town().settled().close()
    answer = Api(story.order.customer).post(f"/orders/{story.id}/confirm", {}, idempotency_key="k")
    assert refusal(answer) == (409, "order_ended")
    details = json.loads(answer.content)["details"]
    assert (details["state"], details["allowed_actions"]) == ("COMPLETED", [])
    assert details["last_event"]["type"] == "closed"
    assert Command.objects.get(key="k").state == Command.REFUSED


def test_ones_own_command_can_be_read_and_nobody_elses() -> None:
    story = Story.in_town().accepted()
    customer = story.order.customer
    command_id = body_of(cancel(customer, story))["command"]
    assert body_of(Api(customer).get(f"/commands/{command_id}"))["status"] == "pending"
    for stranger in (make_customer(), story.worker, make_staff()):
        assert refusal(Api(stranger).get(f"/commands/{command_id}")) == (404, "not_found")


def test_the_outcome_can_be_read_for_ever_and_comes_with_the_same_key() -> None:
    story = Story.in_town().pay()
    customer = story.order.customer
    command = Command.objects.get(pk=body_of(cancel(customer, story))["command"])
    result = story.take(command)
    expected = {"status": "done", "state": "CANCELLED", "version": result.outcome.version}
    read = body_of(Api(customer).get(f"/commands/{command.pk}"))
    again = cancel(customer, story)
    assert again.status_code == 200
    for answer in (read, body_of(again)):
        assert {name: answer[name] for name in expected} == expected


def test_a_stored_refusal_comes_with_the_same_key_and_says_how_things_stand_now() -> None:
    story = Story.in_town().in_service()
    worker = Api(story.worker)
    asked = worker.post(f"/orders/{story.id}/finish", {}, idempotency_key="k")
    story.take(Command.objects.get(pk=body_of(asked)["command"]))
    story.tick_all()
    again = worker.post(f"/orders/{story.id}/finish", {}, idempotency_key="k")
    assert refusal(again) == (409, "steps_missing")
    details = json.loads(again.content)["details"]
    assert details["allowed_actions"] == ["tick", "finish", "report_exception", "propose_supplement"]
    assert details["last_event"]["type"] == "step_done"
    assert details["last_event"]["by"] == "王师傅"
    assert set(details["last_event"]) == {"type", "label", "by", "at"}


def test_a_command_that_waited_too_long_is_expired_whoever_looks_first() -> None:
    story = Story.in_town().pay()
    customer = story.order.customer
    command = Command.objects.get(pk=body_of(cancel(customer, story))["command"])
    let_its_time_pass(command)
    read = body_of(Api(customer).get(f"/commands/{command.pk}"))
    assert (read["status"], read["code"], read["state"]) == ("expired", "expired", "DISPATCHING")
    assert refusal(cancel(customer, story)) == (409, "expired")


def test_the_sweep_closes_those_whose_time_is_over_and_tells_their_owners() -> None:
    story = Story.in_town(workers=2).pay()
    customer = story.order.customer
    old = Command.objects.get(pk=body_of(cancel(customer, story))["command"])
    let_its_time_pass(old)
    fresh = Command.objects.get(pk=body_of(cancel(customer, story, key="k-2"))["command"])
    assert services.expire_commands() == 1
    assert services.expire_commands() == 0
    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.state, fresh.state) == (Command.EXPIRED, Command.PENDING)
    told = [event.data for event in heard(f"customer:{customer.pk}") if event.type == "command.decided"]
    assert [(one["command_id"], one["state"]) for one in told] == [(old.pk, "expired")]


def test_an_outcome_that_comes_after_the_time_changes_nothing() -> None:
    story = Story.in_town().pay()
    command = story.receive(story.order.customer, Move.CANCEL)
    let_its_time_pass(command)
    services.expire_commands()
    services.record_outcome(command=command, outcome=Outcome(True, "CANCELLED", 3))
    command.refresh_from_db()
    assert command.state == Command.EXPIRED


def test_the_one_who_asked_hears_the_decision_on_his_own_topic_and_staff_read_it() -> None:
    story = Story.in_town().pay().exhaust()
    worker = make_worker(on_duty=True)
    story.assign(worker.user, by=make_staff()).depart()
    decided = [event for event in heard(f"worker:{worker.pk}") if event.type == "command.decided"]
    assert [event.data["move"] for event in decided] == ["depart"]
    assert decided[0].data["outcome"]["done"] is True
    assert "command.decided" not in {event.type for event in heard("board:hangzhou")}


def test_each_command_of_a_person_has_its_patience() -> None:
    people = {rule.move for rule in TABLE if rule.role is not Role.SYSTEM}
    assert set(VALID_FOR_S) == people
    assert {VALID_FOR_S[move] for move in (Move.ACCEPT, Move.REFUSE)} == {30}
    assert {VALID_FOR_S[move] for move in (Move.DEPART, Move.ARRIVE, Move.START, Move.TICK, Move.FINISH)} == {600}
    assert VALID_FOR_S[Move.CANCEL] == 300


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Somebody else's connection holds the table, and this thread's does not wait long."""
    other = connections.create_connection("default")
    try:
        with connection.cursor() as cursor, other.cursor() as holder:
            cursor.execute("SET lock_timeout = '100ms'")
            other.set_autocommit(False)
            holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
            other.rollback()
            cursor.execute("RESET lock_timeout")
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_when_the_row_cannot_be_written_nothing_happened_and_the_same_key_may_come_again() -> None:
    story = Story.in_town().pay()
    customer = story.order.customer
    with locked("orders_command"):
        answer = cancel(customer, story)
    assert refusal(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "1"
    assert not Command.objects.exists()
    assert cancel(customer, story).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_is_one_row() -> None:
    story = Story.in_town().pay()
    customer = story.order.customer
    answers = at_once(5, lambda: cancel(customer, story))
    assert {answer.status_code for answer in answers} == {202}
    assert {body_of(answer)["command"] for answer in answers} == {Command.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_expiry_and_step_at_once_let_one_win() -> None:
    story = Story.in_town().pay()
    command = story.receive(story.order.customer, Move.CANCEL)
    let_its_time_pass(command)
    turns = iter(["expire", "step"])

    def race() -> None:
        if next(turns) == "expire":
            services.expire_commands()
        else:
            story.take(command)

    at_once(2, race)
    command.refresh_from_db()
    assert (command.state, story.order.phase) in {(Command.EXPIRED, "DISPATCHING"), (Command.DONE, "CANCELLED")}
