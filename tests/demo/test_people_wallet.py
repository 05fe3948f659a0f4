"""A customer of the demo takes what the platform owes him, and does not look after it for ever."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.demo.scripted_platform import Answer, Asked, scripted_platform
from web.demo.people import customer
from web.demo.people.api import Api
from web.demo.people.customer import Customer
from web.demo.people.habits import Habits
from web.demo.people.pace import Pace

DATA = json.loads((Path(customer.__file__).parents[1] / "data/customers.json").read_text(encoding="utf-8"))
CONFIRM = "/api/sandbox/withdrawals/7/confirm"


def payout(state: str) -> dict[str, Any]:
    return {"state": state, "payout_id": 7}


@pytest.mark.parametrize("refused", [False, True])
async def test_a_payout_that_waits_for_him_he_confirms(monkeypatch: pytest.MonkeyPatch, refused: bool) -> None:
    monkeypatch.setattr(customer, "LOOKS_EVERY_S", 0.01)
    states = iter(["approved", "waiting", "returned" if refused else "paid"])

    def platform_says(asked: Asked) -> Answer:
        if asked.path == CONFIRM:
            return Answer(404, {"code": "not_found", "details": {}}) if refused else Answer(200, {"id": 7})
        return Answer(200, {"compensations": [payout(next(states))]})

    async with scripted_platform(platform_says) as platform:
        api = Api(platform.url)
        habits = cast(Habits, SimpleNamespace())
        owed = Customer("13900000001", DATA, api=api, pace=Pace(1e6), habits=habits, seed=1)
        await owed._take_what_he_is_owed(5)
        await api.close()
    assert [asked.path for asked in platform.asked if asked.method == "POST"] == [CONFIRM]
    assert {asked.path for asked in platform.asked if asked.method == "GET"} == {"/api/orders/5"}
