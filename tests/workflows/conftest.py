"""One town for all tests of a module, on the shared services."""

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
    """Tests tell their rows apart by the trade they open; the database is empty again after the module.

    The module is marked `django_db`, or no database would be made for it; what the test's own thread did would be
    rolled back, so it does nothing: see `in_database`.
    """
    stack = Stack(state_home(), Processes(tmp_path_factory.mktemp("logs")), child_environment)
    with django_db_blocker.unblock():
        try:
            with town_on(stack) as town:
                yield town
        finally:
            # The ids go on: Temporal remembers the old ones.
            call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
