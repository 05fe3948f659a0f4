"""The fault cases: short by default, at full size with `--long`; then times are judged too, and the last line is one
JSON object. On the stack of tests/hub."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.sized import (
    case,
    pytest_addoption,
    pytest_configure,
    pytest_runtest_makereport,
    pytest_unconfigure,
    size,
)
from tests.hub.stack import DaphneServer

__all__ = [
    "case",
    "pytest_addoption",
    "pytest_configure",
    "pytest_runtest_makereport",
    "pytest_unconfigure",
    "size",
]
pytest_plugins = ["tests.hub.conftest"]


@pytest.fixture(scope="session")
def pair(_database: None, folder: Path) -> Iterator[list[DaphneServer]]:
    """Two hub processes that nobody kills."""
    servers = [DaphneServer(folder, name=f"pair-{index}") for index in range(2)]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.end()
