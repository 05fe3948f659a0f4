"""What a caller gets, row by row of the table in docs/protocol.md, from real servers and real actors.

503 stands in test_command_rows.py; kills and stalls stand in tests/workflows.
"""

import asyncio
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from tests.world.people import Person
from tests.world.town import Town, in_database
from web.orders.models import Command
from web.orders.selectors import order_now

pytestmark = pytest.mark.django_db


async def ask(person: Person, path: str, body: Any = None, *, key: str = "k-1") -> httpx.Response:
    return await person.http.post(path, json=body or {}, headers={"Idempotency-Key": key})


def at_the_cut_off_server(town: Town, person: Person) -> Person:
    """The same person at the server that does not reach Temporal."""
    same = Person(town.addresses[1])
    same.http.headers["Authorization"] = person.http.headers["Authorization"]
    return same


async def test_decided_is_200_with_state_and_version(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        answer = await ask(trade.worker, f"/api/orders/{order_id}/depart")
        order = await in_database(order_now, order_id)
        assert answer.status_code == 200
        command = await in_database(lambda: Command.objects.get(order_id=order_id, key="k-1"))
        assert answer.json() == {
            "command": command.pk,
            "status": "done",
            "state": "EN_ROUTE",
            "version": order.version,
            "code": "",
            "details": {},
        }


async def test_refused_by_the_rules_is_409_and_says_how_things_stand(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        answer = await ask(trade.worker, f"/api/orders/{order_id}/finish")
        assert answer.status_code == 409
        refusal = answer.json()
        assert refusal["code"] == "not_allowed"
        assert refusal["message"] == "订单当前状态不允许此操作"
        details = refusal["details"]
        assert details["state"] == "ACCEPTED"
        assert details["version"] == (await in_database(order_now, order_id)).version
        assert details["allowed_actions"] == ["depart", "hand_back", "report_exception", "propose_move"]
        assert details["last_event"].keys() == {"type", "label", "by", "at"}
        assert (details["last_event"]["type"], details["last_event"]["label"]) == ("accepted", "服务人员已接单")
        assert details["last_event"]["by"].endswith("号师傅")


async def test_a_refusal_of_the_row_is_409_too_and_stays_what_it_was(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.arrived()
        wrong = {"code": "no"}
        answer = await ask(trade.worker, f"/api/orders/{order_id}/start", wrong)
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_start_code")
        assert answer.json()["details"]["tries_left"] == 4
        again = await ask(trade.worker, f"/api/orders/{order_id}/start", wrong)
        assert again.json()["details"]["tries_left"] == 4
        right = await ask(
            trade.worker, f"/api/orders/{order_id}/start", {"code": await trade.code(order_id)}, key="k-2"
        )
        assert right.status_code == 200
        early = await ask(trade.worker, f"/api/orders/{order_id}/finish", key="k-3")
        assert (early.status_code, early.json()["code"]) == (409, "steps_missing")
        unknown = await ask(trade.worker, f"/api/orders/{order_id}/steps/9", key="k-4")
        assert (unknown.status_code, unknown.json()["code"]) == (409, "step_unknown")


async def test_a_dispatcher_who_comes_too_late_reads_who_was_first(town: Town) -> None:
    async with town.trade() as trade, town.dispatcher() as dispatcher:
        order_id = await trade.accepted()
        answer = await ask(dispatcher, f"/api/orders/{order_id}/assign", {"worker_id": trade.worker.id})
        assert (answer.status_code, answer.json()["code"]) == (409, "not_allowed")
        allowed = ["reschedule", "report_exception", "take_off", "call_off"]
        assert answer.json()["details"]["allowed_actions"] == allowed
        assert answer.json()["details"]["last_event"]["type"] == "accepted"


async def test_a_known_key_with_another_body_is_422(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        assert (await ask(trade.customer, f"/api/orders/{order_id}/cancel", {"reason": "other"})).status_code == 200
        answer = await ask(trade.customer, f"/api/orders/{order_id}/cancel", {"reason": "wrong_time"})
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


async def test_the_same_key_and_body_again_is_the_stored_outcome(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        path = f"/api/orders/{order_id}/depart"
        first = await ask(trade.worker, path)
        await ask(trade.worker, f"/api/orders/{order_id}/arrive", key="k-2")
        again = await ask(trade.worker, path)
        assert (again.status_code, again.json()) == (200, first.json())
        read = await trade.worker.get(f"/api/commands/{first.json()['command']}")
        assert read == first.json()


async def test_the_same_key_at_once_is_one_step(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        answers = await asyncio.gather(*(ask(trade.worker, f"/api/orders/{order_id}/depart") for _ in range(6)))
        assert {answer.status_code for answer in answers} <= {200, 202}
        assert len({answer.json()["command"] for answer in answers}) == 1
        assert (await town.timeline(order_id)).count("departed") == 1


async def test_two_accepts_at_once_are_one(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.dispatched()
        offer = await trade.worker.next_offer()
        path = f"/api/offers/{offer['id']}/accept"
        answers = await asyncio.gather(*(ask(trade.worker, path, key=f"k-{n}") for n in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
            "not_allowed",
            "offer_closed",
        }
        assert (await town.timeline(order_id)).count("accepted") == 1


async def test_four_seconds_without_a_decision_are_202_and_the_decision_can_be_read_when_it_has_come(
    town: Town,
) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        path = f"/api/orders/{order_id}/depart"
        async with town.row_held(order_id):
            asked = time.monotonic()
            answer = await ask(trade.worker, path)
            assert 3.9 <= time.monotonic() - asked < 10
            assert (answer.status_code, answer.json()["status"]) == (202, "pending")
            read = await trade.worker.get(f"/api/commands/{answer.json()['command']}")
            assert read == answer.json()
        outcome = await trade.worker.command(path, key="k-1")
        assert (outcome["command"], outcome["status"], outcome["state"]) == (read["command"], "done", "EN_ROUTE")
        assert await trade.worker.get(f"/api/commands/{read['command']}") == outcome
        assert (await town.timeline(order_id)).count("departed") == 1


async def test_temporal_away_is_202_and_the_relay_brings_it_there(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        path, phone = f"/api/orders/{order_id}/depart", at_the_cut_off_server(town, trade.worker)
        answer = await ask(phone, path)
        assert answer.status_code == 202
        assert answer.json()["status"] == "pending"
        again = await ask(phone, path)
        assert (again.status_code, again.json()["command"]) == (202, answer.json()["command"])
        outcome = await phone.command(path, key="k-1")
        assert (outcome["status"], outcome["state"]) == ("done", "EN_ROUTE")
        told = await ask(phone, path)
        assert (told.status_code, told.json()) == (200, outcome)
        await phone.close()


async def test_what_was_asked_before_and_is_still_on_its_way_goes_first(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        phone = at_the_cut_off_server(town, trade.worker)
        departed = await ask(phone, f"/api/orders/{order_id}/depart")
        assert departed.status_code == 202
        arrived = await ask(trade.worker, f"/api/orders/{order_id}/arrive", key="k-2")
        assert (arrived.status_code, arrived.json()["state"]) == (200, "ARRIVED")
        assert (await phone.get(f"/api/commands/{departed.json()['command']}"))["status"] == "done"
        await phone.close()


async def test_what_waited_too_long_is_expired_and_does_nothing(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.accepted()
        path, phone = f"/api/orders/{order_id}/depart", at_the_cut_off_server(town, trade.worker)
        command_id = (await ask(phone, path)).json()["command"]
        await in_database(_grow_old, command_id)
        outcome = await phone.get(f"/api/commands/{command_id}")
        assert (outcome["status"], outcome["code"]) == ("expired", "expired")
        late = await ask(trade.worker, path)
        assert (late.status_code, late.json()["code"]) == (409, "expired")
        assert (await town.row(order_id)).phase == "ACCEPTED"
        await phone.close()


async def test_an_order_placed_while_temporal_is_away_heals_when_it_is_touched(town: Town) -> None:
    async with town.trade() as trade:
        direct, cut_off = trade.customer.http, at_the_cut_off_server(town, trade.customer)
        trade.customer.http = cut_off.http
        order_id = await trade.book()
        trade.customer.http = direct
        answer = await ask(trade.customer, f"/api/orders/{order_id}/cancel", {"reason": "other"})
        assert (answer.status_code, answer.json()["state"]) == (200, "CANCELLED")
        await cut_off.close()


async def test_an_order_that_is_through_is_409_order_ended(town: Town) -> None:
    async with town.trade() as trade:
        order_id = await trade.book()
        await ask(trade.customer, f"/api/orders/{order_id}/cancel", {"reason": "other"})
        await town.closed(order_id)
        answer = await ask(trade.customer, f"/api/orders/{order_id}/cancel", {"reason": "other"}, key="k-2")
        assert (answer.status_code, answer.json()["code"]) == (409, "order_ended")
        assert answer.json()["details"]["state"] == "CANCELLED"
        assert answer.json()["details"]["allowed_actions"] == []


def _grow_old(command_id: int) -> None:
    Command.objects.filter(pk=command_id).update(received_at=timezone.now() - timedelta(hours=1))
