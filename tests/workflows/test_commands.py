"""How a command reaches its order: refused without a trace, decided once, never lost, whatever became of the actor."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.workflows.fates import FATES, refused
from tests.workflows.recording import workflows_of
from tests.world.fiction import rewrite, told_as_placed
from tests.world.plants import found_in, texts_of
from tests.world.town import Town, in_database
from web.accounts.models import User
from web.orders import selectors, services
from web.orders.models import Command
from workflows.messages import CommandMessage, Outcome
from workflows.transitions import Move, Role

pytestmark = pytest.mark.django_db


async def test_a_refused_click_writes_nothing_to_the_history(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        actor = await town.actor(order_id)
        before = (await actor.describe()).history_length
        for step in ("arrive", "finish", "steps/1"):
            refusal = await refused(trade, order_id, step)
            assert (refusal.status, refusal.body["code"]) == (409, "not_allowed")
            assert refusal.body["details"]["allowed_actions"] == [
                *("depart", "hand_back", "report_exception", "propose_move")
            ]
        assert (await actor.describe()).history_length == before
        assert await in_database(_states_of, order_id) == ["done", "refused", "refused", "refused"]


async def test_a_stale_command_and_a_strangers_are_refused_and_write_nothing_to_the_history(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        actor = await town.actor(order_id)
        before = (await actor.describe()).history_length
        now = timezone.now()
        fresh = CommandMessage(10**9, Move.DEPART, Role.WORKER, trade.worker.id, received_at=now, valid_for_s=600)
        stale = replace(fresh, received_at=now - timedelta(seconds=601))
        for message, code in ((stale, "expired"), (replace(fresh, actor_id=trade.customer.id), "not_allowed")):
            with pytest.raises(WorkflowUpdateFailedError) as failure:
                await actor.execute_update("command", message)
            assert isinstance(failure.value.cause, ApplicationError)
            assert failure.value.cause.type == code
        assert (await actor.describe()).history_length == before
        assert (await town.row(order_id)).phase == "ACCEPTED"


async def test_the_same_key_twice_at_once_is_decided_once_and_answered_alike(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        path = f"/api/orders/{order_id}/depart"
        answers = await asyncio.gather(*(trade.worker.command(path, key="once") for _ in range(5)))
        assert {(answer["command"], answer["state"], answer["version"]) for answer in answers} == {
            (answers[0]["command"], "EN_ROUTE", answers[0]["version"])
        }
        assert (await town.timeline(order_id)).count("departed") == 1
        again = await trade.worker.post(path, key="once")
        assert (again["status"], again["command"]) == ("done", answers[0]["command"])


async def test_the_same_command_under_another_updates_id_gets_the_first_ones_outcome(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        actor = await town.actor(order_id)
        message = await in_database(_message, trade.worker.id, order_id, Move.DEPART)
        first = await actor.execute_update("command", message, id="first", result_type=Outcome)
        second = await actor.execute_update("command", message, id="second", result_type=Outcome)
        assert first == second
        assert (first.done, first.phase) == (True, "EN_ROUTE")
        assert (await town.timeline(order_id)).count("departed") == 1


async def test_an_order_whose_actor_is_gone_heals_when_it_is_commanded(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.dispatched()
        offer = await trade.worker.next_offer()
        await (await town.actor(order_id)).terminate("a test")
        answer = await trade.worker.command(f"/api/offers/{offer['id']}/accept")
        assert answer["state"] == "ACCEPTED"
        await trade.worker.serve(order_id, code=await trade.code(order_id))
        await trade.customer.command(f"/api/orders/{order_id}/confirm")
        assert (await town.closed(order_id)).phase == "COMPLETED"


async def test_the_sweep_starts_the_actor_of_an_order_that_lost_it(town: Town) -> None:
    async with town.trade(terms={"payment": {"window_s": 2}}) as trade:
        order_id = await trade.book()
        await (await town.actor(order_id)).terminate("a test")
        await town.until(order_id, "closed")
        assert await town.timeline(order_id) == ["placed", "payment_lapsed", "closed"]


async def test_the_sweep_starts_the_actor_of_an_order_that_never_had_one(town: Town) -> None:
    async with town.trade(terms={"payment": {"window_s": 1}}) as trade:
        twin = await trade.book()
        order_id = await in_database(_placed_without_an_actor, twin)
        await town.until(order_id, "closed")
        assert await town.timeline(order_id) == ["placed", "payment_lapsed", "closed"]


async def test_a_step_that_fails_locally_three_times_is_taken_by_a_regular_activity(town: Town) -> None:
    fate = FATES["row_held"]
    async with fate.trade(town) as trade:
        order_id = await fate.tell(trade)
        assert (await town.closed(order_id)).phase == "CANCELLED"
        assert await town.timeline(order_id) == ["placed", "cancelled", "closed"]


async def test_no_history_of_an_order_names_its_people_or_its_code(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        code = "code-K7Q9"
        await in_database(_change_code, order_id, code)
        await refused(trade, order_id, "start", {"code": "code-wrong"})
        await trade.worker.serve(order_id, code=code)
        await trade.customer.command(f"/api/orders/{order_id}/confirm")
        await town.closed(order_id)
        texts = await _histories(town, order_id)
        assert found_in(texts, code, "code-wrong") == []
        assert found_in(texts, f'"order_id":{order_id}')


async def _histories(town: Town, order_id: int) -> list[str]:
    client = await town.temporal()
    texts: list[str] = []
    for workflow_id in await in_database(workflows_of, order_id):
        history = await client.get_workflow_handle(workflow_id).fetch_history()
        texts += texts_of(history.to_json_dict())
    return texts


def _states_of(order_id: int) -> list[str]:
    return list(Command.objects.filter(order_id=order_id).order_by("pk").values_list("state", flat=True))


def _message(user_id: int, order_id: int, move: Move) -> CommandMessage:
    """A command as the API would send it: stored, and not sent."""
    user, order = User.objects.get(pk=user_id), selectors.order_now(order_id)
    command, _ = services.receive_command(user=user, order=order, move=move, key="by hand", choice={})
    return services.message_of(command, seen_version=order.version)


def _placed_without_an_actor(twin: int) -> int:
    """As if the server had died between the commit and the start of the actor."""
    order = selectors.order_now(twin)
    order.pk, order.key, order.placed_at = None, "never started", timezone.now()
    order.save()
    told_as_placed(order)
    return order.pk


def _change_code(order_id: int, code: str) -> None:
    rewrite(order_id, start_code=code)
