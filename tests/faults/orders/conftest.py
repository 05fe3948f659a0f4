"""The fault cases of orders: short by default, at full size with `--long` (`make faults-orders`)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.sized import (
    case,
    pytest_addoption,
    pytest_configure,
    pytest_runtest_makereport,
    pytest_unconfigure,
    size,
)
from tests.world.people import Person, Refused, Worker
from tests.world.town import Town, Trade

__all__ = [
    "case",
    "pytest_addoption",
    "pytest_configure",
    "pytest_runtest_makereport",
    "pytest_unconfigure",
    "size",
]

VISIT_IN_S = 1800.0


@pytest.fixture(scope="session", autouse=True)
def overheard() -> Iterator[list[str]]:
    """Every refusal that anybody gets, whatever the case, as JSON."""
    errors, original = list[str](), Refused.__init__

    def heard(self: Refused, status: int, body: dict[str, Any]) -> None:
        errors.append(json.dumps(body, ensure_ascii=False))
        original(self, status, body)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Refused, "__init__", heard)
        yield errors


@pytest.fixture
def patient_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """For cases in which much is killed at once: nobody gives up, no visit is so near that it could be missed."""
    command = Person.command

    async def insistent(self: Person, path: str, body: Any = None, *, key: str = "") -> dict[str, Any]:
        """An accept that took longer than half a minute is nobody's wish any more: he presses again."""
        while True:
            try:
                return await command(self, path, body, key=key)
            except Refused as refused:
                if refused.body.get("code") != "expired":
                    raise

    monkeypatch.setattr(Person, "command", insistent)
    monkeypatch.setattr(Trade, "starts_in_s", VISIT_IN_S)
    monkeypatch.setattr(Worker, "patience_s", 240.0)
    # Longer than the time to pay: a payment that is asked for by two servers at once may be asked for once more when it
    # is paid, and then waits for its end.
    monkeypatch.setattr(Town, "patience_s", 420.0)
