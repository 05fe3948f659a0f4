"""The fault cases of orders: short by default, at full size with `--long` (`make faults-orders`)."""

import pytest

from tests.faults.sized import (
    case,
    pytest_addoption,
    pytest_configure,
    pytest_runtest_makereport,
    pytest_unconfigure,
    size,
)
from tests.world.people import Worker
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


@pytest.fixture
def patient_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """For cases in which much is killed at once: nobody gives up, and no visit is so near that it could be missed."""
    monkeypatch.setattr(Trade, "starts_in_s", VISIT_IN_S)
    monkeypatch.setattr(Worker, "patience_s", 240.0)
    monkeypatch.setattr(Town, "patience_s", 300.0)
