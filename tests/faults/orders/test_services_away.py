"""PostgreSQL, Temporal or Redis is gone for a while, with orders in all phases: nothing is lost, all go on by
themselves, and whoever clicks meanwhile reads what docs/protocol.md says.
"""

import asyncio
import time

import httpx
import pytest

from tests.faults.hub.figures import Case, Size
from tests.faults.orders.endings import books, told
from tests.faults.phases import PHASES, in_all_phases, to_its_end
from tests.faults.town import FaultyTown
from tests.world.people import Person, Refused
from tests.world.town import Town, in_database
from web.orders.models import Command
from workflows.transitions import TABLE

AWAY_S = {"postgres": 60, "temporal": 60, "redis": 15}
SHORT_AWAY_S = {"temporal": 8}
"""PostgreSQL's and Redis' short cases are tests/faults/test_database_away.py and test_redis_killed.py. Five minutes
without Temporal are compressed: what decides is that some commands outlast it (a departure's ten minutes do) and some
do not (an acceptance's time is cut to half of it). Redis is missed after three beats of a second (hub/bus.py).
"""

ANSWERS: dict[str, set[tuple[int, str]]] = {
    "postgres": {(503, "unavailable")},
    "temporal": {(202, "pending")},
    "redis": {(200, "done"), (202, "pending")},
}
KEY = "while-it-is-away"


@pytest.mark.case(6, "a service is gone for a while")
async def test_nothing_is_lost_and_all_go_on(
    town: FaultyTown, case: Case, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Town, "patience_s", 180.0)
    for service, away_s in size(SHORT_AWAY_S, AWAY_S).items():
        case.say(f"{service} is gone for {away_s} s")
        await _gone(town, service, away_s, case)


async def _gone(town: FaultyTown, service: str, away_s: float, case: Case) -> None:
    async with in_all_phases(town) as orders:
        trade, accepted = orders["ACCEPTED"]
        hasty, offered = orders["DISPATCHING"]
        offer = await hasty.worker.next_offer()
        path, grasp = f"/api/orders/{accepted}/depart", f"/api/offers/{offer['id']}/accept"
        town.kill(service)
        async with town.phone(trade.worker) as phone, town.phone(hasty.worker) as other:
            began = time.monotonic()
            assert await _click(phone, path) in ANSWERS[service]
            if service == "temporal":
                assert await _click(other, grasp) in ANSWERS[service]
                await in_database(_cut_short, offered, away_s / 2)
                # What is read does not need it.
                assert (await phone.get(f"/api/orders/{accepted}"))["order"]["phase"] == "ACCEPTED"
            await asyncio.sleep(away_s - (time.monotonic() - began))
            assert await _click(phone, path) in ANSWERS[service]
        town.start_again(service)
        back = time.monotonic()
        # The same click, under the same key: once.
        assert (await trade.worker.command(path, key=KEY))["state"] == "EN_ROUTE"
        case.tell(**{f"{service}_moves_again_after_s": time.monotonic() - back})
        if service == "temporal":
            with pytest.raises(Refused, match="expired"):
                await hasty.worker.command(grasp, key=KEY)
            assert "accepted" not in await town.timeline(offered)
        ends = await asyncio.gather(*(to_its_end(phase, *order) for phase, order in orders.items()))
        assert dict(zip(orders, ends, strict=True)) == {phase: end for phase, (_, _, end) in PHASES.items()}
        for _, order_id in orders.values():
            timeline = await town.timeline(order_id)
            assert len(timeline) == len(set(timeline)), timeline
            assert await in_database(told, order_id) == timeline, "the topic has not what the timeline has"
        assert await in_database(books) == []


def _cut_short(order_id: int, valid_for_s: float) -> None:
    Command.objects.filter(order_id=order_id, move="accept").update(valid_for_s=valid_for_s)


async def _click(phone: Person, path: str) -> tuple[int, str]:
    """(status, what it says)."""
    answer: httpx.Response = await phone.http.post(path, json={}, headers={"Idempotency-Key": KEY})
    body = answer.json()
    if answer.status_code == 503:
        assert answer.headers["Retry-After"]
    return answer.status_code, body.get("status") or body["code"]


def test_every_phase_has_an_order_in_it() -> None:
    missing = sorted({rule.phase.value for rule in TABLE} - set(PHASES))
    assert not missing, (
        f"tests/faults/phases.py brings no order into {missing}: add how one gets there, and how it ends"
    )
