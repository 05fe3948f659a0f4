"""A town of processes for the tests that need a real actor: one for all of a module."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from config.home import state_home
from config.stack.embedded import Stack
from config.stack.processes import Processes
from tests.world.town import Town, town_on


@pytest.fixture(scope="module")
def town(
    child_environment: dict[str, str], django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """Its second server does not reach Temporal. As in tests/workflows, the module is marked `django_db`."""
    stack = Stack(state_home(), Processes(tmp_path_factory.mktemp("logs")), child_environment)
    with django_db_blocker.unblock():
        try:
            with town_on(stack) as town:
                cut_off = stack.start_server("web-cut-off", environment={"TEMPORAL_ADDRESS": "127.0.0.1:1"})
                town.addresses.append(cut_off)
                yield town
        finally:
            stack.processes.stop_all()
            # The ids go on: Temporal remembers the old ones.
            call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
